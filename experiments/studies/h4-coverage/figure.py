"""Mean regrets of both routes over the number of pairs, each on wide pairs and on narrow ones."""

import figures as kit

AXES = ["variant", "sampler.tilt", "pairs"]
ARMS = ["wide-rm", "narrow-rm", "wide-dpo", "narrow-dpo"]
LOOKS = {"wide-rm": ("RM + RL, wide", dict(color=kit.SIMPLE, marker="o")),
         "narrow-rm": ("RM + RL, narrow", dict(color=kit.SIMPLE, marker="o", markerfacecolor="none")),
         "wide-dpo": ("DPO, wide", dict(color=kit.ALL, marker="D")),
         "narrow-dpo": ("DPO, narrow", dict(color=kit.ALL, marker="D", markerfacecolor="none"))}


def panel(ax, data):
    """Returns the ends of the curves, for their labels."""
    ends = []
    for arm, (text, look) in LOOKS.items():
        style = look | dict(markersize=kit.scaled(4))
        estimate = kit.mean_interval(data.regret.sel(arm=arm))
        kit.points(ax, data.pairs, estimate, **style)
        ax.plot(data.pairs, estimate[0], color=look["color"], linewidth=kit.scaled(0.6), zorder=1)
        ends.append((kit.last(estimate[0]), text, style))
    ax.set(xscale="log", yscale="log", xlabel="pairs n", ylabel="mean regret")
    kit.log_ticks(ax.xaxis)
    kit.log_ticks(ax.yaxis)
    return ends


def draw(data):
    tilt = data["sampler.tilt"].values[data.sizes["sampler.tilt"] // 2]
    worlds = [str(v) for v in data.variant.values]
    fig, axes = kit.figure(columns=len(worlds))
    for ax, world, letter in zip(axes, worlds, "abc"):
        ends = panel(ax, data.sel({"variant": world, "sampler.tilt": tilt}))
        kit.panel_title(ax, letter, f"{world}, narrow pairs of tilt {tilt:g}")
        kit.direct_labels(ax, ends)
    kit.note(fig, "Wide: both completions from the reference. Narrow: both from the plan of so many times the true reward. 95 % intervals.")
    return fig
