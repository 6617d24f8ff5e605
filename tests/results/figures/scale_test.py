"""Axes as their values lie, and numbers as one writes them."""

from support import np

from figures.scale import edges, is_logarithmic, is_logarithmic_from_zero, plain

assert is_logarithmic([50, 100, 200, 400, 800]) and is_logarithmic([100, 1600]) and is_logarithmic([1, 2, 4])
assert not is_logarithmic([1, 2, 3, 4, 5]) and not is_logarithmic([1, 2]) and not is_logarithmic([0, 1, 10])
assert is_logarithmic_from_zero([0, 10, 100, 1000]) and is_logarithmic_from_zero([0, 1, 2, 4])
assert not is_logarithmic_from_zero([0, 1, 2, 3]) and not is_logarithmic_from_zero([0, 1]) and not is_logarithmic_from_zero([1, 10])
assert not is_logarithmic([7]) and not is_logarithmic(range(1, 64))

assert [plain(x) for x in (0, 0.02, 400, 1e-8, 2e-5, 1e6)] == ["0", "0.02", "400", "10⁻⁸", "2·10⁻⁵", "10⁶"]

# Half way between the values; the outer cells as wide as their inner half asks for.
assert np.allclose(edges([1, 2, 4], False), [0.5, 1.5, 3, 5])
assert np.allclose(edges([1, 4, 16], True), [0.5, 2, 8, 32])
