"""Panels that several studies draw: measurements as points with intervals, theory's prediction as a line."""

import numpy as np

from .estimate import log_ratio_interval, mean_interval
from .phase import predicted_ratio
from .style import arm_label, arm_style, log_ticks

THEORY = "theory (dotted: out of regime)"


def prediction_line(ax, x, predicted, inside, colour):
    """Theory's line over x: solid between points where it may be trusted (`inside`), dotted elsewhere."""
    predicted = np.asarray(predicted)
    ax.plot(x, predicted, color=colour, linewidth=0.9, linestyle=":", zorder=1.5)
    ax.plot(x, np.where(inside, predicted, np.nan), color=colour, linewidth=0.9, zorder=1.5)


def in_regime(data):
    """Where most worlds lie within the regime of the prediction; the dimensions of `regime` but the replicates."""
    return (data.regime == 0).mean("replicate") > 0.5


def theory_handle(ax):
    """The legend entry of `prediction_line`."""
    ax.plot([], [], color="#333333", linewidth=0.9, label=THEORY)


def points(ax, x, estimate, **style):
    """Measured (mean, low, high) over x as markers with their intervals."""
    mean, low, high = estimate
    ax.errorbar(x, mean, yerr=[mean - low, high - mean], **{**style, "linestyle": "none"})


def ratio_panel(ax, data, axis, shades):
    """Mean regret DPO : RM + RL over `axis` for each n, light to dark (`shades`) as n grows, and theory's."""
    pairs = data.pairs.values
    predicted, inside = predicted_ratio(data), in_regime(data).sel(arm=["dpo", "rm+plan"]).all("arm")
    for n, colour in zip(pairs, shades[-len(pairs):]):
        cell = data.regret.sel(pairs=n)
        prediction_line(ax, data[axis], predicted.sel(pairs=n), inside.sel(pairs=n), colour)
        points(ax, data[axis], log_ratio_interval(cell.sel(arm="dpo"), cell.sel(arm="rm+plan")), color=colour, marker="D",
               label=f"n = {n}")
    theory_handle(ax)
    ax.axhline(1, color="#333333", linewidth=0.8)
    ax.set(ylabel="mean regret, DPO : RM + RL", yscale="log", xticks=data[axis].values)
    log_ticks(ax.yaxis)
    ax.legend(title="preference pairs", title_fontsize=7)


def regret_panel(ax, data, axis, arms):
    """Mean regret of each arm over `axis`, with theory's line where there is one."""
    for arm in reversed(arms):  # so that of coinciding lines the first arm's stays visible
        cell = data.sel(arm=arm)
        if np.isfinite(cell.predicted_regret).any():
            prediction_line(ax, data[axis], cell.predicted_regret.mean("replicate"), in_regime(cell),
                            arm_style(arm)["color"])
    for arm in arms:
        points(ax, data[axis], mean_interval(data.regret.sel(arm=arm)), label=arm_label(arm), **arm_style(arm))
    theory_handle(ax)
    ax.set(ylabel="mean regret", yscale="log")
    ax.legend()
