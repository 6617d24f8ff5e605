"""Success of the policy in which GRPO rests, over beta, for groups of every size: a jump with the reverse KL, none with k3."""

import figures as kit
import numpy as np

AXES = ["options.group", "beta", "variant"]
ARMS = ["plan", "reverse", "k3"]
JUMP = 0.15  # of success between neighbouring temperatures


def panel(ax, data, arm):
    """One curve a group size, light to dark as groups grow; returns their ends on the right, and the largest jump."""
    sizes = sorted(data["options.group"].values, key=lambda g: (g == 0, g))
    beta, ends, jump = data.beta.values, [], 0
    for size, colour in zip(sizes, kit.shades(len(sizes))):
        value = kit.average(data.expected_reward.sel({"arm": arm, "options.group": size})).values
        ax.plot(beta, value, color=colour, marker=".", markersize=3)
        ends.append((value[0], "large groups" if size == 0 else f"G = {size}", dict(color=colour)))
        jump = max(jump, float(np.max(np.abs(np.diff(value)), initial=0)))
    plan = kit.average(data.expected_reward.sel(arm="plan").isel({"options.group": 0})).values
    ax.plot(beta, plan, color=kit.SIMPLE, linestyle="--")
    ends.append((plan[0], "exact plan", dict(color=kit.SIMPLE)))
    ax.invert_xaxis()
    ax.set(xlabel="temperature β", ylabel="success", xscale="log", ylim=(0, 1.03))
    kit.value_ticks(ax.xaxis, beta, most=6)
    return ends, jump


def draw(data):
    data = data.isel(variant=0)
    fig, axes = kit.figure(columns=2)
    for ax, arm, name, letter in zip(axes, ("reverse", "k3"), ("reverse KL", "k3 loss"), "ab"):
        ends, jump = panel(ax, data, arm)
        kit.panel_title(ax, letter, f"{name}: {'success jumps' if jump > JUMP else 'no jump'}")
        if arm == "k3" or kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "Where the flow from the reference, which passes one time in five, comes to rest. Exact: nothing is sampled.")
    return fig
