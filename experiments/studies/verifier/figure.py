"""Regret ratio over the degree of the verifier: the advantage fades and is exactly gone at d = H."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402

ARMS = ["dpo", "dense-rm+plan", "rm+plan", "planned-dpo"]
SHADES = ["#F7C5AC", "#F4A582", "#D55E00", "#7A2E00"]  # light to dark as n grows


def draw(data):
    fig, (left, right) = kit.figure(columns=2)

    pairs = data.pairs.values
    for n, colour in zip(pairs, SHADES[-len(pairs):]):
        cell = data.regret.sel(pairs=n)
        ratio, low, high = kit.log_ratio_interval(cell.sel(arm="dpo"), cell.sel(arm="rm+plan"))
        left.errorbar(data.degree, ratio, yerr=[ratio - low, high - ratio], color=colour, marker="D",
                      label=f"n = {n}")
    left.axhline(1, color="#333333", linewidth=0.8)
    left.set(xlabel="degree d of the verifier", ylabel="mean regret, DPO : RM + RL", yscale="log",
             xticks=data.degree.values)
    kit.log_ticks(left.yaxis)
    left.legend(title="preference pairs", title_fontsize=7)
    kit.panel_title(left, "a", "simple to verify: RM + RL wins")

    n = pairs[len(pairs) // 2]
    parameters = data.parameter_count.sel(pairs=n, arm="rm+plan").isel(replicate=0)
    for arm in ARMS:
        mean, low, high = kit.mean_interval(data.regret.sel(pairs=n, arm=arm))
        right.errorbar(data.degree, mean, yerr=[mean - low, high - mean], label=kit.arm_label(arm),
                       **kit.arm_style(arm))
    right.set(ylabel=f"mean regret at n = {n}", yscale="log",
              xlabel="degree d of the verifier (its parameters)")
    right.set_xticks(data.degree.values, [f"{d}\n({p:.0f})" for d, p in zip(data.degree.values, parameters.values)])
    kit.log_ticks(right.yaxis)
    right.legend()
    kit.panel_title(right, "b", "RM + RL climbs to DPO's curve")
    return fig


if __name__ == "__main__":
    kit.main(draw)
