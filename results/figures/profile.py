"""For whom a figure is drawn: its width on the page, its type size, and whether panels stand beside or above each other.

Everything is drawn at its final size. Text has one of two sizes, that of the profile and `small` (matplotlib's, 5/6
of it), so that nothing falls below 6 points.
"""

import matplotlib
import matplotlib.pyplot as plt

PROFILES = {
    # width in inches, type in points, factor on markers and lines, whether panels are stacked
    "page": dict(width=7.0, type=8.0, factor=1.0, stacked=False),      # the report, README.md
    "neurips": dict(width=5.5, type=7.5, factor=0.9, stacked=False),   # its text
    "icml": dict(width=6.75, type=8.0, factor=1.0, stacked=False),     # its text, both columns
    "column": dict(width=3.25, type=7.5, factor=0.9, stacked=True),    # one column of ICML
    "slides": dict(width=10.0, height=5.625, type=14.0, factor=1.7, stacked=False),  # 16:9
}
_MARKER, _LINE = 4.0, 1.0  # points, at factor 1
_TICKS = {"major.size": 3, "minor.size": 1.5, "major.width": 0.7, "minor.width": 0.5}

_RC = {
    "font.family": "DejaVu Sans",
    "axes.labelsize": "medium",
    "axes.titlesize": "medium",
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.formatter.use_mathtext": False,
    "grid.color": "#E5E5E5",
    "axes.axisbelow": True,
    "xtick.labelsize": "small",
    "ytick.labelsize": "small",
    "legend.fontsize": "small",
    "legend.title_fontsize": "small",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "hatch.color": "#333333",
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "twostage",
}

_active = dict(PROFILES["page"])


def use(name):
    """Every figure from now on is drawn for `name`."""
    _active.clear()
    _active.update(PROFILES[name])


def scaled(points):
    """A length in points (marker, line) for the medium: 4 on paper is nearly 7 on a slide."""
    return points * _active["factor"]


def stacked():
    """Whether panels stand above each other."""
    return _active["stacked"]


def letters():
    """About how many letters of small type fit beside each other on the whole width."""
    return int(_active["width"] * 72 / (_active["type"] * 5 / 6) / 0.55)


def figure(columns=1, height=2.6, ratios=None, **kwargs):
    """A new figure of `columns` panels beside each other, on a column above each other: (figure, list of axes).

    `height` is that of a row on a page of 7 inches; `ratios` are the widths of the panels.
    """
    plt.rcdefaults()
    plt.rcParams.update(_RC)
    factor = _active["factor"]
    plt.rcParams.update({"font.size": _active["type"], "lines.markersize": _MARKER * factor,
                         "lines.linewidth": _LINE * factor, "axes.linewidth": 0.7 * factor,
                         "errorbar.capsize": 1.5 * factor, "grid.linewidth": 0.5 * factor,
                         "hatch.linewidth": 0.5 * factor, "patch.linewidth": 0.7 * factor,
                         **{f"{axis}tick.{what}": size * factor for axis in "xy" for what, size in _TICKS.items()}})
    rows = 1
    if _active["stacked"] and columns > 1:
        rows, columns, ratios = columns, 1, None
        kwargs.pop("sharey", None)
    width = _active["width"]
    tall = _active.get("height") or rows * height * (1 if width > 6 else 0.95)
    fig, axes = plt.subplots(rows, columns, figsize=(width, tall), squeeze=False,
                             gridspec_kw={"width_ratios": ratios} if ratios else None, **kwargs)
    return fig, list(axes.flat)


matplotlib.use("Agg")
