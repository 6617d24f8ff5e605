"""Mean regret over the size of the policy: a line for each size of the reward model, and DPO."""

import figures as kit

AXES = ["variant", "pairs"]
ARMS = ["right-right", "rich-rich", "poor-poor", "dpo-rich"]
SIZES = ["poor", "right", "rich"]
LINES = {"poor": dict(color=kit.NEITHER, marker="v", label="RM too small"),
         "right": dict(color=kit.SIMPLE, marker="o", label="RM right"),
         "rich": dict(color=kit.ALL, marker="^", markerfacecolor="none", label="RM all there is"),
         "dpo": dict(color=kit.ALL, marker="D", label="DPO")}


def panel(ax, data):
    """Returns the ends of the lines, for their labels."""
    ends = []
    for rm, look in LINES.items():
        style = {k: v for k, v in look.items() if k != "label"} | dict(markersize=kit.scaled(4))
        means = []
        for x, policy in enumerate(SIZES):
            estimate = kit.mean_interval(data.regret.sel(arm=f"{rm}-{policy}"))
            kit.points(ax, [x], estimate, **style)
            means.append(float(estimate[0]))
        ax.plot(range(len(SIZES)), means, color=style["color"], linewidth=kit.scaled(0.7), zorder=1)
        ends.append((means[-1], look["label"], style))
    ax.set_xticks(range(len(SIZES)), ["too small", "right", "all"])
    ax.set_xlim(-0.3, len(SIZES) - 0.7)
    ax.set(yscale="log", xlabel="policy", ylabel="mean regret")
    kit.log_ticks(ax.yaxis)
    return ends


def draw(data):
    pairs = data.pairs.values
    few, many = pairs[min(1, len(pairs) - 1)], pairs[-1]
    worlds = [str(v) for v in data.variant.values]
    shown = [(worlds[0], few), (worlds[0], many)] + [(world, few) for world in worlds[1:]]
    fig, axes = kit.figure(columns=len(shown))
    for k, (ax, (world, n)) in enumerate(zip(axes, shown)):
        ends = panel(ax, data.sel(variant=world, pairs=n))
        kit.panel_title(ax, "abcdef"[k], f"{world}, {kit.number(int(n))} pairs")
        if k == len(shown) - 1 or kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "Right: as large as the truth. A reward model's plan is projected onto the policies. With 95 % intervals.")
    return fig
