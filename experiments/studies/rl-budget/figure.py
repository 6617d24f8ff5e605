"""Mean regret over the rollouts drawn, for every estimator, beside what needs none: DPO and exact planning."""

import figures as kit
import numpy as np

AXES = ["variant", "course.steps"]
ARMS = ["dpo", "rm+plan", "reinforce", "rloo", "grpo", "ppo", "dpo-steps"]
NEEDS = ["rollouts"]
SAMPLED = {  # the search space is the same: markers tell them apart
    "reinforce": dict(marker="^", label="REINFORCE, no baseline"),
    "rloo": dict(marker="o", label="RLOO"),
    "grpo": dict(marker="s", markerfacecolor="none", label="GRPO"),
    "ppo": dict(marker="D", markerfacecolor="none", label="PPO"),
}


def panel(ax, data):
    """Returns the ends of the curves, for their labels."""
    ends = []
    for arm, text in (("dpo", "DPO"), ("rm+plan", "RM + RL, exact")):
        colour = kit.arm_style(arm)["color"]
        estimate = kit.mean_interval(data.regret.sel(arm=arm).isel({"course.steps": 0}))
        ends.append((kit.level(ax, estimate, colour), text, dict(color=colour)))
    for arm, look in SAMPLED.items():
        style = {k: v for k, v in look.items() if k != "label"}
        style |= dict(color=kit.arm_style("rm+plan")["color"], markersize=kit.arm_style("rm+plan")["markersize"])
        x = data.rollouts.sel(arm=arm).mean("replicate").values
        estimate = kit.mean_interval(data.regret.sel(arm=arm))
        ax.plot(x, estimate[0], color=style["color"], linewidth=0.6, zorder=1)
        kit.points(ax, x, estimate, **style)
        ends.append((kit.last(estimate[0]), look["label"], style))
    colour = kit.arm_style("dpo")["color"]  # which draws none, and stands beside the arm that has taken as many steps
    steps = kit.mean_interval(data.regret.sel(arm="dpo-steps"))
    beside = 1.12 * data.rollouts.sel(arm="rloo").mean("replicate").values
    ax.plot(beside, steps[0], color=colour, linewidth=0.6, zorder=1)
    style = dict(color=colour, marker="D", markerfacecolor="none", markersize=kit.arm_style("dpo")["markersize"])
    kit.points(ax, beside, steps, **style)
    ends.append((kit.last(steps[0]), "DPO, step by step", style))
    ax.set(xscale="log", yscale="log", xlabel="rollouts drawn", ylabel="mean regret")
    kit.log_ticks(ax.xaxis)
    kit.log_ticks(ax.yaxis)
    return ends


def title(data, name):
    """Where RLOO passes DPO, as far as the data decide it."""
    if not kit.enough(data, "dpo", "rloo"):
        return name
    signs = kit.ahead(data.regret.sel(arm="dpo"), data.regret.sel(arm="rloo")).values
    rollouts = data.rollouts.sel(arm="rloo").mean("replicate").values
    behind, before = rollouts[signs < 0], rollouts[signs > 0]
    if not behind.size or not before.size or behind.max() > before.min():
        return name
    return f"{name}: RLOO passes DPO between {kit.number(int(behind.max()))} and {kit.number(int(before.min()))}"


def draw(data):
    names = [str(v) for v in data.variant.values]
    fig, axes = kit.figure(columns=len(names))
    for ax, name, letter in zip(np.atleast_1d(axes), names, "abcdef"):
        at = data.sel(variant=name)
        ends = panel(ax, at)
        kit.panel_title(ax, letter, title(at, name))
        if name == names[-1] or len(names) > 1 and kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "Points: measured, with 95 % intervals. Lines across: what needs no rollouts, with bands of 95 %. "
                  "DPO, step by step, draws none and stands at those of RLOO, which has taken as many steps.")
    return fig
