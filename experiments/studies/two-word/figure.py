"""Ratio of regrets over the length, wins at equal KL over the length, and what online DPO gains after equally many steps."""

import figures as kit

AXES = ["variant", "horizon", "pairs"]
ARMS = ["rm+plan", "dpo", "dpo-steps", "online"]
NEEDS = ["win_rate", "win_rate_rival", "win_rate_at_kl_of"]
FAMILY = ["o", "s", "^"]


def lines(ax, data, values, colours):
    """`values(of a world at one n)` is an estimate over the length; returns the ends of the curves, for their labels."""
    ends = []
    worlds, pairs = [str(v) for v in data.variant.values], data.pairs.values
    for world, marker in zip(worlds, FAMILY):
        for n, colour in zip(pairs, colours):
            estimate = values(data.sel(variant=world, pairs=n))
            look = dict(color=colour, marker=marker, markersize=kit.scaled(4))
            aside = 0.02 * (2 * worlds.index(world) - 1)
            kit.points(ax, data.horizon + aside, estimate, **look)
            ax.plot(data.horizon + aside, estimate[0], color=colour, linewidth=kit.scaled(0.6), zorder=1)
            ends.append((kit.last(estimate[0]), f"{world}, n = {n}", look))
    ax.set(xlabel="words", xticks=data.horizon.values)
    return ends


def gain(ours, theirs):
    """How many more of a hundred comparisons are won, with its interval."""
    difference = 100 * (ours - theirs)
    mean = kit.average(difference)
    half = 1.96 * difference.std("replicate", ddof=1) / difference.count("replicate") ** 0.5
    return mean, mean - half, mean + half


def draw(data):
    fig, (left, middle, right) = kit.figure(columns=3)
    greys = kit.shades(data.sizes["pairs"])
    ends = lines(left, data, lambda at: kit.log_ratio_interval(at.regret.sel(arm="dpo"), at.regret.sel(arm="rm+plan")), greys)
    left.axhline(1, color=kit.NEITHER, linewidth=kit.scaled(0.6))
    left.set(yscale="log", ylabel="mean regret, DPO : RM + RL")
    kit.log_ticks(left.yaxis)
    kit.panel_title(left, "a", "ratio of regrets")
    if kit.stacked():
        kit.direct_labels(left, ends)

    ends = lines(middle, data, lambda at: gain(at.win_rate_at_kl_of.sel(arm="rm+plan", arm_b="dpo"), at.win_rate.sel(arm="dpo")), greys)
    middle.axhline(0, color=kit.NEITHER, linewidth=kit.scaled(0.6))
    middle.set(ylabel="ahead of DPO, points")
    kit.panel_title(middle, "b", "RM + RL, equal KL")
    kit.direct_labels(middle, ends)

    few = data.isel(pairs=[0])
    ends = []
    for measure, colour, text in ((lambda at: gain(at.win_rate_rival.sel(arm="online"), at.win_rate_rival.sel(arm="dpo-steps")),
                                   kit.INK, "equal steps"),
                                  (lambda at: gain(at.win_rate.sel(arm="online"),
                                                   at.win_rate_at_kl_of.sel(arm="dpo-steps", arm_b="online")),
                                   kit.SIMPLE, "equal KL")):
        ends += [(y, f"{name.split(',')[0]}, {text}", look) for y, name, look in lines(right, few, measure, [colour])]
    right.axhline(0, color=kit.NEITHER, linewidth=kit.scaled(0.6))
    right.set(ylabel="online ahead of DPO, points")
    kit.panel_title(right, "c", f"online DPO, n = {few.pairs.values[0]}")
    kit.direct_labels(right, ends)
    kit.note(fig, "Means with 95 % intervals. Wins at equal KL are against the reference, after equal steps against the rival.")
    return fig
