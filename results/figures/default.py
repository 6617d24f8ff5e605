"""The figure of a result that has none of its own: mean regret of every arm over the first numeric axis, small multiples
over the second, measurement and prediction; the data decide between logarithmic and linear axes."""

import numpy as np

from .estimate import average, mean_interval
from .labels import direct_labels, note, panel_title, reading_key
from .panels import in_regime, last, points, prediction_line, regret_scale
from .profile import figure, stacked
from .scale import is_logarithmic, is_logarithmic_from_zero, log_ticks, plain, value_ticks
from .style import arm_label, arm_style, learn_arms
from .words import curves, number

MOST_PANELS = 4
YARDSTICKS = ("at_kl", "reference_wins")


def literal(text):
    """Text as it stands: a dollar sign starts no formula."""
    return str(text).replace("$", r"\$")


def said(value):
    return plain(float(value)) if np.issubdtype(np.asarray(value).dtype, np.number) else literal(value)


def axes_of(data):
    """The axes of the study, those of numbers with more than one value first."""
    axes = [dim for dim in data.regret.dims if dim not in ("replicate", "arm", "arm_b")]

    def rank(axis):
        return data.sizes[axis] < 2, not np.issubdtype(data[axis].dtype, np.number)

    return sorted(axes, key=rank)  # stable: in the order of the study


def without_yardsticks(data):
    """`data` at the first value of the axes along which no regret moves: what other measures are held against."""
    idle = [axis for axis in axes_of(data) if axis in YARDSTICKS and data.sizes[axis] > 1]
    return data.isel({axis: 0 for axis in idle}, drop=True), idle


def thinned(values, most):
    """At most so many of the values, evenly from first to last."""
    return values if len(values) <= most else values[np.round(np.linspace(0, len(values) - 1, most)).astype(int)]


def draw(data):
    learn_arms(data)
    data, idle = without_yardsticks(data)
    if not axes_of(data):
        data = data.expand_dims({"": [""]})  # one point, which has no name
    x, *others = axes_of(data)
    panels = others[0] if others and data.sizes[others[0]] > 1 else None
    fixed = {axis: data[axis].values[data.sizes[axis] // 2] for axis in others if axis != panels}
    data = data.sel(fixed)
    shown = thinned(data[panels].values, 3 if stacked() else MOST_PANELS) if panels else [None]

    fig, plots = figure(columns=len(shown), height=2.8, sharey=True)
    for k, (ax, value) in enumerate(zip(plots, shown)):
        cell = data if panels is None else data.sel({panels: value})
        ends = panel(ax, cell, x, k == 0 or stacked())
        lead = "" if panels is None else f"{literal(panels)} = {said(value)}"
        if panels is None and curves(cell.regret) < data.sizes["arm"]:
            lead = f"{number(data.sizes['arm'])} arms, {number(curves(cell.regret))} curves"
        panel_title(ax, "" if panels is None else "abcd"[k], lead)
        if k == len(shown) - 1:
            names = ends
    direct_labels(plots[-1], names)
    reading_key(fig)
    if panels is not None and len(shown) < data.sizes[panels]:
        note(fig, f"{len(shown)} of {data.sizes[panels]} values of {literal(panels)}.")
    if idle:
        note(fig, f"Along {', '.join(literal(axis) for axis in idle)} no regret moves.")
    if fixed:
        note(fig, "At " + ", ".join(f"{literal(axis)} = {said(value)}" for axis, value in fixed.items()) + ".")
    return fig


def panel(ax, cell, x, first):
    """One panel; returns the ends of its curves for the labels."""
    numeric = np.issubdtype(cell[x].dtype, np.number)
    at = cell[x].values.astype(float) if numeric else np.arange(cell.sizes[x], dtype=float)
    predicted = "predicted_regret" in cell and "regime" in cell
    ends = []
    for arm in cell.arm.values:
        own, style = cell.sel(arm=arm), arm_style(arm)
        if predicted and bool(np.isfinite(own.predicted_regret).any()):
            prediction_line(ax, at, average(own.predicted_regret), in_regime(own), style["color"])
        estimate = mean_interval(own.regret)
        points(ax, at, estimate, **style)
        ends.append((last(estimate[0]), literal(arm_label(arm)), style))
    ax.set_xlabel(literal(x))
    if first:
        ax.set_ylabel("mean regret")
    regret_scale(ax, average(cell.regret))
    if not numeric:
        ax.set_xticks(at, [literal(v) for v in cell[x].values], rotation=90 if cell.sizes[x] > 3 else 0)
    elif is_logarithmic(at):
        ax.set_xscale("log")
        log_ticks(ax.xaxis) if cell.sizes[x] > 7 else value_ticks(ax.xaxis, at)
    elif is_logarithmic_from_zero(at):
        ax.set_xscale("symlog", linthresh=min(at[at > 0]))
        ax.set_xlim(-min(at[at > 0]) / 4, 1.5 * max(at))
        value_ticks(ax.xaxis, at)
    elif cell.sizes[x] <= 9:
        value_ticks(ax.xaxis, at)
    return ends

