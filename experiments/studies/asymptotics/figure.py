"""Regret over its limit: along kappa for every class, world by world at the largest n, and the limit law's quantiles."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402
import numpy as np

FAMILIES = {"bandit": "#0072B2", "walk": "#D55E00", "tokens": "#009E73", "two-token": "#CC79A7"}
ARMS = {"rm": dict(marker="o", label="RM + RL"), "direct": dict(marker="D", label="DPO")}
INK, BAND = "#333333", "#E8E8E8"
REGIME = 0.02  # largest kappa of theory/regime.hpp
POINT = dict(linestyle="none", markersize=3.2, capsize=0, elinewidth=0.8, markeredgewidth=0.7)


def family(variant):
    return str(variant).split("/")[0]


def filled(arm, colour):
    """RM + RL filled, DPO open, so that equal classes stay visible on top of each other."""
    return dict(color=colour, marker=ARMS[arm]["marker"], markerfacecolor=colour if arm == "rm" else "white")


def over_limit(data, arm):
    """Measured over predicted regret with its 95 % interval, and kappa; dimensions variant and pairs_factor."""
    theory = data.isel(replicate=0).sel(arm=arm)
    mean, low, high = kit.mean_interval(data.regret.sel(arm=arm))
    limit = theory.predicted_regret
    return [(value / limit).transpose("variant", "pairs_factor").values for value in (mean, low, high)], \
        theory.kappa.transpose("variant", "pairs_factor").values


def along_kappa(ax, data):
    ax.axhspan(0.95, 1.05, color=BAND, linewidth=0)
    ax.axhline(1, color=INK, linewidth=0.6)
    ax.axvline(REGIME, color=INK, linewidth=0.6, linestyle=":")
    top, worst = 1.2, (0, "", 0)
    for arm in ARMS:
        (mean, low, high), kappa = over_limit(data, arm)
        second = second_order(data, arm)
        for i, variant in enumerate(data.variant.values):
            colour = FAMILIES[family(variant)]
            if second is not None:
                # Second over first order is 1 + c / n, and kappa is leverage / n.
                along = np.geomspace(kappa[i].min(), kappa[i].max(), 40)
                ax.plot(along, 1 + (second[i, -1] - 1) * along / kappa[i, -1], color=colour, linewidth=0.7, alpha=0.55,
                        zorder=1)
            ax.errorbar(kappa[i], mean[i], yerr=[(mean - low)[i], (high - mean)[i]], alpha=0.85,
                        **filled(arm, colour), **POINT)
            top = max(top, np.nanmax(mean[i]))
            for k, ratio in zip(kappa[i], mean[i]):
                if k <= REGIME:
                    worst = max(worst, (ratio, str(variant), k))
    ax.set(xscale="log", yscale="log", xlabel="$\\kappa$: most weight of one pair in the fit",
           ylabel="mean regret / (limit / n)")
    kit.log_ticks(ax.xaxis, subs=(1, 2, 5))
    ax.set_yticks([1, 1.05, 1.1, 1.2, 1.3, 1.4], ["1", "1.05", "1.1", "1.2", "1.3", "1.4"])
    ax.set_ylim(0.93, 1.04 * top)
    ax.minorticks_off()
    ax.text(0.97 * REGIME, 0.937, "regime ends", fontsize=6, rotation=90, va="bottom", ha="right", color=INK)
    if worst[0] > 1.1:
        ax.annotate(worst[1], (worst[2], worst[0]), xytext=(-6, 0), textcoords="offset points", fontsize=6.5,
                    ha="right", va="center", color=FAMILIES[family(worst[1])])
    handles = [ax.plot([], [], marker="s", linestyle="none", color=colour, markersize=4, label=name)[0]
               for name, colour in FAMILIES.items() if name in {family(v) for v in data.variant.values}]
    handles += [ax.errorbar([], [], label=ARMS[arm]["label"], **filled(arm, INK), **POINT) for arm in ARMS]
    if any(second_order(data, arm) is not None for arm in ARMS):
        handles += ax.plot([], [], color=INK, linewidth=0.7, alpha=0.7, label="second order")
    ax.legend(handles=handles, loc="upper left", fontsize=6.5, handletextpad=0.4, borderaxespad=0.2, labelspacing=0.3)


def second_order(data, arm):
    """Predicted second order over first, where it is known; None when it is nowhere."""
    if "predicted_second_order" not in data:
        return None
    theory = data.isel(replicate=0).sel(arm=arm)
    ratio = (theory.predicted_second_order / theory.predicted_regret).transpose("variant", "pairs_factor").values
    return None if np.all(np.isnan(ratio)) else ratio


def world_by_world(ax, data):
    rows = np.arange(data.sizes["variant"])
    ax.axvspan(0.95, 1.05, color=BAND, linewidth=0)
    ax.axvline(1, color=INK, linewidth=0.6)
    for arm, shift in (("rm", -0.17), ("direct", 0.17)):
        (mean, low, high), _ = over_limit(data, arm)
        for i, variant in enumerate(data.variant.values):
            ax.errorbar(mean[i, -1], rows[i] + shift, xerr=[[(mean - low)[i, -1]], [(high - mean)[i, -1]]],
                        **filled(arm, FAMILIES[family(variant)]), **POINT)
    ax.set_yticks(rows, [str(v) for v in data.variant.values], fontsize=6)
    for label, variant in zip(ax.get_yticklabels(), data.variant.values):
        label.set_color(FAMILIES[family(variant)])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlabel="regret / (limit / n)")
    ax.grid(axis="y", visible=False)


def below_quantile(ax, data, name, share, tolerance):
    """Share of the regrets below a quantile of the limit law, where the law is known."""
    rows = np.arange(data.sizes["variant"])
    last = data.isel(pairs_factor=-1)
    ax.axvspan(share - tolerance, share + tolerance, color=BAND, linewidth=0)
    ax.axvline(share, color=INK, linewidth=0.6)
    for arm, shift in (("rm", -0.17), ("direct", 0.17)):
        regret, quantile = last.regret.sel(arm=arm), last[name].sel(arm=arm)
        known = regret.notnull() & quantile.notnull()
        count = known.sum("replicate").values
        below = (known & (regret < quantile)).sum("replicate").values / np.maximum(count, 1)
        half = 1.96 * np.sqrt(below * (1 - below) / np.maximum(count, 1))
        for i, variant in enumerate(data.variant.values):
            if count[i] > 0:
                ax.errorbar(below[i], rows[i] + shift, xerr=half[i], **filled(arm, FAMILIES[family(variant)]), **POINT)
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(share - 1.6 * tolerance, share + 1.6 * tolerance))
    ax.set_xticks([share - tolerance, share, share + tolerance])
    ax.xaxis.set_major_formatter("{x:.2f}")
    ax.set_yticks(rows, [""] * len(rows))
    ax.grid(axis="y", visible=False)


def draw(data):
    fig, axes = kit.figure(columns=4, height=4.0, gridspec_kw={"width_ratios": [1.75, 1, 0.6, 0.6]})
    along_kappa(axes[0], data)
    kit.panel_title(axes[0], "a", "n × regret comes down to its limit")
    world_by_world(axes[1], data)
    kit.panel_title(axes[1], "b", "at the largest n")
    below_quantile(axes[2], data, "predicted_median", 0.5, 0.06)
    axes[2].set_xlabel("share below the\nlaw's median")
    kit.panel_title(axes[2], "c", "50 %")
    below_quantile(axes[3], data, "predicted_q90", 0.9, 0.04)
    axes[3].set_xlabel("below its\n.9 quantile")
    kit.panel_title(axes[3], "d", "90 %")
    return fig


if __name__ == "__main__":
    kit.main(draw)
