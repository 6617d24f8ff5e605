"""Regret of every arm over the number of preference pairs, and how many pairs each route needs for a regret."""

import figures as kit
import numpy as np

AXES = ["pairs"]
SEVERAL = ["pairs"]
ARMS = ["sft", "dpo", "dense-rm+plan", "rm+project", "rm+plan", "planned-dpo"]
ROUTES = ["dpo", "rm+plan"]
FROM = 800  # pairs; from here on slopes are fitted, as the claims do


def pairs_needed(pairs, regret, target):
    """The n at which a falling regret curve reaches `target`, by log-log interpolation (nan outside)."""
    keep = np.isfinite(regret)
    x, y = np.log(regret[keep][::-1]), np.log(pairs[keep][::-1])
    return np.exp(np.interp(np.log(target), x, y, left=np.nan, right=np.nan))


def rates(data):
    """Title: the log-log slopes of both routes where there are pairs enough."""
    late = data.sel(pairs=data.pairs >= FROM)
    if late.sizes["pairs"] < 2 or not kit.enough(late, *ROUTES):
        return "mean regret over n"
    dpo, simple = (kit.slope(late.regret.sel(arm=arm), "pairs") for arm in ROUTES)
    return f"slopes {simple:.2f} (RM + RL), {dpo:.2f} (DPO)".replace("-", "−")


def price(ax, data):
    """Pairs needed for a regret, of both routes, and their ratio half way; returns the title and the curves' ends."""
    pairs = data.pairs.values.astype(float)
    curves = {arm: [v.values for v in kit.mean_interval(data.regret.sel(arm=arm))] for arm in ROUTES}
    (direct, *_), (simple, *_) = curves.values()
    worst, best = max(np.nanmin(simple), np.nanmin(direct)), min(np.nanmax(simple), np.nanmax(direct))
    ax.set(xscale="log", yscale="log", xlabel="mean regret asked for", ylabel="pairs needed")
    if not worst < best:
        ax.text(0.5, 0.5, "no regret is reached\nby both routes", transform=ax.transAxes, ha="center", va="center")
        return "pairs needed for a regret", []
    targets = np.geomspace(worst, best, 40)
    ends = []
    for arm, (mean, low, high) in curves.items():
        look = kit.arm_style(arm)
        band = (pairs_needed(pairs, edge, targets) for edge in (low, high))
        ax.fill_between(targets, *band, color=look["color"], alpha=0.25, linewidth=0)
        ax.plot(targets, pairs_needed(pairs, mean, targets), color=look["color"])
        ends.append((pairs_needed(pairs, mean, targets[:1])[0], kit.arm_label(arm, short=True),
                     dict(color=look["color"])))
    ax.invert_xaxis()
    kit.log_ticks(ax.xaxis)
    kit.log_ticks(ax.yaxis)
    factors = pairs_needed(pairs, direct, targets) / pairs_needed(pairs, simple, targets)
    middle = len(targets) // 2
    low, high = sorted(pairs_needed(pairs, curve, targets[middle]) for curve in (simple, direct))
    ax.annotate("", xy=(targets[middle], high), xytext=(targets[middle], low),
                arrowprops=dict(arrowstyle="<->", color=kit.INK, shrinkA=0, shrinkB=0))
    ax.annotate(f"×{high / low:.1f}", (targets[middle], high), xytext=(0, 3), textcoords="offset points", va="bottom",
                ha="right")
    if not kit.enough(data, *ROUTES):
        return "pairs needed for a regret", ends
    least, most = np.nanmin(factors), np.nanmax(factors)
    if least > 1:
        return f"DPO needs {least:.1f} to {most:.1f} times the pairs", ends
    if most < 1:
        return f"RM + RL needs {1 / most:.1f} to {1 / least:.1f} times the pairs", ends
    return "who needs more pairs depends on the regret", ends


def draw(data):
    data = kit.steadier(data)
    fig, (left, right) = kit.figure(columns=2, ratios=[1.25, 1])
    ends = kit.regret_panel(left, data, "pairs", ARMS)
    left.set(xscale="log", xlabel="preference pairs n")
    kit.log_ticks(left.xaxis)
    kit.panel_title(left, "a", rates(data))
    kit.direct_labels(left, ends)

    title, ends = price(right, data)
    kit.panel_title(right, "b", title)
    kit.direct_labels(right, ends)
    kit.reading_key(fig, "Bands: 95 %.")
    return fig
