"""Expected reward over n for rewards of three sizes: few pairs, and many."""

from math import erf, pi, sqrt

import figures as kit
import numpy as np

AXES = ["variant", "pairs", "options.n"]
ARMS = ["true-size", "dense", "too-small"]
LOOKS = {"true-size": dict(color=kit.SIMPLE, marker="o", label="just rich enough"),
         "dense": dict(color=kit.ALL, marker="D", label="dense (as DPO's)"),
         "too-small": dict(color=kit.SIMPLE, marker="^", markerfacecolor="none", label="too small")}


def expected_maximum(n):
    """Of n standard normals: the integral of x n phi(x) Phi(x)^(n - 1)."""
    x = np.linspace(-10, 10, 4001)
    below = np.array([(1 + erf(value / sqrt(2))) / 2 for value in x])
    return float(np.sum(x * n * np.exp(-x * x / 2) / sqrt(2 * pi) * below ** (n - 1)) * (x[1] - x[0]))


def gaussian(n, mean):
    """Theory's curve for scores and rewards that are jointly normal: the gain of 2 fixes it, the maximum of n does the rest."""
    if not {1, 2} <= set(n):
        return None
    at = dict(zip(n, mean))
    return [at[1] + (at[2] - at[1]) * expected_maximum(k) * sqrt(pi) for k in n]


def panel(ax, data):
    """Returns the ends of the curves."""
    ends, curves = [], []
    for arm, look in LOOKS.items():
        style = {k: v for k, v in look.items() if k != "label"} | dict(markersize=kit.arm_style("dpo")["markersize"])
        values = data.expected_reward.sel(arm=arm)
        mean = kit.average(values)
        half = 1.96 * values.std("replicate", ddof=1) / np.sqrt(values.count("replicate"))
        ax.plot(data["options.n"], mean, color=style["color"], linewidth=0.6, zorder=1)
        kit.points(ax, data["options.n"], (mean, mean - half, mean + half), **style)
        ends.append((kit.last(mean), look["label"], style))
        curves.append((style["color"], gaussian(list(data["options.n"].values), mean.values)))
    ax.set(xscale="log", xlabel="best of n", ylabel="expected reward", ylim=ax.get_ylim())  # theory leaves it
    for colour, curve in curves:
        if curve is not None:
            ax.plot(data["options.n"], curve, color=colour, linestyle=":", linewidth=kit.scaled(0.7), zorder=0)
    kit.log_ticks(ax.xaxis)
    return ends


def title(data):
    """Which reward picks better at the largest n, and whether the small one turns over, as far as the data decide."""
    if not kit.enough(data, *ARMS):
        return ""
    last = data.isel({"options.n": -1}).expected_reward
    sign = int(kit.ahead(last.sel(arm="true-size"), last.sel(arm="dense")))
    said = {1: "the simple one picks better", -1: "the dense one picks better"}.get(sign, "level")
    small = data.expected_reward.sel(arm="too-small")
    best = small.isel({"options.n": int(kit.average(small).argmax())})
    falls = int(kit.ahead(best, small.isel({"options.n": -1}))) > 0
    return f": {said}" + ("; the small one turns over" if falls else "")


def draw(data):
    data = data.isel(variant=0)
    pairs = [data.pairs.values[0], data.pairs.values[-1]]
    fig, axes = kit.figure(columns=2)
    for ax, n, letter in zip(axes, pairs, "ab"):
        at = data.sel(pairs=n)
        ends = panel(ax, at)
        kit.panel_title(ax, letter, f"n = {n} pairs{title(at)}".replace("n = ", ""))
        if letter == "b" or kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "Points: measured, with 95 % intervals; at one n all have one KL to the reference. Dotted: theory for normal rewards and scores, "
             "through the gain of 2.")
    return fig
