"""Axes as their values lie: logarithmic where they are spaced so, with plain numbers at the ticks."""

import matplotlib.ticker
import numpy as np

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_logarithmic(values):
    """Whether numbers are spaced more evenly in their logarithms (and span enough for it to matter)."""
    values = np.unique(np.asarray(values, float))
    if values.size < 2 or values[0] <= 0 or values[-1] / values[0] < 4:
        return False
    if values.size == 2:
        return bool(values[-1] / values[0] >= 10)

    def uneven(steps):
        return np.std(steps) / np.mean(steps)

    return bool(uneven(np.diff(np.log(values))) < uneven(np.diff(values)))


def is_logarithmic_from_zero(values):
    """Whether they begin with 0, and are spaced logarithmically from there on: 0, 1, 10, 100."""
    values = np.unique(np.asarray(values, float))
    return bool(values.size > 2 and values[0] == 0 and is_logarithmic(values[1:]))


def plain(value, _=None):
    """A number as short as it can be, without small exponents: 0.02, 400, 10⁻⁸."""
    if value == 0 or 1e-4 < abs(value) < 1e5:
        return f"{value:g}"
    exponent = int(np.floor(np.log10(abs(value)) + 1e-9))
    factor = value / 10.0**exponent
    power = "10" + str(exponent).translate(_SUPERSCRIPT)
    return power if abs(factor - 1) < 1e-6 else f"{factor:.3g}·{power}"


def log_ticks(axis, subs=None):
    """Plain numbers on a logarithmic axis: at 1, 2, 5 of each decade where it spans few, else at powers of ten."""
    low, high = axis.get_view_interval()
    decades = np.log10(high / low) if 0 < low < high else 1
    if subs is None:
        subs = (1, 2, 5) if decades < 2.2 else (1, 3) if decades < 3.2 else (1,)
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=subs, numticks=9))
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(plain))
    axis.set_minor_locator(matplotlib.ticker.NullLocator())


def value_ticks(axis, values, most=9):
    """Ticks at the values that were run, thinned to `most`."""
    values = np.asarray(values)
    step = -(-len(values) // most)
    shown = values[::step]
    axis.set_ticks(shown, [plain(v) for v in shown])
    axis.set_minor_locator(matplotlib.ticker.NullLocator())


def edges(values, logarithmic):
    """Borders of the cells around increasing values: half way between them."""
    at = np.log(values) if logarithmic else np.asarray(values, float)
    inner = (at[1:] + at[:-1]) / 2
    out = np.concatenate([[2 * at[0] - inner[0]], inner, [2 * at[-1] - inner[-1]]])
    return np.exp(out) if logarithmic else out
