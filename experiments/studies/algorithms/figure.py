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


def colour(arm):
    return kit.arm_style(arm)["color"]


def rows(ax, arms, names):
    ax.set_ylim(len(arms) - 0.4, -0.6)
    room = 72 * 0.6 * ax.figure.get_figheight() / (len(arms) * (2 if kit.stacked() else 1))  # points, beside titles and notes
    ax.set_yticks(range(len(arms)), arms if names else [""] * len(arms), fontsize=max(6, min(kit.scaled(6.2), room)))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", color=kit.BAND, linewidth=kit.scaled(0.5))
    ax.set_axisbelow(True)


def regrets(ax, data, arms):
    pairs = data.pairs.values
    for i, arm in enumerate(arms):
        target = float(kit.average(data.target_regret.sel(arm=arm).isel(pairs=-1)))
        if np.isfinite(target) and target > 1e-6:
            ax.plot([target], [i], marker="|", color=kit.INK, markersize=kit.scaled(7), zorder=3)
        dark = colour(arm)
        for n, shade in zip(pairs, kit.ramp(LIGHT.get(dark, "#BBBBBB"), dark, len(pairs))):
            estimate = kit.mean_interval(data.regret.sel(arm=arm, pairs=n))
            kit.points(ax, [i], estimate, horizontal=True, color=shade, marker="o", markersize=kit.scaled(2.8))
    ax.set(xscale="log", xlabel="mean regret")
    kit.log_ticks(ax.xaxis, subs=(1,))


def wins(ax, data, arms):
    for i, arm in enumerate(arms):
        raw, matched = (float(kit.average(data[name].sel(arm=arm))) for name in ("win_rate", "win_rate_at_kl"))
        ax.plot([raw, matched], [i, i], color=colour(arm), linewidth=kit.scaled(0.6), zorder=1)
        ax.plot([raw], [i], marker="o", markerfacecolor="white", color=colour(arm), markersize=kit.scaled(3))
        ax.plot([matched], [i], marker="o", color=colour(arm), markersize=kit.scaled(3))
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
