"""Phase diagrams: who wins, measured, over two axes, and the border that theory draws."""

import numpy as np
from matplotlib.colors import LogNorm, ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .estimate import log_ratio_interval

UNDECIDED = "#B8B8B8"
_NORMAL_999 = 3.2905267314919255  # standard normal, 99.95 %: each cell's interval has level 99.9 %


def winner_map(fig, ax, data, x, y, over="dpo", under="rm+plan", limit=8):
    """Mean regret over : under as colour (blue: `under` wins), cells that 99.9 % leave open grey, theory's border.

    `data` has the dimensions x, y, replicate, arm. Returns the handles for a legend.
    """
    regret = data.regret
    ratio, low, high = log_ratio_interval(regret.sel(arm=over), regret.sel(arm=under), level=_NORMAL_999)
    order = (y, x)
    ratio, low, high = (v.transpose(*order) for v in (ratio, low, high))
    undecided = (low <= 1) & (high >= 1)
    xs, ys = data[x].values.astype(float), data[y].values.astype(float)
    norm = LogNorm(1 / limit, limit)
    mesh = ax.pcolormesh(xs, ys, ratio.clip(1 / limit, limit), cmap="RdBu", norm=norm, shading="nearest", rasterized=True)
    ax.pcolormesh(xs, ys, np.where(undecided, 1.0, np.nan), cmap=ListedColormap([UNDECIDED]), shading="nearest",
                  rasterized=True)
    predicted = np.log(predicted_ratio(data, over, under).transpose(*order))
    ax.contour(xs, ys, predicted, levels=[0], colors="black", linewidths=1.3)
    ax.grid(False)
    bar = fig.colorbar(mesh, ax=ax, extend="both", pad=0.02, aspect=30)
    ticks = [t for t in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8) if 1 / limit <= t <= limit]
    bar.set_ticks(ticks, labels=[f"{t:g}" if t >= 1 else f"1/{1 / t:g}" for t in ticks])
    bar.ax.minorticks_off()
    bar.set_label("mean regret, DPO : RM + RL")
    return [Line2D([], [], color="black", linewidth=1.3, label="border by theory"),
            Patch(facecolor=UNDECIDED, label="undecided at 99.9 %")]


def line_handle(label, linestyle="-"):
    """A legend entry for a line drawn on a map."""
    return Line2D([], [], color="#333333", linewidth=1, linestyle=linestyle, label=label)


def predicted_ratio(data, over="dpo", under="rm+plan"):
    """Predicted mean regret over : under, the mean over replicates (in a fixed world they are one number)."""
    mean = data.predicted_regret.mean("replicate")
    return mean.sel(arm=over) / mean.sel(arm=under)
