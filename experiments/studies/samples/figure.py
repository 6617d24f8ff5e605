"""Regret of every arm over the number of preference pairs, and how many pairs DPO needs to catch up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402
import numpy as np

ARMS = ["sft", "dpo", "dense-rm+plan", "rm+project", "rm+plan", "planned-dpo"]


def pairs_needed(pairs, regret, target):
    """The n at which a falling regret curve reaches `target`, by log-log interpolation (nan outside)."""
    x, y = np.log(regret[::-1]), np.log(pairs[::-1])
    return np.exp(np.interp(np.log(target), x, y, left=np.nan, right=np.nan))


def draw(data):
    fig, (left, right) = kit.figure(columns=2, gridspec_kw={"width_ratios": [1.25, 1]})

    kit.regret_panel(left, data, "pairs", ARMS)
    left.set(xscale="log", xlabel="preference pairs n")
    left.legend(loc="lower left", fontsize=6)
    kit.panel_title(left, "a", "one rate 1/n, two constants")

    pairs = data.pairs.values.astype(float)
    curves = {arm: [v.values for v in kit.mean_interval(data.regret.sel(arm=arm))] for arm in ("dpo", "rm+plan")}
    simple, direct = curves["rm+plan"][0], curves["dpo"][0]
    targets = np.geomspace(max(simple.min(), direct.min()), min(simple.max(), direct.max()), 40)
    for arm, (mean, low, high) in curves.items():
        colour = kit.arm_style(arm)["color"]
        right.fill_between(targets, *(pairs_needed(pairs, edge, targets) for edge in (low, high)), color=colour, alpha=0.3,
                           linewidth=0)
        right.plot(targets, pairs_needed(pairs, mean, targets), label=kit.arm_label(arm), color=colour)
    right.set(xscale="log", yscale="log", xlabel="mean regret asked for", ylabel="pairs needed")
    right.invert_xaxis()
    middle = targets[len(targets) // 2]
    low, high = pairs_needed(pairs, simple, middle), pairs_needed(pairs, direct, middle)
    right.annotate("", xy=(middle, high), xytext=(middle, low),
                   arrowprops=dict(arrowstyle="<->", color="#333333", shrinkA=0, shrinkB=0))
    right.text(middle, high * 1.25, f"×{high / low:.1f}", fontsize=8, va="bottom", ha="center")
    right.legend(loc="upper left")
    kit.panel_title(right, "b", "the price of searching all policies")
    return fig


if __name__ == "__main__":
    kit.main(draw)
