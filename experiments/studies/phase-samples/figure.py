"""Who wins over the verifier's error and the number of pairs; the border by theory, and where theory holds."""

import figures as kit
import numpy as np

AXES = ["excess", "pairs"]
SEVERAL = ["excess", "pairs"]
ARMS = ["dpo", "rm+plan"]
REGIME = 0.02


def regime_border(ax, data):
    """Where kappa comes down to the end of the regime; returns how to read it."""
    kappa = kit.average(data.kappa.max("arm")).transpose("pairs", "excess").values
    if not np.nanmin(kappa) < REGIME < np.nanmax(kappa):
        return []
    ax.contour(data.excess, data.pairs, kappa, levels=[REGIME], colors=kit.INK, linewidths=kit.scaled(0.9), linestyles=":")
    return ["Dotted in a: theory's regime is above."]


def cut(ax, data):
    """The two routes over n along one misspecification."""
    ends = []
    for arm in ARMS:
        look, own = {**kit.arm_style(arm), "markersize": kit.scaled(3), "capsize": 0}, data.sel(arm=arm)
        kit.prediction_line(ax, data.pairs, kit.average(own.predicted_regret), kit.in_regime(own), look["color"])
        kit.points(ax, data.pairs, kit.mean_interval(own.regret), **look)
        ends.append((kit.last(kit.average(own.regret)), kit.arm_label(arm, short=True), look))
    ax.set(xscale="log", xlabel="preference pairs n", ylabel="mean regret")
    kit.log_ticks(ax.xaxis)
    kit.regret_scale(ax, kit.average(data.regret))
    return ends


def draw(data):
    data = kit.steadier(data)
    fig, (ax, right) = kit.figure(columns=2, height=3.0, ratios=[1.3, 1])
    found = kit.WinnerMap(data, "excess", "pairs")
    found.draw(fig, ax, logarithmic=True)
    found.name_regions(ax)
    key = found.key() + regime_border(ax, data)
    ax.set(xlabel="misspecification of the verifier", ylabel="preference pairs n")
    kit.panel_title(ax, "a", found.title())

    middle = data.isel(excess=data.sizes["excess"] // 2)
    ends = cut(right, middle)
    kit.panel_title(right, "b", f"at misspecification {float(middle.excess):g}")
    kit.direct_labels(right, ends)
    kit.reading_key(fig, *key)
    return fig
