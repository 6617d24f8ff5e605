"""Regret ratio over the degree of the verifier: the advantage fades and is exactly gone at d = H."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402

ARMS = ["dpo", "dense-rm+plan", "rm+plan", "planned-dpo"]
SHADES = ["#F7C5AC", "#F4A582", "#D55E00", "#7A2E00"]  # light to dark as n grows


def draw(data):
    fig, (left, right) = kit.figure(columns=2)
    kit.ratio_panel(left, data, "degree", SHADES)
    left.set(xlabel="degree d of the verifier")
    kit.panel_title(left, "a", "simple to verify: RM + RL wins")

    n = data.pairs.values[data.sizes["pairs"] // 2]
    kit.regret_panel(right, data.sel(pairs=n), "degree", ARMS)
    parameters = data.parameter_count.sel(pairs=n, arm="rm+plan").isel(replicate=0).values
    right.set(xlabel="degree d of the verifier (its parameters)", ylabel=f"mean regret at n = {n}")
    kit.log_ticks(right.yaxis)
    right.set_xticks(data.degree.values, [f"{d}\n({p:.0f})" for d, p in zip(data.degree.values, parameters)])
    kit.panel_title(right, "b", "RM + RL climbs to DPO's curve")
    return fig


if __name__ == "__main__":
    kit.main(draw)
