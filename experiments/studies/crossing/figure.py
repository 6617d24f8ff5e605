"""Regret over n with the crossing marked, and measured against predicted crossings over the dial."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402


def crossing(pairs, log_ratio):
    """Where a falling line of log ratios over log n meets zero: the mean of its zeros, NaN without one."""
    x, y = np.log(pairs), np.asarray(log_ratio)
    at = np.flatnonzero((y[:-1] < 0) != (y[1:] < 0))
    zeros = x[at] + (x[at + 1] - x[at]) * y[at] / (y[at] - y[at + 1])
    return float(np.exp(zeros.mean())) if at.size else np.nan


def crossings(data):
    """For each value of the dial: measured, low, high, predicted n*. The interval is where 95 % of the ratio hold 1."""
    predicted = np.log(kit.predicted_ratio(data))
    ratio, low, high = kit.log_ratio_interval(data.regret.sel(arm="dpo"), data.regret.sel(arm="rm+plan"))
    rows = []
    for excess in data.excess.values:
        line = [np.log(v.sel(excess=excess)) for v in (ratio, low, high)]
        rows.append([crossing(data.pairs.values, v) for v in (*line, predicted.sel(excess=excess))])
    return np.array(rows).T


def draw(data):
    fig, (curves, right) = kit.figure(columns=2, height=3.0)
    shown = data.excess.values[[0, data.sizes["excess"] // 2, -1]] if data.sizes["excess"] > 2 else data.excess.values
    dpo = data.sel(excess=shown[-1])
    lines = [("dpo", dpo, kit.arm_style("dpo")["color"], "DPO")]
    for excess, shade in zip(shown, ("#7FB8DA", "#0072B2", "#003F66")):
        lines.append(("rm+plan", data.sel(excess=excess), shade, f"RM + RL, misspecified by {excess:g}"))
    for arm, part, colour, label in lines:
        mean, low, high = kit.mean_interval(part.regret.sel(arm=arm))
        curves.errorbar(part.pairs, mean, yerr=[mean - low, high - mean], color=colour, linestyle="none", capsize=0,
                        marker=kit.arm_style(arm)["marker"], markersize=2.8, elinewidth=0.8, label=label)
        curves.plot(part.pairs, part.predicted_regret.sel(arm=arm).mean("replicate"), color=colour, linewidth=1)
    curves.plot([], [], color="#333333", linewidth=1, label="theory")
    curves.set(xscale="log", yscale="log", xlabel="preference pairs n", ylabel="mean regret")
    curves.legend(fontsize=6)
    kit.panel_title(curves, "a", "where DPO overtakes a verifier that is wrong")

    measured, low, high, predicted = crossings(data)
    kappa = data.kappa.max("arm").mean("replicate")
    at = np.array([np.exp(np.interp(np.log(n), np.log(data.pairs), np.log(kappa.sel(excess=e))))
                   for n, e in zip(np.nan_to_num(predicted, nan=data.pairs.values[0]), data.excess.values)])
    for inside, colour, label in ((True, "#333333", "kappa at most .02"), (False, "#999999", "flagged: kappa above .02")):
        pick = ((at <= 0.02) == inside) & np.isfinite(measured) & np.isfinite(predicted)
        if not pick.any():
            continue
        right.errorbar(predicted[pick], measured[pick], color=colour, linestyle="none", marker="o", markersize=3.5,
                       yerr=[(measured - np.nan_to_num(low, nan=1))[pick].clip(0), (high - measured)[pick].clip(0)],
                       markerfacecolor=colour if inside else "none", label=label)
    known = predicted[np.isfinite(predicted)] if np.isfinite(predicted).any() else data.pairs.values
    ends = np.array([known.min() / 1.3, known.max() * 1.3])
    right.fill_between(ends, 0.85 * ends, 1.15 * ends, color="#E5E5E5", linewidth=0, label="within 15 %")
    right.plot(ends, ends, color="#333333", linewidth=0.8)
    right.set(xscale="log", yscale="log", xlabel="predicted n*", ylabel="measured n*", xlim=ends)
    right.legend(loc="upper left")
    kit.panel_title(right, "b", "predicted and measured crossing")
    return fig


if __name__ == "__main__":
    kit.main(draw)
