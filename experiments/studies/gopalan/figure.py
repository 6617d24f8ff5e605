"""Expected reward of each arm over beta, against the reference's."""

import figures as kit

AXES = ["beta"]
ARMS = ["dpo", "rm+project", "rm+plan"]
REFERENCE = 2


def draw(data):
    fig, (ax,) = kit.figure(height=2.4)
    ends = []
    for arm in ARMS:
        look, line = kit.arm_style(arm), kit.average(data.expected_reward.sel(arm=arm))
        ax.plot(data.beta, line, **look)
        ends.append((kit.last(line), kit.arm_label(arm), look))
    ax.axhline(REFERENCE, color=kit.INK, linewidth=0.8)
    ax.set(xlabel="β", ylabel="expected reward (line: reference)", xscale="log")
    kit.value_ticks(ax.xaxis, data.beta.values)
    below = bool((data.expected_reward.sel(arm="dpo") < REFERENCE).all())
    kit.panel_title(ax, "", f"DPO is {'below' if below else 'not always below'} the reference")
    kit.direct_labels(ax, ends)
    return fig
