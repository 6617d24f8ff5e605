"""Regret over n with the crossing marked, and measured against predicted crossings over the dial."""

import figures as kit
import numpy as np

AXES = ["excess", "pairs"]
SEVERAL = ["pairs"]
ARMS = ["dpo", "rm+plan"]
REGIME, TOLERANCE = 0.02, 0.15


def crossing(pairs, log_ratio):
    """Where a falling line of log ratios over log n meets zero: the mean of its zeros, NaN without one."""
    x, y = np.log(pairs), np.asarray(log_ratio)
    keep = np.isfinite(y)
    x, y = x[keep], y[keep]
    at = np.flatnonzero((y[:-1] < 0) != (y[1:] < 0))
    zeros = x[at] + (x[at + 1] - x[at]) * y[at] / (y[at] - y[at + 1])
    return float(np.exp(zeros.mean())) if at.size else np.nan


def crossings(data):
    """For each value of the dial: measured, low, high, predicted n*. The interval is where 95 % of the ratio hold 1; a
    limit that lies beyond the measured n is NaN."""
    predicted = np.log(kit.predicted_ratio(data))
    ratio, low, high = kit.log_ratio_interval(data.regret.sel(arm="dpo"), data.regret.sel(arm="rm+plan"))
    rows = []
    for excess in data.excess.values:
        line = [np.log(v.sel(excess=excess)) for v in (ratio, low, high)]
        rows.append([crossing(data.pairs.values, v) for v in (*line, predicted.sel(excess=excess))])
    return np.array(rows).T


def kappa_at(data, pairs):
    """The larger kappa of the two arms at these n, one for each value of the dial."""
    kappa = kit.average(data.kappa.max("arm"))
    return np.array([np.exp(np.interp(np.log(n), np.log(data.pairs), np.log(kappa.sel(excess=e))))
                     for n, e in zip(np.nan_to_num(pairs, nan=data.pairs.values[0]), data.excess.values)])


def regret_curves(ax, data):
    excess = data.excess.values
    shown = excess[[0, len(excess) // 2, -1]] if len(excess) > 2 else excess
    lines = [("dpo", data.sel(excess=shown[-1]), kit.ALL, "DPO")]
    for value, shade in zip(shown, kit.ramp("#7FB8DA", "#003F66", len(shown))):
        lines.append(("rm+plan", data.sel(excess=value), shade, f"RM + RL, {value:g}"))
    ends = []
    for arm, part, colour, label in lines:
        own = part.sel(arm=arm)
        look = dict(color=colour, marker=kit.arm_style(arm)["marker"], markersize=kit.scaled(2.8), capsize=0)
        kit.prediction_line(ax, part.pairs, kit.average(own.predicted_regret), kit.in_regime(own), colour)
        kit.points(ax, part.pairs, kit.mean_interval(own.regret), **look)
        ends.append((kit.last(kit.average(own.regret)), label, look))
    ax.set(xscale="log", xlabel="preference pairs n", ylabel="mean regret")
    kit.log_ticks(ax.xaxis)
    kit.regret_scale(ax, kit.average(data.regret.sel(excess=shown)))
    return ends


def against_theory(ax, data):
    """Measured over predicted crossing; returns the title."""
    measured, low, high, predicted = crossings(data)
    inside = kappa_at(data, predicted) <= REGIME
    known = np.isfinite(measured) & np.isfinite(predicted)
    ax.set(xscale="log", yscale="log", xlabel="predicted n*", ylabel="measured n*")
    if not known.any():
        ax.text(0.5, 0.5, "no crossing is both\nmeasured and predicted", transform=ax.transAxes, ha="center", va="center")
        ax.set(xticks=[], yticks=[])
        return "measured and predicted crossing"
    both = np.concatenate([measured[known], predicted[known]])
    ends = np.array([both.min() / 1.4, both.max() * 1.4])
    ax.fill_between(ends, (1 - TOLERANCE) * ends, (1 + TOLERANCE) * ends, color=kit.BAND, linewidth=0)
    ax.plot(ends, ends, color=kit.INK)
    for pick, colour, fill, label in ((known & inside, kit.INK, kit.INK, "κ at most .02"),
                                      (known & ~inside, "#8A8A8A", "none", "flagged: κ above .02")):
        if not pick.any():
            continue
        x, y = predicted[pick], measured[pick]
        # A limit that is not reached lies beyond the panel: the bar then runs to its border, without a cap.
        down, up = (np.where(np.isfinite(limit[pick]), limit[pick], border) for limit, border in ((low, ends[0] / 2),
                                                                                                  (high, ends[1] * 2)))
        ax.errorbar(x, y, yerr=[np.maximum(y - down, 0), np.maximum(up - y, 0)], color=colour, linestyle="none", marker="o",
                    markerfacecolor=fill, label=label)
    ax.set(xlim=ends, ylim=ends)
    kit.log_ticks(ax.xaxis)
    kit.log_ticks(ax.yaxis)
    ax.legend(loc="upper left", title="band: within 15 %", alignment="left", borderaxespad=0.2)
    if not kit.enough(data, *ARMS):
        return "measured and predicted crossing"
    near = known & inside & (np.abs(np.log(measured / np.where(known, predicted, 1))) <= np.log(1 + TOLERANCE))
    return f"κ ≤ .02: {near.sum()} of {(known & inside).sum()} crossings within 15 %" if (known & inside).any() else \
        "all crossings lie outside the regime"


def overtakes(data):
    """Title: in how many worlds DPO is shown to be behind at first and ahead at the end."""
    if not kit.enough(data, *ARMS):
        return "mean regret over n"
    signs = kit.ahead(data.regret.sel(arm="dpo"), data.regret.sel(arm="rm+plan"))
    first, last = signs.isel(pairs=0), signs.isel(pairs=-1)
    count = int(((first > 0) & (last < 0)).sum())
    return f"DPO overtakes in {count} of {data.sizes['excess']} worlds"


def draw(data):
    data = kit.steadier(data)
    fig, (left, right) = kit.figure(columns=2, height=3.0, ratios=[1.2, 1])
    ends = regret_curves(left, data)
    kit.panel_title(left, "a", overtakes(data))
    kit.direct_labels(left, ends)
    kit.panel_title(right, "b", against_theory(right, data))
    kit.reading_key(fig, "The number behind RM + RL: how wrong its verifier is.",
                    "Bars in b: where 95 % of the regret ratio hold 1, to the border where they do at every n.")
    return fig
