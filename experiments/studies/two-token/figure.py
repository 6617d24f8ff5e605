"""n times regret over the number of first tokens: flat with c known, like K without, a logarithm for l1."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402
import numpy as np

ARMS = ["dpo", "linear-rm", "first-token-dpo", "sparse-rm", "known-rm"]
TITLES = {0: "every first token matters", 4: "four first tokens matter"}


def draw(data):
    n = int(re.search(r"^pairs = (\d+)", str(data.configuration.values), re.M)[1])
    fig, axes = kit.figure(columns=data.sizes["sparsity"], height=2.9, sharey=True)
    for ax, letter, sparsity in zip(axes, "ab", data.sparsity.values):
        cell = data.sel(sparsity=sparsity)
        for arm in ARMS:
            style = {**kit.arm_style(arm), "linestyle": "none"}
            mean, low, high = kit.mean_interval(n * cell.regret.sel(arm=arm))
            ax.errorbar(data.actions, mean, yerr=[mean - low, high - mean], label=kit.arm_label(arm), **style)
            theory = n * cell.predicted_regret.sel(arm=arm).mean("replicate")
            known = bool(theory.notnull().all())
            ax.plot(data.actions, theory if known else mean, color=style["color"], linewidth=1,
                    linestyle="-" if known else ":", zorder=1)
        ax.set(xscale="log", yscale="log", xlabel="first tokens K")
        ax.set_xticks(data.actions.values, [str(k) for k in data.actions.values])
        ax.minorticks_off()
        kit.panel_title(ax, letter, TITLES.get(int(sparsity), f"{sparsity} first tokens matter"))
    kit.log_ticks(axes[0].yaxis, subs=(1, 2, 5))
    axes[0].set_ylabel("n × mean regret")
    handles, labels = axes[0].get_legend_handles_labels()
    handles += axes[0].plot([], [], color="#333333", linewidth=1, label="theory")
    axes[0].legend(handles=handles, loc="upper left", fontsize=6.5, labelspacing=0.3, borderaxespad=0.1)
    return fig


if __name__ == "__main__":
    kit.main(draw)
