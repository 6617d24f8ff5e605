"""Panels that several studies draw: a regret ratio for each n, and the regret of several arms at one n."""

from .estimate import log_ratio_interval, mean_interval
from .style import arm_label, arm_style, log_ticks


def ratio_panel(ax, data, axis, shades):
    """Mean regret DPO : RM + RL over `axis`, one line for each n, light to dark (`shades`) as n grows."""
    pairs = data.pairs.values
    for n, colour in zip(pairs, shades[-len(pairs):]):
        cell = data.regret.sel(pairs=n)
        ratio, low, high = log_ratio_interval(cell.sel(arm="dpo"), cell.sel(arm="rm+plan"))
        ax.errorbar(data[axis], ratio, yerr=[ratio - low, high - ratio], color=colour, marker="D", label=f"n = {n}")
    ax.axhline(1, color="#333333", linewidth=0.8)
    ax.set(ylabel="mean regret, DPO : RM + RL", yscale="log", xticks=data[axis].values)
    log_ticks(ax.yaxis)
    ax.legend(title="preference pairs", title_fontsize=7)


def regret_panel(ax, data, axis, arms, n):
    """Mean regret of each arm over `axis` at n pairs."""
    for arm in arms:
        mean, low, high = mean_interval(data.regret.sel(pairs=n, arm=arm))
        ax.errorbar(data[axis], mean, yerr=[mean - low, high - mean], label=arm_label(arm), **arm_style(arm))
    ax.set(ylabel=f"mean regret at n = {n}", yscale="log", xticks=data[axis].values)
    log_ticks(ax.yaxis)
    ax.legend()
