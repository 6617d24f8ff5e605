"""Which numbers count, and estimates with 95 % intervals over the replicates, for all other dimensions at once.

Figures use these closed forms; verdicts use the likelihood intervals of results/verdict, at their own
(simultaneous) level.
"""

import numpy as np

_Z = 1.959963984540054  # standard normal, 97.5 %


def finished(data):
    """(data, how many): metrics of arms that did not finish (status not ok) are missing, as for verdicts.

    What was not run (255: beyond the replicates that a point needs) is missing too, and not counted.
    """
    ok = data.status == 0
    also = {"arm": ok, "arm_b": ok.rename(arm="arm_b")}

    def usable(variable):
        for dim, mask in also.items():
            if dim in variable.dims and variable.dtype.kind == "f":
                variable = variable.where(mask)
        return variable

    return data.map(usable, keep_attrs=True), int((~ok & (data.status != 255)).sum())


def mean_interval(values, dim="replicate"):
    """(mean, low, high) of positive values, the interval by the delta method on the log scale.

    A mean of positive, skewed values has a more nearly normal logarithm, and its interval stays positive.
    """
    mean = values.mean(dim)
    half = _Z * values.std(dim, ddof=1) / np.sqrt(values.count(dim)) / mean
    return mean, mean * np.exp(-half), mean * np.exp(half)


def log_ratio_interval(numerator, denominator, dim="replicate", level=_Z):
    """(ratio, low, high) of two paired means; delta method on the log ratio, so the pairing narrows it.

    `level`: half the interval in standard errors.
    """
    pairs = numerator.notnull() & denominator.notnull()
    numerator, denominator = numerator.where(pairs), denominator.where(pairs)
    a, b = numerator.mean(dim), denominator.mean(dim)
    contrast = numerator / a - denominator / b
    half = level * contrast.std(dim, ddof=1) / np.sqrt(contrast.count(dim))
    ratio = a / b
    return ratio, ratio * np.exp(-half), ratio * np.exp(half)
