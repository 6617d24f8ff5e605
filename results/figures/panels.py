"""Panels that several studies draw: measurements as points with intervals, theory's prediction as a line."""

import numpy as np

from .estimate import average, in_regime, log_ratio_interval, mean_interval
from .phase import predicted_ratio
from .profile import scaled
from .scale import log_ticks
from .style import INK, arm_label, arm_style, shades


def prediction_line(ax, x, predicted, inside, colour):
    """Theory's line over x: solid between points where it may be trusted (`inside`), dotted elsewhere."""
    predicted = np.asarray(predicted, float)
    ax.plot(x, predicted, color=colour, linestyle=":", zorder=1.5)
    ax.plot(x, np.where(inside, predicted, np.nan), color=colour, zorder=1.5)


def points(ax, x, estimate, horizontal=False, **style):
    """Measured (value, low, high) over x as markers with their intervals; a value without an interval has no bar.

    `horizontal`: along the x axis, at heights `x`.
    """
    x, value, low, high = (np.atleast_1d(np.asarray(v, float)) for v in (x, *estimate))
    known, told = np.isfinite(value), np.isfinite(low) & np.isfinite(high)
    style = {**style, "linestyle": "none"}
    plain_style = {k: v for k, v in style.items() if k not in ("capsize", "elinewidth")}
    bars = dict(xerr=None, yerr=None) | {"xerr" if horizontal else "yerr": [(value - low)[told], (high - value)[told]]}
    at = (value, x) if horizontal else (x, value)
    if told.any():
        ax.errorbar(at[0][told], at[1][told], **bars, **style)
    if (known & ~told).any():
        ax.plot(at[0][known & ~told], at[1][known & ~told], **plain_style)


def level(ax, estimate, colour):
    """A (value, low, high) that does not change along the axis: a line across with its band. Returns the value."""
    value, low, high = (float(v) for v in estimate)
    ax.axhline(value, color=colour)
    if np.isfinite([low, high]).all():
        ax.axhspan(low, high, color=colour, alpha=0.2, linewidth=0)
    return value


def regret_scale(ax, values):
    """A logarithmic axis for regrets, if they are all positive and span enough."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() / values.min() > 1.5:
        ax.set_yscale("log")
        log_ticks(ax.yaxis)


def ratio_panel(ax, data, axis):
    """Mean regret DPO : RM + RL over `axis` for each n, light to dark as n grows, and theory's."""
    pairs = data.pairs.values
    predicted, inside = predicted_ratio(data), in_regime(data).sel(arm=["dpo", "rm+plan"]).all("arm")
    ends = []
    beside = 0.012 * np.ptp(data[axis].values)  # so that intervals of one point do not hide each other
    for k, (n, colour) in enumerate(zip(pairs, shades(len(pairs)))):
        cell = data.regret.sel(pairs=n)
        estimate = log_ratio_interval(cell.sel(arm="dpo"), cell.sel(arm="rm+plan"))
        prediction_line(ax, data[axis], predicted.sel(pairs=n), inside.sel(pairs=n), colour)
        points(ax, data[axis] + beside * (k - (len(pairs) - 1) / 2), estimate, color=colour, marker="o")
        ends.append((last(estimate[0]), f"n = {n}", dict(color=colour)))
    ax.axhline(1, color=INK, linewidth=scaled(0.6))
    ax.set(ylabel="mean regret, DPO : RM + RL", yscale="log", xticks=data[axis].values)
    log_ticks(ax.yaxis)
    return ends


def regret_panel(ax, data, axis, arms):
    """Mean regret of each arm over `axis`, with theory's line where there is one; returns what `direct_labels` needs."""
    for arm in reversed(arms):  # so that of coinciding lines the first arm's stays visible
        cell = data.sel(arm=arm)
        if np.isfinite(cell.predicted_regret).any():
            prediction_line(ax, data[axis], average(cell.predicted_regret), in_regime(cell), arm_style(arm)["color"])
    ends = []
    for arm in arms:
        estimate = mean_interval(data.regret.sel(arm=arm))
        points(ax, data[axis], estimate, **arm_style(arm))
        ends.append((last(estimate[0]), arm_label(arm), arm_style(arm)))
    ax.set(ylabel="mean regret")
    regret_scale(ax, average(data.regret.sel(arm=arms)))
    return ends


def last(values):
    """The last number there is along the one dimension."""
    values = np.asarray(values, float)
    finite = values[np.isfinite(values)]
    return finite[-1] if finite.size else np.nan

