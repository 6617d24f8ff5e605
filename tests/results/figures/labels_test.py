"""Labels lie where the data let them: inside areas of decided cells, beside the ends of curves, on no other label."""

import matplotlib.pyplot as plt

from support import np, result, spread

import figures as kit
from figures.labels import areas, roomiest, spread as spread_labels
from figures.save import finish

# Two areas that touch at a corner only.
mask = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]], bool)
assert [int(a.sum()) for a in areas(mask)] == [4, 2]
assert areas(np.zeros((3, 3), bool)) == []

# An L of unit cells of 10 x 10: a box of 18 x 8 fits into its foot alone, and there best on the middle line.
ell = np.array([[1, 1, 1, 1, 1], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]], bool)
borders = 10.0 * np.arange(6), 10.0 * np.arange(4)
(row, column), at = roomiest(ell, *borders, 18, 8)
assert row == 0 and column in (1, 2, 3) and at[1] == 5
assert roomiest(ell, *borders, 18, 12) is None  # too high for a row of 10
assert roomiest(ell, *borders, 60, 8) is None   # too wide for the map

# Pools: 0, 0, 0 with gap 2 lie around 0 as far as 0 lets them; 5, 5 around 5; nothing moves that need not.
assert np.allclose(spread_labels([1, 5, 9], 2, 10), [1, 5, 9])
assert np.allclose(spread_labels([5, 5], 2, 10), [4, 6])
assert np.allclose(spread_labels([0, 0, 0], 2, 10), [0, 2, 4])
assert np.allclose(spread_labels([10, 10], 2, 10), [8, 10])


def regions(data):
    """The names in the map of a result, with the sign of the cell that each lies in."""
    fig, (ax,) = kit.figure(height=4)
    found = kit.WinnerMap(data, "x", "y")
    found.draw(fig, ax)
    found.name_regions(ax)
    finish(fig)
    out = []
    for text in ax.texts:
        x, y = text.get_position()
        out.append((text.get_text().split("\n")[0], int(found.signs[round(y) - 1, round(x) - 1])))
    hatched = any(getattr(c, "get_hatch", lambda: None)() for c in ax.collections)
    return sorted(out), hatched


axes = dict(x=list(range(1, 9)), y=list(range(1, 9)))
left = np.arange(8)[:, None, None, None] < 4  # RM + RL wins for x <= 4, DPO beyond
base = spread([1, 1])[None, None]
factor = np.where(np.arange(2) == 1, np.where(left, 3.0, 1 / 3.0), 1.0)
halves = result(base * factor, axes, arms=["rm+plan", "dpo"])
assert regions(halves) == ([("DPO", -1), ("RM + RL", 1)], False)
everywhere = result(base * np.where(np.arange(2) == 1, 1 / 3.0, 1.0), axes, arms=["rm+plan", "dpo"])
assert regions(everywhere) == ([("DPO", -1)], False)
undecided = result(spread([1, 3], 3), axes, arms=["rm+plan", "dpo"])
assert regions(undecided) == ([], True)

# In grey: the two ends of the scale differ in lightness by more than a quarter, and the middle is the lightest.
def lightness(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 116 * np.dot(linear, [0.2126, 0.7152, 0.0722]) ** (1 / 3) - 16


from figures.style import WINNER  # noqa: E402

ends = [lightness(WINNER(x)) for x in np.linspace(0, 1, 21)]
assert ends[0] - ends[-1] > 25, ends
assert np.all(np.diff(ends[:11]) > 0) and np.all(np.diff(ends[10:]) < 0), ends
shades = [lightness(c) for c in kit.shades(4)]
assert np.all(np.diff(shades) < -10), shades


# A value without an interval is a marker without a bar; a missing value is nothing.
fig, (ax,) = kit.figure()
kit.points(ax, [1, 2, 3], ([1, 2, np.nan], [0.5, np.nan, np.nan], [1.5, np.nan, np.nan]), color="k", marker="o")
assert sum(len(c.get_segments()) for c in ax.collections) == 1
marked = [tuple(map(float, at)) for line in ax.lines if line.get_marker() == "o" for at in line.get_xydata()]
assert sorted(marked) == [(1, 1), (2, 2)]

# A script may place its panels itself: they stay where they are.
with plt.rc_context({"figure.constrained_layout.use": False}):
    own, ax = plt.subplots()
assert own.get_layout_engine() is None
place = ax.get_position().bounds
finish(own)
assert ax.get_position().bounds == place
