"""Phase diagrams: who wins, measured, over two axes, and the border that theory draws."""

import numpy as np
from matplotlib.colors import LogNorm

from .estimate import ahead, average, log_ratio_interval
from .labels import at_last, region_labels
from .profile import scaled
from .scale import edges, log_ticks
from .style import WINNER

_NORMAL_999 = 3.2905267314919255  # standard normal, 99.95 %: each point's interval has level 99.9 %
_HATCH = "//////"


class WinnerMap:
    """Mean regret over : under as colour (blue: `under` wins), points that 99.9 % leave open hatched, theory's border.

    `data` has the dimensions x, y, replicate, arm. `title` says how often theory names the winner.
    """

    def __init__(self, data, x, y, over="dpo", under="rm+plan", limit=8):
        a, b = data.regret.sel(arm=over), data.regret.sel(arm=under)
        self.x, self.y, self.limit = x, y, limit
        self.xs, self.ys = data[x].values.astype(float), data[y].values.astype(float)
        self.ratio = log_ratio_interval(a, b)[0].transpose(y, x).values
        self.signs = ahead(a, b, level=_NORMAL_999).transpose(y, x).values
        self.predicted = np.log(predicted_ratio(data, over, under).transpose(y, x).values)

    def title(self):
        decided = (self.signs != 0) & np.isfinite(self.predicted)
        if not decided.any():
            return f"who wins: none of {self.signs.size} points is decided"
        right = (np.sign(self.predicted) == self.signs)[decided].sum()
        return f"theory right in {right} of {decided.sum()} decided points"

    def draw(self, fig, ax, logarithmic=False):
        if logarithmic:
            ax.set(xscale="log", yscale="log")
        xs, ys = edges(self.xs, logarithmic), edges(self.ys, logarithmic)
        norm = LogNorm(1 / self.limit, self.limit)
        shown = np.clip(self.ratio, 1 / self.limit, self.limit)
        mesh = ax.pcolormesh(xs, ys, np.ma.masked_invalid(shown), cmap=WINNER, norm=norm, shading="flat", rasterized=True)
        undecided = np.ma.masked_where(self.signs != 0, np.ones_like(self.ratio))
        if not undecided.mask.all():
            # A hatch in two lightnesses, to be seen on dark cells and on light ones.
            ax.pcolor(xs, ys, undecided, hatch=_HATCH, facecolor="none", edgecolor="#8A8A8A", linewidth=0, cmap=None)
        if self._has_border():
            ax.contour(self.xs, self.ys, self.predicted, levels=[0], colors="black", linewidths=scaled(1.3))
        ax.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
        if logarithmic:
            log_ticks(ax.xaxis)
            log_ticks(ax.yaxis)
        ax.grid(False)
        bar = fig.colorbar(mesh, ax=ax, extend="both", pad=0.02, aspect=30)
        ticks = [t for t in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8) if 1 / self.limit <= t <= self.limit]
        bar.set_ticks(ticks, labels=[f"{t:g}" if t >= 1 else f"1/{1 / t:g}" for t in ticks])
        bar.ax.minorticks_off()
        bar.set_label("mean regret, DPO : RM + RL")

    def name_regions(self, ax, names=("DPO\nwins", "RM + RL\nwins")):
        """The winners' names where the finished map has room for them."""
        norm = LogNorm(1 / self.limit, self.limit, clip=True)
        at_last(ax.figure, lambda: region_labels(ax, self.xs, self.ys, self.signs, {-1: names[0], 1: names[1]},
                                                 lambda i, j: WINNER(norm(self.ratio[i, j]))))

    def key(self):
        """What is in the picture, in words, for the line below."""
        out = []
        if self._has_border():
            out.append("Black: border by theory.")
        if (self.signs == 0).any():
            out.append("Hatched: undecided at 99.9 % by normal intervals.")
        return out

    def _has_border(self):
        told = self.predicted[np.isfinite(self.predicted)]
        return told.size > 0 and told.min() < 0 < told.max()


def predicted_ratio(data, over="dpo", under="rm+plan"):
    """Predicted mean regret over : under, the mean over replicates (in a fixed world they are one number)."""
    mean = average(data.predicted_regret)
    return mean.sel(arm=over) / mean.sel(arm=under)
