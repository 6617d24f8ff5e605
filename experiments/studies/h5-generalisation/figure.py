"""Likelihood of new pairs under each reward, over the strength of the penalty: in distribution, and out of it."""

import figures as kit

AXES = ["variant", "penalty.lambda", "pairs"]
ARMS = ["global", "dense", "dpo", "equal"]
NEEDS = ["rm_population_log_likelihood"]
LOOKS = {"global": dict(color=kit.SIMPLE, marker="o", label="global RM"),
         "dense": dict(color=kit.ALL, marker="^", markerfacecolor="none", size=7, label="local RM"),
         "dpo": dict(color=kit.ALL, marker="D", label="DPO's own"),
         "equal": dict(color=kit.SIMPLE, marker="s", markerfacecolor="none", size=7, label="DPO, equal count")}


def panel(ax, data):
    """Returns the ends of the curves, for their labels."""
    strength = data["penalty.lambda"]
    ends = []
    for arm, look in LOOKS.items():
        style = {k: v for k, v in look.items() if k not in ("label", "size")} | dict(markersize=kit.scaled(look.get("size", 4)))
        estimate = kit.mean_interval(data.rm_population_log_likelihood.sel(arm=arm))
        kit.points(ax, strength, estimate, **style)
        ax.plot(strength, estimate[0], color=style["color"], linewidth=kit.scaled(0.6), zorder=1)
        ends.append((kit.last(estimate[0]), look["label"], style))
    ax.margins(x=0.12)  # so that hollow marks at the ends are whole
    ax.set(xscale="log", xlabel="penalty", ylabel="log-likelihood of new pairs")
    kit.log_ticks(ax.xaxis)
    return ends


def draw(data):
    names = [str(v) for v in data.variant.values]
    n = int(data.pairs.values[min(1, data.sizes["pairs"] - 1)])
    fig, axes = kit.figure(columns=len(names))
    for k, (ax, name) in enumerate(zip(axes, names)):
        ends = panel(ax, data.sel(variant=name, pairs=n))
        kit.panel_title(ax, "abcdef"[k], name)
        ax.set_ylabel(ax.get_ylabel() if k == 0 or kit.stacked() else "")
        if k == len(names) - 1 or kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, f"{n} pairs, drawn from the reference (in) or from good completions (out); the likelihood is always that of the reference's pairs, "
                  "exact, with 95 % intervals over data sets.")
    return fig
