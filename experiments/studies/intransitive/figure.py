"""By how much RM + RL wins more often than DPO at equal KL, over the pairs, for circles of every strength; and the worst case of
every route over that strength."""

import figures as kit

AXES = ["variant", "intransitivity", "pairs"]
ARMS = ["rm+plan", "dpo", "ipo", "iterative-dpo", "self-play"]
NEEDS = ["preference_win_rate_at_kl", "worst_case_win_rate_at_kl"]
SEVERAL = ["intransitivity"]
LOOKS = {"self-play": dict(color=kit.NEITHER, marker="s", label="self-play"),
         "iterative-dpo": dict(color=kit.ALL, marker="^", label="iterative DPO"),
         "ipo": dict(color=kit.ALL, marker="x", label="IPO"),
         "dpo": dict(color=kit.ALL, marker="D", label="DPO"),
         "rm+plan": dict(color=kit.SIMPLE, marker="o", label="RM + RL")}


def curve(ax, x, values, style, first):
    """Where it ends."""
    style = style | dict(markersize=kit.arm_style("dpo")["markersize"])
    estimate = kit.mean_interval(values)
    kit.points(ax, x, estimate, **(style if first else style | dict(markerfacecolor="white")))
    ax.plot(x, estimate[0], color=style["color"], linewidth=0.6, linestyle="-" if first else ":", zorder=1)
    return kit.last(estimate[0]), style


def gain(ax, data):
    """Returns the ends of the curves of the first world."""
    ends = []
    strengths = data.intransitivity.values
    for k, world in enumerate(data.variant.values):
        for strength, colour in zip(strengths, kit.shades(len(strengths))):
            at = data.preference_win_rate_at_kl.sel(variant=world, intransitivity=strength)
            end, style = curve(ax, data.pairs, at.sel(arm="rm+plan") - at.sel(arm="dpo"), dict(color=colour, marker="o"), k == 0)
            if k == 0:
                ends.append((end, f"circle {strength:g}", style))
    ax.axhline(0, color=kit.INK, linewidth=0.5, zorder=0)
    ax.set(xscale="log", xlabel="pairs n", ylabel="wins of RM + RL less DPO's")
    kit.value_ticks(ax.xaxis, [int(n) for n in data.pairs.values])
    return ends


def worst(ax, data):
    """With the most pairs; likewise."""
    ends = []
    for k, world in enumerate(data.variant.values):
        at = data.isel(pairs=-1).sel(variant=world).worst_case_win_rate_at_kl
        for arm, look in LOOKS.items():
            style = {key: value for key, value in look.items() if key != "label"}
            end, style = curve(ax, data.intransitivity, at.sel(arm=arm), style, k == 0)
            if k == 0:
                ends.append((end, look["label"], style))
    ax.set(xlabel="strength of the circle", ylabel="worst-case win rate", xticks=data.intransitivity.values)
    return ends


def draw(data):
    fig, (left, right) = kit.figure(columns=2)
    ends = gain(left, data)
    kit.panel_title(left, "a", "against the reference")
    kit.direct_labels(left, ends)
    ends = worst(right, data)
    kit.panel_title(right, "b", f"in the worst case, {int(data.pairs.values[-1])} pairs")
    kit.direct_labels(right, ends)
    names = [str(name) for name in data.variant.values]
    others = f" Hollow: {', '.join(names[1:])}." if names[1:] else ""
    kit.note(fig, "At the KL of self-play, under the true preferences, with 95 % intervals. A worst case of 1/2 is a von Neumann winner's." + others)
    return fig
