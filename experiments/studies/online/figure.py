"""How far each online arm is from the policy that theorem 2.3 says it is, and what that does to the regret over n."""

import figures as kit
import numpy as np

AXES = ["variant", "pairs", "course.steps"]
PAIRS = [("online-2", "dpo", "two, by chance"), ("online-5", "dpo", "best and worst of five, by chance"),
         ("simple-online-2", "simple-rm+plan", "two, by chance, simple"),
         ("best-5", "dpo", "best always preferred"),
         ("simple-best-5", "simple-rm+plan", "best always preferred, simple")]
LOOKS = {"dpo": dict(color=kit.ALL, marker="D", label="DPO, offline"),
         "best-5": dict(color=kit.ALL, marker="s", markerfacecolor="none", label="online, dense RM, best preferred"),
         "simple-online-2": dict(color=kit.SIMPLE, marker="o", label="online, simple verifier, by chance"),
         "simple-best-5": dict(color=kit.SIMPLE, marker="s", markerfacecolor="none",
                               label="online, simple verifier, best preferred")}
LEAST = 1e-16  # shown for a gap of nothing


def gaps(ax, data):
    """Largest gap of any replicate for each arm, from the bottom up."""
    worst = []
    for k, (arm, same, text) in enumerate(PAIRS):
        gap = np.maximum(data.policy_gap.sel(arm=arm, arm_b=same).values.ravel(), LEAST)
        gap = gap[np.isfinite(gap)]
        colour = kit.SIMPLE if "simple" in arm else kit.ALL
        ax.plot([gap.min(), gap.max()], [k, k], color=colour, linewidth=kit.scaled(3), solid_capstyle="round")
        ax.annotate(text, (0.02, k), xycoords=("axes fraction", "data"), xytext=(0, 4), textcoords="offset points",
                    fontsize="small", color=colour)
        worst.append(gap.max() if "preferred" not in text else np.nan)
    ax.set(xscale="log", yticks=[], ylim=(-0.5, len(PAIRS) - 0.2), xlim=(LEAST / 3, 3), xlabel="policy gap")
    kit.value_ticks(ax.xaxis, [1e-15, 1e-10, 1e-5, 1])
    return np.nanmax(worst)


def draw(data):
    last = data.isel({"course.steps": -1})
    fig, (left, right) = kit.figure(columns=2)
    worst = gaps(left, data)
    kit.panel_title(left, "a", "by chance they teach nothing" if worst < 1e-4 else "they move the policy")
    name = str(data.variant.values[0])
    ends, at = [], last.sel(variant=name)
    for arm, look in LOOKS.items():
        style = {k: v for k, v in look.items() if k != "label"} | dict(markersize=kit.arm_style("dpo")["markersize"])
        estimate = kit.mean_interval(at.regret.sel(arm=arm))
        kit.points(right, at.pairs, estimate, **style)
        right.plot(at.pairs, estimate[0], color=style["color"], linewidth=0.6, zorder=1)
        ends.append((kit.last(estimate[0]), look["label"], style))
    right.set(xscale="log", yscale="log", xlabel="pairs n", ylabel="mean regret")
    kit.log_ticks(right.xaxis)
    kit.log_ticks(right.yaxis)
    kit.panel_title(right, "b", name)
    kit.direct_labels(right, ends)
    kit.note(fig, "a: difference from the policy without the completions, from the least to the largest of all replicates. "
                  "b: points with 95 % intervals.")
    return fig
