"""Mean regret over the steps at which an optimiser stops, beside the two optima, which need no steps."""

import figures as kit
import numpy as np

AXES = ["variant", "pairs", "course.steps"]
ARMS = ["dpo", "rm+plan", "stopped-dpo", "free-dpo", "adam-dpo", "stopped-rl"]
COURSES = {  # the search space is the same: markers tell them apart
    "stopped-dpo": ("dpo", dict(marker="o"), "DPO, gradient"),
    "free-dpo": ("dpo", dict(marker="^", markerfacecolor="none"), "no penalty"),
    "adam-dpo": ("dpo", dict(marker="s", markerfacecolor="none"), "Adam"),
    "stopped-rl": ("rm+plan", dict(marker="D"), "RL, gradient"),
}


def panel(ax, data):
    """Returns the ends of the curves, for their labels."""
    ends = []
    for arm, text in (("dpo", "DPO, optimum"), ("rm+plan", "RM + RL, exact")):
        colour = kit.arm_style(arm)["color"]
        estimate = kit.mean_interval(data.regret.sel(arm=arm).isel({"course.steps": 0}))
        ends.append((kit.level(ax, estimate, colour), text, dict(color=colour)))
    for arm, (route, look, text) in COURSES.items():
        own = kit.arm_style(route)
        style = look | dict(color=own["color"], markersize=own["markersize"])
        estimate = kit.mean_interval(data.regret.sel(arm=arm))
        ax.plot(data["course.steps"], estimate[0], color=style["color"], linewidth=kit.scaled(0.6), zorder=1)
        kit.points(ax, data["course.steps"], estimate, **style)
        ends.append((kit.last(estimate[0]), text, style))
    ax.set(xscale="log", yscale="log", xlabel="steps taken", ylabel="mean regret")
    kit.log_ticks(ax.xaxis, subs=(1,))
    kit.log_ticks(ax.yaxis)
    return ends


def draw(data):
    cells = [(str(v), int(n)) for v in data.variant.values for n in data.pairs.values]
    fig, axes = kit.figure(columns=len(cells))
    for ax, (world, n), letter in zip(np.atleast_1d(axes), cells, "abcdefgh"):
        ends = panel(ax, data.sel(variant=world, pairs=n))
        kit.panel_title(ax, letter, f"{world}, {kit.number(n)} pairs")
        if (world, n) == cells[-1] or len(cells) > 1 and kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "Points: after so many steps, with 95 % intervals. Lines across: optima, with bands of 95 %.")
    return fig
