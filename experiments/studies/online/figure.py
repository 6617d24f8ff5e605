"""How far each online arm is from the policy that theorem 2.3 says it is, with its assumptions and without; what that does to
the regret over n; and how fast steps on fresh labels arrive."""

import figures as kit
import numpy as np

AXES = ["variant", "pairs", "course.steps"]
PAIRS = [("online-2", "dpo", "two, by chance"), ("online-5", "dpo", "of five, by chance"),
         ("simple-online-2", "simple-rm+plan", "two, by chance, simple"),
         ("held-online-2", "dpo", "two, by chance, held"),
         ("few-online-2", "dpo", "off: eight pairs alone"),
         ("small-online-2", "small-dpo", "off: RM outside the class"),
         ("best-5", "dpo", "off: best preferred"),
         ("simple-best-5", "simple-rm+plan", "off: best preferred, simple")]
LOOKS = {"dpo": dict(color=kit.ALL, marker="D", label="DPO"),
         "best-5": dict(color=kit.ALL, marker="s", markerfacecolor="none", label="best"),
         "simple-online-2": dict(color=kit.SIMPLE, marker="o", label="chance, simple"),
         "simple-best-5": dict(color=kit.SIMPLE, marker="s", markerfacecolor="none", label="best, simple")}
STEPS = {"best-pairs": ("s", "better preferred"), "uniform-pairs": ("o", "uniform"), "mixed-pairs": ("^", "mixture")}
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
        worst.append(gap.max() if not text.startswith("off") and "held" not in text else np.nan)
    ax.set(xscale="log", yticks=[], ylim=(-0.5, len(PAIRS) - 0.2), xlim=(LEAST / 3, 3), xlabel="policy gap")
    kit.value_ticks(ax.xaxis, [1e-15, 1e-10, 1e-5, 1])
    return np.nanmax(worst)


def steps(ax, data):
    """Mean regret after each step, filled in the first world and hollow in the others; labels in the first."""
    ends = []
    for k, world in enumerate(data.variant.values):
        at = data.sel(variant=world).isel(pairs=0)
        for arm, (marker, text) in STEPS.items():
            style = dict(color=kit.ALL, marker=marker, markersize=kit.arm_style("dpo")["markersize"])
            mean = np.maximum(kit.average(at.regret.sel(arm=arm)).values, LEAST)
            ax.plot(at["course.steps"], mean, linewidth=0.6, linestyle="-" if k == 0 else ":",
                    markerfacecolor=kit.ALL if k == 0 else "white", **style)
            if k == 0:
                ends.append((mean[-1], text, style))
    ax.set(yscale="log", xlabel="steps", xticks=data["course.steps"].values)
    kit.value_ticks(ax.yaxis, [1e-15, 1e-10, 1e-5, 1])
    kit.direct_labels(ax, ends)


def draw(data):
    last = data.isel({"course.steps": -1})
    fig, (left, right, rate) = kit.figure(columns=3, ratios=[1.6, 1, 1])
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
    kit.value_ticks(right.xaxis, [int(n) for n in data.pairs.values])
    kit.log_ticks(right.yaxis)
    kit.panel_title(right, "b", name)
    kit.direct_labels(right, ends)
    steps(rate, data)
    kit.panel_title(rate, "c", f"steps in {data.variant.values[0]}")
    kit.note(fig, "a: difference from the policy without the completions, from the least to the largest of all replicates; off: without an "
                  "assumption. "
                  "b: online DPO on labels of a dense or a simple reward model, by chance or the best always preferred, with 95 % intervals. "
                  "c: mean regret of steps on fresh labels, in expectation, at one rate; hollow: other worlds.")
    return fig
