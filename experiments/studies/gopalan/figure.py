"""Expected reward of each arm over beta, against the reference's."""

import figures as kit

AXES = ["beta"]
ARMS = ["dpo", "rm+project", "rm+plan"]
LOOKS = {"dpo": (dict(color=kit.ALL, marker="D"), "DPO"), "rm+project": (dict(color=kit.SIMPLE, marker="v"), "RM + RL, DPO's class"),
         "rm+plan": (dict(color=kit.NEITHER, marker="o"), "RM + RL, all policies")}
REFERENCE = 2


def draw(data):
    fig, (ax,) = kit.figure(height=2.4)
    ends = []
    for arm in ARMS:
        (look, label), line = LOOKS[arm], kit.average(data.expected_reward.sel(arm=arm))
        ax.plot(data.beta, line, markersize=kit.scaled(4), **look)
        ends.append((kit.last(line), label, look))
    ax.axhline(REFERENCE, color=kit.INK, linewidth=0.8)
    ax.set(xlabel="β", ylabel="expected reward", xscale="log")
    kit.value_ticks(ax.xaxis, data.beta.values)
    below = bool((data.expected_reward.sel(arm="dpo") < REFERENCE).all())
    kit.panel_title(ax, "", f"DPO is {'below' if below else 'not always below'} the reference")
    kit.direct_labels(ax, ends)
    kit.note(fig, "Line across: the reference. Nothing is random.")
    return fig
