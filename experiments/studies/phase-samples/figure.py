"""Who wins over the verifier's error and the number of pairs; the border by theory, and where theory holds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402


def draw(data):
    fig, (ax, cut) = kit.figure(columns=2, height=3.0, width_ratios=[1.25, 1])
    handles = kit.winner_map(fig, ax, data, "excess", "pairs")
    kappa = data.kappa.max("arm").mean("replicate").transpose("pairs", "excess")
    ax.contour(data.excess, data.pairs, kappa, levels=[0.02], colors="#333333", linewidths=0.9, linestyles=":")
    handles.append(kit.line_handle("theory's regime: above", ":"))
    ax.set(xscale="log", yscale="log", xlabel="misspecification of the verifier", ylabel="preference pairs n")
    kit.log_ticks(ax.xaxis)
    kit.log_ticks(ax.yaxis)
    ax.text(0.14, 0.72, "RM + RL\nwins", transform=ax.transAxes, ha="center", va="center", fontsize=7)
    ax.text(0.84, 0.72, "DPO\nwins", transform=ax.transAxes, ha="center", va="center", fontsize=7, color="white")
    ax.legend(handles=handles, loc="lower left", fontsize=6, framealpha=0.9, frameon=True, borderpad=0.3)
    kit.panel_title(ax, "a", "who wins, and theory's border")

    middle = data.isel(excess=data.sizes["excess"] // 2)
    for arm in ("dpo", "rm+plan"):
        mean, low, high = kit.mean_interval(middle.regret.sel(arm=arm))
        style = kit.arm_style(arm) | {"linestyle": "none", "markersize": 3}
        cut.errorbar(data.pairs, mean, yerr=[mean - low, high - mean], elinewidth=0.8, capsize=0,
                     label=kit.arm_label(arm), **style)
        cut.plot(data.pairs, middle.predicted_regret.sel(arm=arm).mean("replicate"), color=style["color"], linewidth=1)
    cut.plot([], [], color="#333333", linewidth=1, label="theory")
    cut.set(xscale="log", yscale="log", xlabel="preference pairs n", ylabel="mean regret")
    kit.log_ticks(cut.xaxis)
    cut.legend()
    kit.panel_title(cut, "b", f"along misspecification {float(middle.excess):g}")
    return fig


if __name__ == "__main__":
    kit.main(draw)
