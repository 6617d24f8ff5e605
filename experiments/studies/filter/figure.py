"""Every policy drawn, by how much worse it fits than the best of all and by its regret."""

import figures as kit

AXES = ["variant", "pairs"]
ARMS = ["any", "simple", "dpo", "rm+plan"]
CLOUDS = {"any": dict(color=kit.ALL, marker="D", label="any that fits"),
          "simple": dict(color=kit.SIMPLE, marker="o", label="and suits a simple verifier")}
BEST = {"dpo": dict(color=kit.ALL, label="DPO, mean"), "rm+plan": dict(color=kit.SIMPLE, label="RM + RL, mean")}


def panel(ax, data):
    """Returns the means of the two best, for their labels."""
    n = int(data.pairs)
    best = data.rm_log_likelihood.sel(arm="dpo")
    for arm, look in CLOUDS.items():
        lost = n * (best - data.rm_log_likelihood.sel(arm=arm))
        ax.plot(lost, data.regret.sel(arm=arm), linestyle="none", marker=look["marker"], color=look["color"],
                markersize=kit.scaled(1.6), alpha=0.5)
    ends = []
    for arm, look in BEST.items():
        mean = float(kit.average(data.regret.sel(arm=arm)))
        ax.axhline(mean, color=look["color"], linewidth=kit.scaled(0.8))
        ends.append((mean, look["label"], dict(color=look["color"])))
    ax.set(yscale="log", xlabel="fits worse than DPO by, nats", ylabel="regret")
    kit.log_ticks(ax.yaxis, subs=(1,))
    return ends


def draw(data):
    n = data.pairs.values[min(1, data.sizes["pairs"] - 1)]
    names = [str(v) for v in data.variant.values]
    fig, axes = kit.figure(columns=len(names))
    for k, (ax, name) in enumerate(zip(axes, names)):
        ends = panel(ax, data.sel(variant=name, pairs=n))
        kit.panel_title(ax, "abcdef"[k], f"{name}, {kit.number(int(n))} pairs")
        if k == len(names) - 1 or kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "A point a data set. ◆ any policy that the pairs cannot tell from the best (99 %), ● one of these that is optimal for a simple reward.")
    return fig
