"""Estimates of the figures against answers by hand; exit code 77 when modules are missing."""

import sys
from pathlib import Path

try:
    import matplotlib  # noqa: F401, the kit imports it
    import numpy as np
    import xarray
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
from figures.estimate import finished, in_regime, log_ratio_interval, mean_interval, steadier  # noqa: E402

Z = 1.959963984540054


def table(values, dims):
    return xarray.DataArray(np.array(values, float), dims=dims)


# mean 2, standard deviation 1: half-width Z / (2 sqrt 3) on the log.
mean, low, high = (float(x) for x in mean_interval(table([1, 2, 3], ["replicate"])))
assert mean == 2 and np.allclose([low, high], 2 * np.exp([-Z / (2 * 3**0.5), Z / (2 * 3**0.5)]), rtol=1e-14)

# Proportional arms have a ratio without error, whatever their spread.
a = table([1, 5, 2, 9], ["replicate"])
assert all(abs(float(x) - 3) < 1e-14 for x in log_ratio_interval(3 * a, a))
# Independent halves: a / mean = (0.5, 1.5), b / mean = (1.5, 0.5), so the contrast is (-1, 1) with sd sqrt 2.
ratio, low, high = (float(x) for x in log_ratio_interval(table([1, 3], ["replicate"]), table([6, 2], ["replicate"])))
assert ratio == 0.5 and np.allclose([low, high], 0.5 * np.exp([-Z, Z]), rtol=1e-14)
# A replicate missing in one arm is missing from the pair.
assert float(log_ratio_interval(table([1, 3, np.nan], ["replicate"]), table([6, 2, 100], ["replicate"]))[0]) == 0.5

# An arm that did not finish counts in no metric of its own and in no pair it is part of.
data = xarray.Dataset(
    dict(
        status=(("replicate", "arm"), np.array([[0, 1], [0, 0]], np.uint8)),
        regret=(("replicate", "arm"), [[1.0, 2.0], [3.0, 4.0]]),
        gap=(("replicate", "arm", "arm_b"), np.arange(8.0).reshape(2, 2, 2)),
        raw=(("replicate", "arm"), np.array([[1, 2], [3, 4]])),
    ),
    attrs={"title": "kept"},
)
usable, left_out = finished(data)
assert left_out == 1 and usable.attrs == data.attrs
assert np.array_equal(usable.regret.values, [[1, np.nan], [3, 4]], equal_nan=True)
assert np.array_equal(usable.gap.values[0], [[0, np.nan], [np.nan, np.nan]], equal_nan=True)
assert np.array_equal(usable.gap.values[1], data.gap.values[1]) and usable.gap.dims == data.gap.dims
beyond = data.assign(status=(("replicate", "arm"), np.array([[0, 1], [0, 255]], np.uint8)))
usable_of_two, left_out = finished(beyond)
assert left_out == 1 and np.array_equal(usable_of_two.regret.values, [[1, np.nan], [3, np.nan]], equal_nan=True)
assert usable.raw.dtype == data.raw.dtype and usable.status.equals(data.status)

# A point of which one replicate of three was run lies within the regime if that one does; the arms are told apart.
three = xarray.Dataset(dict(
    status=(("replicate", "arm"), np.array([[0, 0], [255, 255], [255, 255]], np.uint8)),
    regime=(("replicate", "arm"), np.array([[0, 1], [255, 255], [255, 255]], np.uint8)),
    regret=(("replicate", "arm"), [[1.0, 2.0], [np.nan, np.nan], [np.nan, np.nan]]),
    adjusted_regret=(("replicate", "arm"), [[1.5, 2.5], [np.nan, np.nan], [np.nan, np.nan]])))
assert in_regime(three).values.tolist() == [True, False]
# Within it regrets are the adjusted ones, elsewhere and where there are none they stay.
assert np.array_equal(steadier(three).regret.values[0], [1.5, 2.0]) and np.isnan(steadier(three).regret.values[1:]).all()
assert steadier(three.drop_vars("adjusted_regret")).regret.equals(three.regret)
