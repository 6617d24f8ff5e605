"""How far each arm moves from the reference, over beta."""

import figures as kit

AXES = ["beta"]
ARMS = ["dpo", "rm+project"]
LOOKS = {"dpo": (dict(color=kit.ALL, marker="D"), "DPO"), "rm+project": (dict(color=kit.SIMPLE, marker="v"), "RM + RL, DPO's class")}


def draw(data):
    fig, (ax,) = kit.figure(height=2.4)
    ends = []
    for arm in ARMS:
        (look, label), line = LOOKS[arm], kit.average(data.kl_to_reference.sel(arm=arm))
        ax.plot(data.beta, line, markersize=kit.scaled(4), **look)
        ends.append((kit.last(line), label, look))
    ax.axvline(1 / 3, color=kit.INK, linewidth=0.8, linestyle=":")
    ax.set(xlabel="β (dotted: 1/3)", ylabel="KL to the reference (nat)")
    moved = data.kl_to_reference.sel(arm="dpo") > 1e-9
    kit.panel_title(ax, "", "DPO moves" if bool(moved.any()) else "DPO stays at the reference")
    kit.direct_labels(ax, ends)
    kit.note(fig, "Nothing is random.")
    return fig
