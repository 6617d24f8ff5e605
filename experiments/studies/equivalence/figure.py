"""Largest difference between two routes' policies: rounding where a theorem says so, visible in the controls."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402
import numpy as np

# (title, arm, arm_b, colour): theorems first, then the controls that must differ.
ROWS = [
    ("Theorem 2.2\nDPO = RM + RL, equal classes", "dpo", "rm+plan", "#0072B2"),
    ("Theorem 3.1\nDPO over $\\Pi(R_{\\mathrm{sim}})$ = RM + RL", "planned-dpo", "simple-rm+plan", "#0072B2"),
    ("control: ridge\nin each route's coordinates", "ridge-dpo", "ridge-rm+plan", "#D55E00"),
    ("control: penalty\nthat mixes prompts", "pooled-dpo", "pooled-rm+plan", "#D55E00"),
    ("control: the same,\nfor simple verifiers", "pooled-planned-dpo", "pooled-simple-rm+plan", "#D55E00"),
    ("control: DPO\nat a wrong $\\beta$", "wrong-beta-dpo", "rm+plan", "#D55E00"),
]
FLOOR = 1e-17  # a gap of exactly zero is drawn here
TOLERANCE = 1e-8


def draw(data):
    fig, (ax,) = kit.figure(columns=1, height=3.4)
    shades = np.linspace(0.35, 1.0, data.sizes["pairs"])
    size = np.clip(30 / np.sqrt(data.sizes["replicate"]), 1.5, 6)  # few replicates are to be seen, many told apart
    for row, (_, arm, arm_b, colour) in enumerate(ROWS):
        gap = data.policy_gap.sel(arm=arm, arm_b=arm_b)
        if arm.startswith("pooled"):
            gap = gap.sel(prompts=data.prompts > 1)  # with one prompt there is nothing to mix
        for k, n in enumerate(data.pairs.values):
            values = np.maximum(gap.sel(pairs=n).values.ravel(), FLOOR)
            # Deterministic spread: order of the sorted values, not random jitter.
            y = row + 0.24 * (k - (len(shades) - 1) / 2) + 0.16 * (np.argsort(np.argsort(values)) / len(values) - 0.5)
            ax.plot(values, y, ".", color=colour, alpha=shades[k], markersize=size, rasterized=True,
                    markeredgewidth=0)
    ax.axvline(TOLERANCE, color="#333333", linewidth=0.8, linestyle="--")
    ax.text(TOLERANCE, -0.62, " claimed limit $10^{-8}$", fontsize=7, va="center")
    ax.set(xscale="log", xlim=(FLOOR / 3, 1), ylim=(len(ROWS) - 0.4, -0.8),
           xlabel="policy gap: largest difference of edge occupancies (one dot a replicate)")
    ax.set_yticks(range(len(ROWS)), [row[0] for row in ROWS])
    ax.grid(axis="y", visible=False)
    numbers = ", ".join(str(n) for n in data.pairs.values)
    kit.panel_title(ax, "", f"within a row, from top: n = {numbers} pairs")
    return fig


if __name__ == "__main__":
    kit.main(draw)
