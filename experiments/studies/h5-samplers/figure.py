"""Expected reward of the best of n, from the reference and from DPO's policy, by two rewards: few pairs, and many."""

import figures as kit

AXES = ["variant", "pairs", "options.n"]
ARMS = ["global", "local", "dpo-global", "dpo-local"]
LOOKS = {"global": ("global, from the reference", dict(color=kit.SIMPLE, marker="o", markerfacecolor="none")),
         "local": ("local, from the reference", dict(color=kit.ALL, marker="D", markerfacecolor="none")),
         "dpo-global": ("global, from DPO", dict(color=kit.SIMPLE, marker="o")),
         "dpo-local": ("local, from DPO", dict(color=kit.ALL, marker="D"))}


def panel(ax, data):
    """Returns the ends of the curves."""
    ends = []
    for arm, (text, look) in LOOKS.items():
        style = look | dict(markersize=kit.scaled(4))
        estimate = kit.mean_interval(data.expected_reward.sel(arm=arm))
        ax.plot(data["options.n"], estimate[0], color=look["color"], linewidth=kit.scaled(0.6), zorder=1)
        kit.points(ax, data["options.n"], estimate, **style)
        ends.append((kit.last(estimate[0]), text, style))
    ax.set(xscale="log", xlabel="best of n", ylabel="expected reward")
    kit.log_ticks(ax.xaxis)
    return ends


def draw(data):
    data = data.isel(variant=0)
    pairs = [data.pairs.values[0], data.pairs.values[-1]]
    fig, axes = kit.figure(columns=2)
    for ax, n, letter in zip(axes, pairs, "ab"):
        ends = panel(ax, data.sel(pairs=n))
        kit.panel_title(ax, letter, f"{data.variant.item()}, {kit.number(int(n))} pairs")
        if letter == "b" or kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "Local: a score for each token, by theorem 2.2 DPO's own reward. Points with 95 % intervals.")
    return fig
