"""Measured against predicted regret ratio, one point a cell, and what the law leaves over kappa."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402
import numpy as np
from matplotlib import ticker

# Beginning of a cell's name, colour, marker, what it says.
THIRDS = [
    ("nested", "#0072B2", "o", "nested classes"),
    ("policy", "#D55E00", "D", "smaller policy class"),
    ("reward", "#009E73", "^", "misspecified RM"),
]
INK, BAND = "#333333", "#E0E0E0"
TOLERANCE = 0.1
WIDER = 3.290526731491895 / 1.959963984540054  # from a 95 % interval to one of 99.9 %, on the logarithm


class Cells:
    """Each cell's predicted and measured ratio (with its 95 % interval), kappa, third, and how it came out."""

    def __init__(self, data):
        theory = data.isel(replicate=0)
        predicted = theory.predicted_regret.sel(arm="direct") / theory.predicted_regret.sel(arm="rm")
        measured = kit.log_ratio_interval(data.regret.sel(arm="direct"), data.regret.sel(arm="rm"))
        self.predicted = predicted.values
        self.measured, self.low, self.high = (values.values for values in measured)
        self.kappa = theory.kappa.max("arm").values
        self.third = np.array([str(name).split("-")[0] for name in data.variant.values])
        self.inside = ((self.low >= self.predicted * (1 - TOLERANCE)) & (self.high <= self.predicted * (1 + TOLERANCE)))
        self.decided = np.abs(np.log(self.measured)) > WIDER * np.log(self.high / self.measured)

    def draw(self, ax, x, by=1.0):
        """Ratios over `by`, at x; cells without a winner are lighter, misses are ringed."""
        y, low, high = self.measured / by, self.low / by, self.high / by
        size = 2.5 if len(y) > 50 else 5
        for name, colour, marker, _ in THIRDS:
            for decided, alpha in ((False, 0.35), (True, 0.8)):
                at = (self.third == name) & (self.decided == decided)
                if at.any():
                    ax.errorbar(x[at], y[at], yerr=[(y - low)[at], (high - y)[at]], color=colour, marker=marker,
                                markersize=size, markeredgewidth=0, linestyle="none", elinewidth=0.5, capsize=0,
                                alpha=alpha)
        ax.plot(x[~self.inside], y[~self.inside], **RING)


RING = dict(marker="o", markersize=6.5, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=0.6,
            linestyle="none")


def scatter(ax, cells):
    ends = np.array([min(cells.predicted.min(), cells.low.min()) / 1.2,
                     max(cells.predicted.max(), cells.high.max()) * 1.2])
    ax.fill_between(ends, ends * (1 - TOLERANCE), ends * (1 + TOLERANCE), color=BAND, linewidth=0)
    ax.plot(ends, ends, color=INK, linewidth=0.6)
    cells.draw(ax, cells.predicted)
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal",
           xlabel="predicted regret ratio, DPO : RM + RL", ylabel="measured regret ratio")
    for axis in (ax.xaxis, ax.yaxis):
        kit.log_ticks(axis)
    handles = []
    for name, colour, marker, label in THIRDS:
        of = cells.third == name
        text = f"{label}: {np.sum(cells.inside & of)} of {np.sum(of)}"
        handles += ax.plot([], [], marker, color=colour, markersize=4, markeredgewidth=0, label=text)
    handles += ax.plot([], [], label="not shown to be", **RING)
    ax.legend(handles=handles, loc="upper left", title="95 % interval within 10 %", title_fontsize=6.5, fontsize=6.5,
              handletextpad=0.2, borderaxespad=0.4, borderpad=0, alignment="left")
    ax.text(0.97, 0.03, "above 1: RM + RL wins\nbelow 1: DPO wins", transform=ax.transAxes, ha="right", va="bottom",
            fontsize=6.5, color=INK)


def remainder(ax, cells):
    ax.axhspan(1 - TOLERANCE, 1 + TOLERANCE, color=BAND, linewidth=0)
    ax.axhline(1, color=INK, linewidth=0.6)
    cells.draw(ax, cells.kappa, cells.predicted)
    ax.set(xscale="log", yscale="log", xlabel="$\\kappa$: most weight of one pair in the fit",
           ylabel="measured : predicted ratio")
    kit.log_ticks(ax.xaxis)
    ax.yaxis.set_major_locator(ticker.MultipleLocator(0.05 if cells.high.size > 50 else 0.5))
    ax.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    ax.yaxis.set_minor_locator(ticker.NullLocator())


def draw(data):
    cells = Cells(data)
    fig, (left, right) = kit.figure(columns=2, height=3.3, gridspec_kw={"width_ratios": [1, 1.05]})
    scatter(left, cells)
    kit.panel_title(left, "a", "the law names winner and factor")
    remainder(right, cells)
    kit.panel_title(right, "b", "what it leaves, over the regime")
    return fig


if __name__ == "__main__":
    kit.main(draw, variables=["regret", "predicted_regret", "kappa"])
