"""Who wins over the sizes of reward class and policy class; the border by theory on top."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402

DEGREE_ENDS = {6: "1", 21: "2", 41: "3", 56: "4", 62: "5"}  # functions of degree at most d in six binary tokens


def draw(data):
    data = data.rename({"reward.k": "k", "policy.k": "l"})
    fig, (ax, curves) = kit.figure(columns=2, height=3.0, width_ratios=[1.25, 1])
    handles = kit.winner_map(fig, ax, data, "k", "l")
    last = int(data.k[-1])
    ax.plot([1, last], [1, last], color="#333333", linewidth=0.8, linestyle=":")
    ax.set(xlabel="functions in the verifier (truth: 21)", ylabel="functions in the generator", aspect="equal")
    ticks = [1, *(k for k in DEGREE_ENDS if k < last - 3), last]
    ax.set_xticks(ticks)
    ax.set_yticks(ticks)
    for x, y, text, colour in ((0.55, 0.88, "RM + RL\nwins", "black"), (0.90, 0.52, "DPO\nwins", "black"),
                               (0.14, 0.66, "DPO\nwins", "white"), (0.78, 0.2, "RM + RL\nwins", "white")):
        ax.text(x, y, text, transform=ax.transAxes, ha="center", va="center", fontsize=7, color=colour)
    ax.legend(handles=handles, loc="lower right", fontsize=6, framealpha=0.9, frameon=True, borderpad=0.3)
    kit.panel_title(ax, "a", "who wins, and theory's border")

    regret, predicted = data.regret, data.predicted_regret.mean("replicate")
    for arm, own, other, mark in (("dpo", "l", "k", {"markersize": 4.5, "markerfacecolor": "none"}),
                                  ("rm+plan", "k", "l", {"markersize": 2.2})):
        mean, low, high = kit.mean_interval(regret.sel(arm=arm).isel({other: 0}))
        style = kit.arm_style(arm) | {"linestyle": "none", "markeredgewidth": 0.7} | mark
        curves.errorbar(data[own], mean, yerr=[mean - low, high - mean], label=kit.arm_label(arm, short=True),
                        elinewidth=0.8, capsize=0, **style)
        curves.plot(data[own], predicted.sel(arm=arm).isel({other: 0}), color=style["color"], linewidth=1)
    curves.set(xlabel="functions in the class (truth: 21)", ylabel="mean regret", yscale="log", xticks=ticks)
    curves.plot([], [], color="#333333", linewidth=1, label="theory")
    curves.legend(loc="upper right")
    kit.panel_title(curves, "b", "the two learning problems apart")
    return fig


if __name__ == "__main__":
    kit.main(draw)
