"""Regret ratio and regret over the horizon: equal at one token, DPO falls behind as completions grow."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402

ARMS = ["dpo", "dense-rm+plan", "rm+plan", "planned-dpo"]
SHADES = ["#F4A582", "#D55E00", "#7A2E00"]  # light to dark as n grows


def draw(data):
    fig, (left, right) = kit.figure(columns=2)
    kit.ratio_panel(left, data, "horizon", SHADES)
    left.set(xlabel="horizon H (tokens)")
    kit.panel_title(left, "a", "RM + RL wins, more so at length")

    n = data.pairs.values[data.sizes["pairs"] // 2]
    kit.regret_panel(right, data.sel(pairs=n), "horizon", ARMS)
    right.set(xlabel="horizon H (tokens)", ylabel=f"mean regret at n = {n}", xticks=data.horizon.values)
    kit.log_ticks(right.yaxis)
    kit.panel_title(right, "b", "two curves, not four: the class decides")
    return fig


if __name__ == "__main__":
    kit.main(draw)
