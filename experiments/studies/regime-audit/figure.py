"""Measured over predicted regret, one point a cell: all that the likelihood lets pass, and what the regime keeps."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402
import numpy as np
from matplotlib import ticker

AXES = ["variant"]
ARMS = ["fit"]
VARIABLES = ["regret", "predicted_regret", "kappa", "regime"]
WITHIN, OUTSIDE, INK, BAND = "#0072B2", "#9A9A9A", "#333333", "#E0E0E0"
TOLERANCE = 0.1
FURTHEST = 10  # what is further off than this factor is drawn there


class Cells:
    """Each cell's measured over predicted regret with its 95 % interval, kappa, and whether it is flagged within."""

    def __init__(self, data):
        data = data.sel(arm="fit")
        theory = data.isel(replicate=0)
        with np.errstate(all="ignore"):
            measured = [values / theory.predicted_regret for values in kit.mean_interval(data.regret)]
        self.measured, self.low, self.high = (values.values for values in measured)
        self.kappa = theory.kappa.values
        self.within = theory.regime.values == 0
        self.known = np.isfinite(self.measured) & (self.measured > 0)
        self.shown = (self.low >= 1 - TOLERANCE) & (self.high <= 1 + TOLERANCE)


def band(ax):
    ax.axhspan(1 - TOLERANCE, 1 + TOLERANCE, color=BAND, linewidth=0)
    ax.axhline(1, color=INK, linewidth=0.6)
    ax.set(xscale="log", xlabel="κ: most weight of one pair in the fit", ylabel="measured : predicted regret")
    ax.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())


def everything(ax, cells):
    band(ax)
    for within, colour, marker in ((False, OUTSIDE, "x"), (True, WITHIN, "o")):
        at = cells.known & (cells.within == within)
        ax.plot(cells.kappa[at], np.clip(cells.measured[at], 1 / FURTHEST, FURTHEST), marker, color=colour, markersize=3,
                label=f"{'within' if within else 'outside'}: {np.sum(cells.within == within)} cells")
    ax.set(yscale="log", ylim=(1 / FURTHEST / 1.2, FURTHEST * 1.2))
    kit.log_ticks(ax.yaxis)
    ax.legend(loc="upper left")


def kept(ax, cells):
    band(ax)
    at = cells.known & cells.within
    y, low, high = cells.measured[at], cells.low[at], cells.high[at]
    ax.errorbar(cells.kappa[at], y, yerr=[y - low, high - y], color=WITHIN, marker="o", markersize=2.5, markeredgewidth=0,
                linestyle="none", elinewidth=0.5, capsize=0, alpha=0.75)
    ax.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))


def draw(data):
    cells = Cells(data)
    fig, (left, right) = kit.figure(columns=2, height=3.1)
    everything(left, cells)
    kit.panel_title(left, "a", f"{np.sum(~cells.within & ~cells.shown)} of {np.sum(~cells.within)} turned away are not shown right")
    kept(right, cells)
    kit.panel_title(right, "b", f"within: {np.sum(cells.within & cells.shown)} of {np.sum(cells.within)} shown to lie within 10 %")
    return fig


if __name__ == "__main__":
    kit.main(draw, variables=VARIABLES)
