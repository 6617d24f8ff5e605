"""Largest difference between two routes' policies: rounding where a theorem says so, visible in the controls."""

import figures as kit
import numpy as np

AXES = ["prompts", "reference_spread", "pairs"]
# (title, arm, arm_b): theorems first, then the controls that must differ. Colours are those of the search space.
ROWS = [
    ("Theorem 2.2: DPO and\nRM + RL, equal classes", "dpo", "rm+plan", kit.ALL),
    ("Theorem 3.1: DPO over plans\nof simple verifiers, RM + RL", "planned-dpo", "simple-rm+plan", kit.SIMPLE),
    ("control: ridge in each\nroute's own coordinates", "ridge-dpo", "ridge-rm+plan", kit.ALL),
    ("control: a penalty\nthat mixes prompts", "pooled-dpo", "pooled-rm+plan", kit.ALL),
    ("control: the same,\nsimple verifiers", "pooled-planned-dpo", "pooled-simple-rm+plan", kit.SIMPLE),
    ("control: DPO at\na wrong β", "wrong-beta-dpo", "rm+plan", kit.ALL),
]
ARMS = sorted({arm for _, a, b, _ in ROWS for arm in (a, b)})
THEOREMS = 2
FLOOR = 1e-17  # a gap of exactly zero is drawn here
TOLERANCE = 1e-8


def gaps(data, arm, arm_b):
    gap = data.policy_gap.sel(arm=arm, arm_b=arm_b)
    if arm.startswith("pooled"):
        gap = gap.sel(prompts=data.prompts > 1)  # with one prompt there is nothing to mix
    return gap


def title(data):
    """What the theorems' rows come to: their largest gap."""
    theorems = [gaps(data, arm, arm_b).values.ravel() for _, arm, arm_b, _ in ROWS[:THEOREMS]]
    worst = np.nanmax(np.concatenate(theorems))
    count = int(np.isfinite(np.concatenate(theorems)).sum())
    if worst < TOLERANCE:
        return f"where a theorem says equal, all {count} gaps are below {kit.plain(TOLERANCE)}"
    return f"where a theorem says equal, the largest gap is {kit.plain(float(f'{worst:.1e}'))}"


def draw(data):
    fig, (ax,) = kit.figure(columns=1, height=3.4)
    shades = np.linspace(0.35, 1.0, data.sizes["pairs"])
    size = np.clip(30 / np.sqrt(data.sizes["replicate"]), 1.5, 6)  # few replicates are to be seen, many told apart
    for row, (_, arm, arm_b, colour) in enumerate(ROWS):
        gap = gaps(data, arm, arm_b)
        for k, n in enumerate(data.pairs.values):
            values = gap.sel(pairs=n).values.ravel()
            values = np.maximum(values[np.isfinite(values)], FLOOR)
            if not values.size:
                continue
            # Deterministic spread: order of the sorted values, not random jitter.
            y = row + 0.24 * (k - (len(shades) - 1) / 2) + 0.16 * (np.argsort(np.argsort(values)) / len(values) - 0.5)
            ax.plot(values, y, ".", color=colour, alpha=shades[k], markersize=kit.scaled(size), rasterized=True,
                    markeredgewidth=0)
        if not gap.notnull().any():
            ax.text(2 * FLOOR, row, "not in this run", fontsize="small", va="center", color=kit.NEITHER)
    ax.axvline(TOLERANCE, color=kit.INK, linestyle="--")
    ax.axhline(THEOREMS - 0.5, color=kit.INK, linewidth=kit.scaled(0.5))
    ax.set(xscale="log", xlim=(FLOOR / 3, 1), ylim=(len(ROWS) - 0.4, -0.6),
           xlabel="policy gap")
    kit.log_ticks(ax.xaxis)
    ax.set_yticks(range(len(ROWS)), [row[0] for row in ROWS])
    ax.grid(axis="y", visible=False)
    kit.panel_title(ax, "", title(data))
    numbers = ", ".join(str(n) for n in data.pairs.values)
    kit.note(fig, "Policy gap: largest difference of edge occupancies, one dot a replicate; within a row, from top and from "
                  f"light to dark: n = {numbers} pairs. "
                  f"Dashed: the claimed limit, {kit.plain(TOLERANCE)}. Zero is drawn at {kit.plain(FLOOR)}.")
    return fig
