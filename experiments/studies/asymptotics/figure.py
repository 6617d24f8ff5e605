"""Regret over its limit: along kappa for every class, world by world at the largest n, and the limit law's quantiles."""

import figures as kit
import numpy as np
from matplotlib.gridspec import GridSpec

AXES = ["variant", "pairs_factor"]
ARMS = ["rm", "direct"]
MARKERS = {"bandit": "o", "walk": "D", "tokens": "^", "two-token": "s"}  # by family; colour and filling are the arm's
REGIME = 0.02  # largest kappa of the regime


def family(variant):
    return str(variant).split("/")[0]


def look(arm, variant):
    """RM + RL filled, DPO open, so that equal classes stay visible on top of each other."""
    colour = kit.arm_style(arm)["color"]
    return dict(color=colour, marker=MARKERS.get(family(variant), "v"), markerfacecolor=colour if arm == "rm" else "white",
                markersize=kit.scaled(3.2), capsize=0, elinewidth=kit.scaled(0.8),
                markeredgewidth=kit.scaled(0.7))


def over_limit(data, arm):
    """Measured over predicted regret with its 95 % interval, and kappa; dimensions variant and pairs_factor."""
    theory = data.isel(replicate=0).sel(arm=arm)
    mean, low, high = kit.mean_interval(kit.steadier(data).regret.sel(arm=arm))
    limit = theory.predicted_regret
    return [(value / limit).transpose("variant", "pairs_factor").values for value in (mean, low, high)], \
        theory.kappa.transpose("variant", "pairs_factor").values


def second_order(data, arm):
    """Predicted second order over first, where it is known; None when it is nowhere."""
    if "predicted_second_order" not in data:
        return None
    theory = data.isel(replicate=0).sel(arm=arm)
    ratio = (theory.predicted_second_order / theory.predicted_regret).transpose("variant", "pairs_factor").values
    return None if np.all(np.isnan(ratio)) else ratio


def along_kappa(ax, data):
    ax.axhspan(0.95, 1.05, color=kit.BAND, linewidth=0)
    ax.axhline(1, color=kit.INK, linewidth=kit.scaled(0.6))
    ax.axvline(REGIME, color=kit.INK, linewidth=kit.scaled(0.6), linestyle=":")
    worst = (0, "", 0)
    for arm in ARMS:
        (mean, low, high), kappa = over_limit(data, arm)
        second = second_order(data, arm)
        for i, variant in enumerate(data.variant.values):
            if second is not None and kappa[i].max() > kappa[i].min():
                # Second over first order is 1 + c / n, and kappa is leverage / n.
                along = np.geomspace(kappa[i].min(), kappa[i].max(), 40)
                ax.plot(along, 1 + (second[i, -1] - 1) * along / kappa[i, -1], color=kit.arm_style(arm)["color"],
                        linewidth=kit.scaled(0.7), alpha=0.45, zorder=1)
            kit.points(ax, kappa[i], (mean[i], low[i], high[i]), alpha=0.85, **look(arm, variant))
            for k, ratio in zip(kappa[i], mean[i]):
                if k <= REGIME and ratio > worst[0]:
                    worst = (ratio, str(variant), k)
    ax.set(xscale="log", yscale="log", xlabel="κ: most weight of one pair in the fit", ylabel="mean regret / (limit / n)")
    kit.log_ticks(ax.xaxis)
    low, high = ax.get_ylim()
    kit.log_ticks(ax.yaxis, subs=(1, 1.1, 1.2, 1.4, 1.6, 2, 9) if high / low < 3 else None)
    low, high = np.log(ax.get_xlim())
    right = np.log(REGIME) < low + 0.15 * (high - low)  # of the line, where there is room
    ax.annotate("regime ends", (REGIME, 1), xycoords=("data", "axes fraction"), xytext=(2 if right else -2, -4),
                textcoords="offset points", fontsize="small", rotation=90, va="top", ha="left" if right else "right",
                color=kit.INK)
    if worst[0] > 1.1 and kit.enough(data, *ARMS):
        ax.annotate(worst[1], (worst[2], worst[0]), xytext=(-5, 0), textcoords="offset points", fontsize="small",
                    ha="right", va="center", color=kit.INK)


def rows_of(ax, data, named):
    """One row a world, named or not."""
    rows = np.arange(data.sizes["variant"])
    ax.set_yticks(rows, [str(v) for v in data.variant.values] if named else [""] * len(rows))
    ax.set(ylim=(len(rows) - 0.4, -0.6))
    ax.grid(axis="y", visible=False)
    return rows


def world_by_world(ax, data):
    rows = rows_of(ax, data, named=True)
    ax.axvspan(0.95, 1.05, color=kit.BAND, linewidth=0)
    ax.axvline(1, color=kit.INK, linewidth=kit.scaled(0.6))
    for arm, shift in (("rm", -0.17), ("direct", 0.17)):
        (mean, low, high), _ = over_limit(data, arm)
        for i, variant in enumerate(data.variant.values):
            kit.points(ax, rows[i] + shift, (mean[i, -1], low[i, -1], high[i, -1]), horizontal=True, **look(arm, variant))
    ax.set(xlabel="regret over\n(limit / n)")


def below_quantile(ax, data, name, share, tolerance):
    """Share of the regrets below a quantile of the limit law, where the law is known."""
    rows = rows_of(ax, data, named=False)
    last = data.isel(pairs_factor=-1)
    ax.axvspan(share - tolerance, share + tolerance, color=kit.BAND, linewidth=0)
    ax.axvline(share, color=kit.INK, linewidth=kit.scaled(0.6))
    for arm, shift in (("rm", -0.17), ("direct", 0.17)):
        regret, quantile = last.regret.sel(arm=arm), last[name].sel(arm=arm)
        known = regret.notnull() & quantile.notnull()
        count = known.sum("replicate").values
        below = (known & (regret < quantile)).sum("replicate").values / np.maximum(count, 1)
        half = 1.96 * np.sqrt(below * (1 - below) / np.maximum(count, 1))
        for i, variant in enumerate(data.variant.values):
            if count[i] > 0:
                kit.points(ax, rows[i] + shift, (below[i], (below - half)[i], (below + half)[i]), horizontal=True,
                           **look(arm, variant))
    low, high = ax.get_xlim()  # everything that was measured is shown
    ax.set(xlim=(max(min(low, share - 1.6 * tolerance), -0.05), min(max(high, share + 1.6 * tolerance), 1.05)))
    narrow = high - low < 4 * tolerance
    ax.set_xticks([share - tolerance, share + tolerance] if narrow else [share])
    ax.xaxis.set_major_formatter("{x:.2f}")


def panels(count):
    """The first panel and three narrow ones: beside it on a page, below it on a column."""
    fig, (first,) = kit.figure(height=8 if kit.stacked() else 4.0)
    first.remove()
    if kit.stacked():
        grid = GridSpec(2, 3, figure=fig, height_ratios=[0.6, 1])
        return fig, [fig.add_subplot(grid[0, :]), *(fig.add_subplot(grid[1, k]) for k in range(3))]
    grid = GridSpec(1, 4, figure=fig, width_ratios=[1.75, 1, 0.6, 0.6])
    return fig, [fig.add_subplot(grid[0, k]) for k in range(4)]


def draw(data):
    fig, axes = panels(data.sizes["variant"])
    along_kappa(axes[0], data)
    kit.panel_title(axes[0], "a", "n × regret over its limit")
    world_by_world(axes[1], data)
    kit.panel_title(axes[1], "b", "largest n")
    below_quantile(axes[2], data, "predicted_median", 0.5, 0.06)
    axes[2].set_xlabel("below the\nmedian")
    kit.panel_title(axes[2], "c", "50 %")
    below_quantile(axes[3], data, "predicted_q90", 0.9, 0.04)
    axes[3].set_xlabel("below the\n.9 quantile")
    kit.panel_title(axes[3], "d", "90 %")
    found = dict.fromkeys(family(v) for v in data.variant.values)
    kit.note(fig, "Filled blue: RM + RL; open vermilion: DPO; " +
             ", ".join(f"{kit.symbol(dict(marker=MARKERS.get(f, 'v')))} {f}" for f in found) +
             ". Lines in a: second order of theory. Bars: 95 %; bands: what the claims ask for. c, d: share of the regrets "
             "below the quantile of the limit law.")
    return fig
