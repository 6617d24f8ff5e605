"""Which numbers count, and estimates with 95 % intervals over the replicates, for all other dimensions at once.

Figures use these closed forms; verdicts use the likelihood intervals of results/verdict, at their own
(simultaneous) level. As there, fewer than 20 replicates decide nothing.
"""

import warnings
from statistics import NormalDist

import numpy as np
import xarray

_Z = 1.959963984540054  # standard normal, 97.5 %
FEWEST = 20             # replicates that can decide who is ahead
EQUAL = 1e-6            # means that differ by less, relatively, are equal: what is left is the solvers' rounding


def finished(data):
    """(data, how many): metrics of arms that did not finish (status not ok) are missing, as for verdicts.

    What was not run (255: beyond the replicates that a point needs) is missing too, and not counted.
    """
    # Variables of one dataset have the same coordinates, which xarray would compare for each of them.
    status = data.status.variable
    ok = status == 0
    also = {"arm": ok, "arm_b": (data.status.rename(arm="arm_b") == 0).variable}

    def usable(variable):
        for dim, mask in also.items():
            if dim in variable.dims and variable.dtype.kind == "f":
                variable = variable.where(mask)
        return variable

    left_out = int((~ok & (status != 255)).sum())
    return data.assign({name: usable(data[name].variable) for name in data.data_vars}), left_out


def in_regime(data):
    """Where most worlds lie within the regime of the prediction; the dimensions of `regime` but the replicates."""
    run = data.status != 255
    return ((data.regime == 0) & run).sum("replicate") > 0.5 * run.sum("replicate")


def steadier(data):
    """`data` with `adjusted_regret` for regret where theory holds: its mean is the same, and varies much less.

    Elsewhere it may vary more, and regret stays what it is, as in runs that store no other.
    """
    if "adjusted_regret" not in data or "regime" not in data:
        return data
    usable = in_regime(data) & data.adjusted_regret.notnull()
    return data.assign(regret=data.adjusted_regret.where(usable, data.regret))


def average(values, dim="replicate"):
    """The mean of what is there; NaN, and silence, where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return values.mean(dim)


def _error(values, dim):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # one replicate: no interval
        return values.std(dim, ddof=1) / np.sqrt(values.count(dim))


def mean_interval(values, dim="replicate"):
    """(mean, low, high) of positive values, the interval by the delta method on the log scale.

    A mean of positive, skewed values has a more nearly normal logarithm, and its interval stays positive.
    """
    mean = average(values, dim)
    half = (_Z * _error(values, dim) / mean).variable
    return mean, mean * np.exp(-half), mean * np.exp(half)


def log_ratio_interval(numerator, denominator, dim="replicate", level=_Z):
    """(ratio, low, high) of two paired means; delta method on the log ratio, so the pairing narrows it.

    `level`: half the interval in standard errors.
    """
    numerator, denominator = xarray.align(numerator, denominator, copy=False)
    cells = numerator.isel({dim: 0}, drop=True) + denominator.isel({dim: 0}, drop=True)  # has the coordinates that both have
    numerator, denominator = numerator.variable, denominator.variable  # whose arithmetic compares none
    pairs = numerator.notnull() & denominator.notnull()
    numerator, denominator = numerator.where(pairs), denominator.where(pairs)
    a, b = average(numerator, dim), average(denominator, dim)
    half = level * _error(numerator / a - denominator / b, dim)
    ratio = a / b
    return tuple(cells.copy(data=values.data) for values in (ratio, ratio * np.exp(-half), ratio * np.exp(half)))


def ahead(numerator, denominator, dim="replicate", level=None, alpha=0.01):
    """For each point 1 where the mean of `numerator` is the larger one, -1 where it is the smaller, 0 where that is open
    or the two are equal.

    `level`: half the interval in standard errors; without it all points together are right with 1 - alpha.
    """
    points = max(1, numerator.isel({dim: 0}).size)
    level = level or NormalDist().inv_cdf(1 - alpha / points / 2)
    ratio, low, high = log_ratio_interval(numerator, denominator, dim, level)
    enough = (numerator.notnull() & denominator.notnull()).sum(dim) >= FEWEST
    told = enough & (np.abs(ratio - 1) > EQUAL)
    return (told & (low > 1)).astype(int) - (told & (high < 1)).astype(int)


def equal(numerator, denominator, dim="replicate"):
    """Cells in which the two means are one number to rounding."""
    return np.abs(average(numerator, dim) / average(denominator, dim) - 1) <= EQUAL
