"""Regret ratio and regret over the horizon: equal at one token, DPO falls behind as completions grow."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402

ARMS = ["dpo", "dense-rm+plan", "rm+plan", "planned-dpo"]
SHADES = ["#F4A582", "#D55E00", "#7A2E00"]  # light to dark as n grows


def draw(data):
    fig, (left, right) = kit.figure(columns=2)

    pairs = data.pairs.values
    for n, colour in zip(pairs, SHADES[-len(pairs):]):
        cell = data.regret.sel(pairs=n)
        ratio, low, high = kit.log_ratio_interval(cell.sel(arm="dpo"), cell.sel(arm="rm+plan"))
        left.errorbar(data.horizon, ratio, yerr=[ratio - low, high - ratio], color=colour, marker="D",
                      label=f"n = {n}")
    left.axhline(1, color="#333333", linewidth=0.8)
    left.set(xlabel="horizon H (tokens)", ylabel="mean regret, DPO : RM + RL", yscale="log",
             xticks=data.horizon.values)
    kit.log_ticks(left.yaxis)
    left.legend(title="preference pairs", title_fontsize=7)
    kit.panel_title(left, "a", "RM + RL wins, more so at length")

    n = pairs[len(pairs) // 2]
    for arm in ARMS:
        mean, low, high = kit.mean_interval(data.regret.sel(pairs=n, arm=arm))
        right.errorbar(data.horizon, mean, yerr=[mean - low, high - mean], label=kit.arm_label(arm),
                       **kit.arm_style(arm))
    right.set(xlabel="horizon H (tokens)", ylabel=f"mean regret at n = {n}", yscale="log",
              xticks=data.horizon.values)
    kit.log_ticks(right.yaxis)
    right.legend()
    kit.panel_title(right, "b", "two curves, not four: the class decides")
    return fig


if __name__ == "__main__":
    kit.main(draw)
