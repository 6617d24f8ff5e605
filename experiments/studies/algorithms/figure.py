"""All algorithms as rows: mean regret in each world beside what is left of it with pairs without number, and win rates, as fitted
and at equal KL."""

import figures as kit
import numpy as np

AXES = ["variant", "pairs"]
NEEDS = ["target_regret", "win_rate", "win_rate_at_kl"]
LIGHT = {kit.SIMPLE: "#9CC9E3", kit.ALL: "#F3B48D"}


def order(data):
    """Arms from the least to the most regret where pairs are fewest, all worlds together; those that never finished last."""
    regret = kit.average(data.regret.isel(pairs=0))
    rank = np.log(regret.where(regret > 0)).mean("variant")
    return [str(a) for a in data.arm.values[np.argsort(rank.fillna(np.inf).values, kind="stable")]]


def colours(arms):
    """Each colour with the rows of its arms: drawn together, they take a tenth of the time."""
    looks = np.array([kit.arm_style(arm)["color"] for arm in arms])
    return {str(look): np.flatnonzero(looks == look) for look in dict.fromkeys(looks)}


def rows(ax, arms, names):
    ax.set_ylim(len(arms) - 0.4, -0.6)
    room = 72 * 0.6 * ax.figure.get_figheight() / (len(arms) * (2 if kit.stacked() else 1))  # points, beside titles and notes
    ax.set_yticks(range(len(arms)), arms if names else [""] * len(arms), fontsize=max(6, min(kit.scaled(6.2), room)))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", color=kit.BAND, linewidth=kit.scaled(0.5))
    ax.set_axisbelow(True)


def regrets(ax, data, arms):
    pairs = data.pairs.values
    data = data.sel(arm=arms)
    target = kit.average(data.target_regret.isel(pairs=-1)).values
    left = np.flatnonzero(target > 1e-6)
    ax.plot(target[left], left, marker="|", color=kit.INK, markersize=kit.scaled(7), linestyle="none", zorder=3)
    estimates = [kit.mean_interval(data.regret.sel(pairs=n)) for n in pairs]
    for dark, at in colours(arms).items():
        for estimate, shade in zip(estimates, kit.ramp(LIGHT.get(dark, "#BBBBBB"), dark, len(pairs))):
            kit.points(ax, at, [values.values[at] for values in estimate], horizontal=True, color=shade, marker="o",
                       markersize=kit.scaled(2.8))
    ax.set(xscale="log", xlabel="mean regret")
    kit.log_ticks(ax.xaxis, subs=(1,))


def wins(ax, data, arms):
    raw, matched = (kit.average(data[name].sel(arm=arms)).values for name in ("win_rate", "win_rate_at_kl"))
    for look, at in colours(arms).items():
        both = at[np.isfinite(raw[at]) & np.isfinite(matched[at])]
        ax.hlines(both, raw[both], matched[both], color=look, linewidth=kit.scaled(0.6), zorder=1)
        mark = dict(marker="o", color=look, markersize=kit.scaled(3), linestyle="none")
        ax.plot(raw[at], at, markerfacecolor="white", **mark)
        ax.plot(matched[at], at, **mark)
    ax.set(xlabel="win rate")


def draw(data):
    arms = order(data)
    worlds = [str(v) for v in data.variant.values]
    if kit.stacked():
        worlds = worlds[:1]
    fig, axes = kit.figure(columns=len(worlds) + 1, height=0.9 + 0.125 * len(arms))
    for k, (ax, world) in enumerate(zip(axes, worlds)):
        regrets(ax, data.sel(variant=world), arms)
        rows(ax, arms, k == 0)
        kit.panel_title(ax, "abcdef"[k], world)
    last, middle = axes[len(worlds)], data.sizes["pairs"] // 2
    wins(last, data.isel(variant=0, pairs=middle), arms)
    rows(last, arms, kit.stacked())
    kit.panel_title(last, "abcdef"[len(worlds)], f"{worlds[0]}, {data.pairs.values[middle]} pairs")
    kit.note(fig, f"Blue: a simple verifier comes first; vermilion: all policies are searched. Light to dark: "
                  f"{', '.join(kit.number(int(n)) for n in data.pairs.values)} pairs, with 95 % intervals. Bars: what is left with pairs without number.")
    kit.note(fig, "Win rate against the reference: hollow, as fitted; filled, the plan of the arm's reward at the KL of the optimum.")
    return fig
