"""Expected reward of each arm over beta, against the reference's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402


def draw(data):
    fig, ax = kit.figure(columns=1, height=2.4)
    for arm in data.arm.values:
        ax.plot(data.beta, data.expected_reward.sel(arm=arm).mean("replicate"), label=kit.arm_label(arm), **kit.arm_style(arm))
    ax.axhline(2, color="#333333", linewidth=0.8)
    ax.text(data.beta.values[-1], 2.01, "reference", ha="right", va="bottom", fontsize=7)
    ax.set(xlabel="beta", ylabel="expected reward", xscale="log")
    ax.legend()
    return fig


if __name__ == "__main__":
    kit.main(draw)
