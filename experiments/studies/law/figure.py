"""Measured against predicted regret ratio, one mark a point, and what the law leaves over kappa."""

import figures as kit
import numpy as np
from matplotlib import ticker

AXES = ["variant"]
ARMS = ["rm", "direct"]
VARIABLES = ["regret", "adjusted_regret", "predicted_regret", "kappa", "regime"]
# Beginning of a point's name, marker, what it says. Colour: the measured winner.
THIRDS = [("nested", "o", "nested classes"), ("policy", "D", "smaller policy class"), ("reward", "^", "misspecified RM")]
WINNERS = {1: kit.SIMPLE, -1: kit.ALL, 0: "#9A9A9A"}
TOLERANCE = 0.1
NORMAL_999 = 3.290526731491895  # each point is decided at 99.9 %, as the claim does


class Cells:
    """Each point's predicted and measured ratio (with its 95 % interval), kappa, third, and how it came out."""

    def __init__(self, data):
        theory = data.isel(replicate=0)
        predicted = theory.predicted_regret.sel(arm="direct") / theory.predicted_regret.sel(arm="rm")
        arms = data.regret.sel(arm="direct"), data.regret.sel(arm="rm")
        self.predicted = predicted.values
        self.measured, self.low, self.high = (values.values for values in kit.log_ratio_interval(*arms))
        self.winner = kit.ahead(*arms, level=NORMAL_999).values
        self.kappa = theory.kappa.max("arm").values
        self.third = np.array([str(name).split("-")[0] for name in data.variant.values])
        self.inside = ((self.low >= self.predicted * (1 - TOLERANCE)) & (self.high <= self.predicted * (1 + TOLERANCE)))

    def title(self):
        decided = (self.winner != 0) & np.isfinite(self.predicted)
        if not decided.any():
            return f"none of {decided.size} points is decided"
        right = (np.sign(np.log(self.predicted)) == self.winner)[decided].sum()
        return f"the law is right in {right} of {decided.sum()} decided points"

    def draw(self, ax, x, by=1.0):
        """Ratios over `by`, at x."""
        y, low, high = self.measured / by, self.low / by, self.high / by
        size = kit.scaled(2.5 if len(y) > 50 else 5)
        for name, marker, _ in THIRDS:
            for sign, colour in reversed(WINNERS.items()):
                at = (self.third == name) & (self.winner == sign)
                if at.any():
                    kit.points(ax, x[at], (y[at], low[at], high[at]), color=colour, marker=marker, markersize=size,
                               markeredgewidth=0, elinewidth=kit.scaled(0.5), capsize=0, alpha=0.75)
        ax.plot(x[~self.inside], y[~self.inside], markersize=kit.scaled(6.5), **RING)


RING = dict(marker="o", markerfacecolor="none", markeredgecolor=kit.INK, markeredgewidth=0.7, linestyle="none")


def key(cells):
    """What marks and colours are, with how many points of each kind lie within the tolerance."""
    kinds = []
    for name, marker, label in THIRDS:
        of = cells.third == name
        if of.any():
            kinds.append(f"{kit.symbol(dict(marker=marker))} {label}: {np.sum(cells.inside & of)} of {np.sum(of)}")
    ring = "" if cells.inside.all() else " Ringed: not shown to be."
    return (f"One mark a point, with its 95 % interval; it lies within 10 % of the law (band) for {', '.join(kinds)}.{ring} "
            "Blue: RM + RL ahead; vermilion: DPO ahead; grey: open at 99.9 % by normal intervals, which are "
            "narrower than those of the verdicts.")


def scatter(ax, cells):
    numbers = np.concatenate([cells.predicted, cells.measured, cells.low, cells.high])
    numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
    ends = np.array([numbers.min() / 1.2, numbers.max() * 1.2])
    ax.fill_between(ends, ends * (1 - TOLERANCE), ends * (1 + TOLERANCE), color=kit.BAND, linewidth=0)
    ax.plot(ends, ends, color=kit.INK, linewidth=kit.scaled(0.6))
    cells.draw(ax, cells.predicted)
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal",
           xlabel="predicted regret ratio, DPO : RM + RL", ylabel="measured regret ratio")
    for axis in (ax.xaxis, ax.yaxis):
        kit.log_ticks(axis)


def remainder(ax, cells):
    ax.axhspan(1 - TOLERANCE, 1 + TOLERANCE, color=kit.BAND, linewidth=0)
    ax.axhline(1, color=kit.INK, linewidth=kit.scaled(0.6))
    cells.draw(ax, cells.kappa, cells.predicted)
    ax.set(xscale="log", yscale="log", xlabel="κ: most weight of one pair in the fit", ylabel="measured : predicted ratio")
    kit.log_ticks(ax.xaxis)
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(ticker.MaxNLocator(7))
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(kit.plain))
    ax.yaxis.set_minor_locator(ticker.NullLocator())
    ax.set_ylim(low, high)


def draw(data):
    cells = Cells(kit.steadier(data))
    fig, (left, right) = kit.figure(columns=2, height=3.7, ratios=[1, 1.05])
    scatter(left, cells)
    kit.panel_title(left, "a", cells.title())
    remainder(right, cells)
    kit.panel_title(right, "b", "what the law leaves, over its regime")
    kit.note(fig, key(cells))
    return fig
