"""Mean regrets of one network in four places, over the pairs; and the regret ratio of the two routes, networks beside tables."""

import figures as kit

AXES = ["variant", "pairs"]
ARMS = ["global", "local", "dpo", "table-global", "table-dpo"]
SEVERAL = ["pairs"]
LOOKS = {"global": dict(color=kit.SIMPLE, marker="o", label="global RM + RL"),
         "local": dict(color=kit.ALL, marker="^", markerfacecolor="none", size=7, label="local RM + RL"),
         "dpo": dict(color=kit.ALL, marker="D", label="DPO")}


def style_of(look):
    return {k: v for k, v in look.items() if k not in ("label", "size")} | dict(markersize=kit.scaled(look.get("size", 4)))


def regrets(ax, data):
    """Returns the ends of the curves, for their labels."""
    ends = []
    for arm, look in LOOKS.items():
        style = style_of(look)
        estimate = kit.mean_interval(data.regret.sel(arm=arm))
        kit.points(ax, data.pairs, estimate, **style)
        ax.plot(data.pairs, estimate[0], color=style["color"], linewidth=kit.scaled(0.6), zorder=1)
        ends.append((kit.last(estimate[0]), look["label"], style))
    ax.set(xscale="log", yscale="log", xlabel="pairs", ylabel="mean regret")
    kit.log_ticks(ax.xaxis, subs=(1,))
    kit.log_ticks(ax.yaxis)
    return ends


def ratios(ax, data, names):
    ends = []
    for name, marker in zip(names, "os^"):
        at = data.sel(variant=name)
        for what, over, under, colour, face in (("networks", "dpo", "global", kit.INK, kit.INK),
                                                ("tables", "table-dpo", "table-global", kit.NEITHER, "none")):
            estimate = kit.log_ratio_interval(at.regret.sel(arm=over), at.regret.sel(arm=under))
            style = dict(color=colour, marker=marker, markerfacecolor=face, markersize=kit.scaled(4))
            kit.points(ax, at.pairs, estimate, **style)
            ax.plot(at.pairs, estimate[0], color=colour, linewidth=kit.scaled(0.6), zorder=1)
            ends.append((kit.last(estimate[0]), f"{name}, {what}", style))
    ax.axhline(1, color=kit.NEITHER, linewidth=kit.scaled(0.6))
    ax.set(xscale="log", yscale="log", xlabel="pairs", ylabel="regret, DPO : global RM + RL")
    kit.log_ticks(ax.xaxis, subs=(1,))
    kit.log_ticks(ax.yaxis)
    return ends


def draw(data):
    names = [str(v) for v in data.variant.values]
    fig, axes = kit.figure(columns=len(names) + 1)
    for k, (ax, name) in enumerate(zip(axes, names)):
        ends = regrets(ax, data.sel(variant=name))
        kit.panel_title(ax, "abcdef"[k], name)
        ax.set_ylabel(ax.get_ylabel() if k == 0 or kit.stacked() else "")
        kit.direct_labels(ax, ends)
    ends = ratios(axes[len(names)], data, names)
    kit.panel_title(axes[len(names)], "abcdef"[len(names)], "ratio of regrets")
    kit.direct_labels(axes[len(names)], ends)
    kit.note(fig, "One network of equal width, and so of equally many parameters, as global RM, as local RM and as policy; the best of several "
                  "stationary points. 95 % intervals over worlds and data sets.")
    return fig
