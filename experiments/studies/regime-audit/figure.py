"""Measured over predicted regret, one mark a point: all that the likelihood lets pass, and what the regime keeps of it."""

import figures as kit
import numpy as np
from matplotlib import ticker

AXES = ["variant"]
ARMS = ["fit"]
VARIABLES = ["regret", "adjusted_regret", "predicted_regret", "kappa", "regime"]
TOLERANCE = 0.1
FURTHEST = 10  # what is off by a larger factor is drawn there


class Cells:
    """Each point's measured over predicted regret with its 95 % interval, kappa, and whether it is flagged within."""

    def __init__(self, data):
        data = data.sel(arm="fit")
        theory = data.isel(replicate=0)
        with np.errstate(all="ignore"):
            self.measured, self.low, self.high = (
                (values / theory.predicted_regret).values for values in kit.mean_interval(data.regret))
        self.kappa = theory.kappa.values
        self.within = theory.regime.values == 0
        self.known = np.isfinite(self.measured) & (self.measured > 0)
        self.shown = (self.low >= 1 - TOLERANCE) & (self.high <= 1 + TOLERANCE)
        self.off = (self.low > 1 + TOLERANCE) | (self.high < 1 - TOLERANCE)

    def tally(self, of):
        return f"{np.sum(self.shown & of)} of {np.sum(of)} shown, {np.sum(self.off & of)} contradicted"


def prepared(ax):
    ax.axhspan(1 - TOLERANCE, 1 + TOLERANCE, color=kit.BAND, linewidth=0)
    ax.axhline(1, color=kit.INK, linewidth=kit.scaled(0.6))
    ax.set(xscale="log", xlabel="κ: most weight of one pair in the fit", ylabel="measured : predicted regret")


def everything(ax, cells):
    prepared(ax)
    for within, colour, marker in ((False, kit.NEITHER, "x"), (True, kit.SIMPLE, "o")):
        at = cells.known & (cells.within == within)
        ax.plot(cells.kappa[at], np.clip(cells.measured[at], 1 / FURTHEST, FURTHEST), marker, color=colour,
                markersize=kit.scaled(3), markeredgewidth=kit.scaled(0.7), linestyle="none")
    ax.set(yscale="log", ylim=(1 / FURTHEST / 1.2, FURTHEST * 1.2))
    kit.log_ticks(ax.xaxis)
    kit.log_ticks(ax.yaxis)


def kept(ax, cells):
    prepared(ax)
    at = cells.known & cells.within
    kit.points(ax, cells.kappa[at], (cells.measured[at], cells.low[at], cells.high[at]), color=kit.SIMPLE, marker="o",
               markersize=kit.scaled(2.5), markeredgewidth=0, elinewidth=kit.scaled(0.5), capsize=0, alpha=0.75)
    kit.log_ticks(ax.xaxis)
    ax.yaxis.set_major_locator(ticker.MaxNLocator(7))
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(kit.plain))


def draw(data):
    cells = Cells(kit.steadier(data))
    fig, (left, right) = kit.figure(columns=2, height=3.3)
    everything(left, cells)
    kit.panel_title(left, "a", f"outside: {cells.tally(~cells.within)}")
    kept(right, cells)
    kit.panel_title(right, "b", f"within: {cells.tally(cells.within)}")
    circle, cross = kit.symbol(dict(marker="o")), kit.symbol(dict(marker="x"))
    kit.note(fig, f"One mark a point. {circle} flagged within, {cross} outside: turned away for its next order, or a weak penalty; off "
                  f"by more than {FURTHEST} times is drawn there. Shown, contradicted: the 95 % interval lies inside the band of 10 %, "
                  "outside it.")
    return fig
