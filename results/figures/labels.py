"""Names where the eye already is: at the ends of curves, and inside the regions of a map."""

import textwrap

import numpy as np
from matplotlib.lines import Line2D

from .estimate import FEWEST
from .profile import stacked
from .scale import edges
from .style import symbol

_LINE = 1.25  # line spacing, in type sizes
_ASIDE = 10   # points between a curve's end and a label that was moved


def panel_title(ax, letter, text):
    ax.set_title(f"{letter}  {text}" if letter else text)


def fit_titles(fig):
    """Breaks titles that would run into the next panel or out of the figure, which is laid out; whether there were any."""
    broken = False
    titled = [ax for ax in fig.axes if ax.get_title(loc="left")]
    for ax in titled:
        title = ax._left_title
        box, row = title.get_window_extent(), ax.get_window_extent()
        others = [other.get_window_extent() for other in titled]
        beside = [other.x0 for other in others if other.x0 > box.x0 + 1 and abs(other.y1 - row.y1) < 0.2 * row.height]
        room = min([*beside, fig.bbox.width]) - box.x0 - 0.5 * title.get_fontsize() * fig.dpi / 72
        if box.width > room:
            text = title.get_text()
            title.set_text("\n".join(textwrap.wrap(text, max(8, int(len(text) * room / box.width)))))
            broken = True
    return broken


def direct_labels(ax, entries):
    """Names of curves at the right border, beside their ends: `entries` are (y of the end, text, style).

    Labels that would lie on each other are moved apart, with a thin line to where they belong. On a column they are
    broken, to leave width to the panel.
    """
    labels = []
    for y, text, style in entries:
        if np.isfinite(y):
            text = "\n".join(textwrap.wrap(text, 16)) if stacked() else text
            mark = symbol(style) + " " if style.get("marker") else ""
            labels.append((y, ax.annotate(mark + text, xy=(1, 0), xycoords="axes fraction", annotation_clip=False,
                                          xytext=(_ASIDE, 0), textcoords="offset points", fontsize="small", ha="left",
                                          va="center", linespacing=1, color=style["color"])))
    if labels:
        at_last(ax.figure, lambda: _settle(ax, labels))


def _settle(ax, labels):
    """Puts labels where the final panel has room for them."""
    width, points = ax.get_window_extent().size * 72 / ax.figure.dpi
    to_axes = ax.transData + ax.transAxes.inverted()
    wanted = [np.clip(to_axes.transform((ax.get_xlim()[1], y))[1], 0, 1) * points for y, _ in labels]
    order = np.argsort(np.round(wanted), kind="stable")  # ends that coincide keep their order, from below
    lines = max(label.get_text().count("\n") + 1 for _, label in labels)
    gap = labels[0][1].get_fontsize() * (_LINE if lines == 1 else 1.1 * lines)
    placed = dict(zip(order, spread([wanted[i] for i in order], gap, points)))
    together = all(abs(placed[i] - wanted[i]) <= 1 for i in order)
    for i, (_, label) in enumerate(labels):
        moved = placed[i] - wanted[i]
        label.xy = (1, wanted[i] / points)
        label.set_position((4 if together else _ASIDE, moved))
        if abs(moved) > 1:
            _lead(ax, (wanted[i], placed[i]), width, points)


def _lead(ax, heights, width, height):
    """A thin line from the end of a curve to its label, with a point free on one side and two on the other.

    Not the arrow of an annotation: the layout would ask for the extent of each, which takes a third of its time.
    """
    free = np.array([1 / np.hypot(_ASIDE, heights[1] - heights[0]), 1 - 2 / _ASIDE])
    ax.add_artist(Line2D(1 + free * _ASIDE / width, (heights[0] + free * (heights[1] - heights[0])) / height,
                         transform=ax.transAxes, clip_on=False, color="#9A9A9A", linewidth=0.5))


def at_last(fig, action):
    """Does `action` when the figure is complete and its panels have their final places."""
    fig.last_actions = [*getattr(fig, "last_actions", []), action]


def spread(wanted, gap, end):
    """Increasing positions at least `gap` apart, as near to `wanted` as that allows, between 0 and `end` if they fit.

    Pools of labels that would overlap are centred where they want to be (isotonic regression of wanted - i gap).
    """
    pools = []
    for i, y in enumerate(wanted):
        pools.append([y - i * gap, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m), (b, n) = pools[-2:]
            pools[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    flat = np.repeat([p[0] for p in pools], [p[1] for p in pools])
    top = end - (len(flat) - 1) * gap
    return np.clip(flat, min(0, top / 2), max(top, top / 2)) + gap * np.arange(len(flat))


def region_labels(ax, xs, ys, signs, names, background):
    """Names the winner inside each connected area of cells that has room for it; none where no area has.

    `signs` (y, x): 1, -1 or 0 (open); `names` of 1 and -1; `background(i, j)` is the colour of a cell.
    """
    pixels = ax.transData.transform
    across = pixels([(x, ax.get_ylim()[0]) for x in edges(xs, ax.get_xscale() == "log")])[:, 0]
    up = pixels([(ax.get_xlim()[0], y) for y in edges(ys, ax.get_yscale() == "log")])[:, 1]
    for sign, name in names.items():
        text = ax.text(0, 0, name, fontsize="small", ha="center", va="center", zorder=5)
        box = text.get_window_extent()
        spots = [roomiest(area, across, up, box.width * 1.15, box.height * 1.3) for area in areas(signs == sign)]
        text.remove()
        for spot in spots:
            if spot is None:
                continue
            (i, j), at = spot
            dark = np.dot(background(i, j)[:3], [0.299, 0.587, 0.114]) < 0.5
            ax.text(*ax.transData.inverted().transform(at), name, fontsize="small", ha="center", va="center",
                    color="white" if dark else "black", zorder=5)


def areas(mask):
    """The connected areas of a mask (over borders, not corners), each as a mask."""
    left, out = mask.copy(), []
    while left.any():
        start = tuple(np.argwhere(left)[0])
        area, stack = np.zeros_like(mask), [start]
        left[start] = False
        while stack:
            i, j = stack.pop()
            area[i, j] = True
            for k, m in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                if 0 <= k < mask.shape[0] and 0 <= m < mask.shape[1] and left[k, m]:
                    left[k, m] = False
                    stack.append((k, m))
        out.append(area)
    return out


def roomiest(area, across, up, width, height):
    """((row, column), (x, y)) of the cell of `area` around which a box of this shape has the most room inside it; None when
    the box fits nowhere. `across` and `up` are the borders of columns and rows."""
    # The outside, padded by one ring of cells beyond the map, as boxes.
    padded = np.pad(~area, 1, constant_values=True)
    rows, columns = np.nonzero(padded)
    far = 1e9
    xs, ys = np.concatenate([[-far], across, [far]]), np.concatenate([[-far], up, [far]])
    best, where = 1.0, None
    for i, j in np.argwhere(area):
        x, y = (across[j] + across[j + 1]) / 2, (up[i] + up[i + 1]) / 2
        dx = np.maximum(np.maximum(xs[columns] - x, x - xs[columns + 1]), 0) / (width / 2)
        dy = np.maximum(np.maximum(ys[rows] - y, y - ys[rows + 1]), 0) / (height / 2)
        room = np.maximum(dx, dy).min()
        if room > best + 1e-9:
            best, where = room, ((i, j), (x, y))
    return where


def note(fig, text):
    """Adds a sentence to the line below the figure (and to its caption)."""
    fig.notes = [*getattr(fig, "notes", []), text]


def reading_key(fig, *extra):
    """What points and lines are, in the line below; then whatever else is to be known."""
    note(fig, "Points: measured, with 95 % intervals. Lines: theory, dotted outside its regime.")
    for text in extra:
        note(fig, text)



def note_replicates(fig, replicates, asked):
    """Says first that a figure shows the machinery only, when it is drawn from fewer replicates than the study asks for
    (or, where that is not known, than can decide anything)."""
    if replicates < (asked or FEWEST):
        fig.notes = [f"{replicates} replicate{'s' if replicates != 1 else ''}: machinery only.", *getattr(fig, "notes", [])]
