"""How far each arm moves from the reference, over beta; RL leaves it below 1/3."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "results"))
import figures as kit  # noqa: E402


def draw(data):
    fig, ax = kit.figure(columns=1, height=2.4)
    for arm in data.arm.values:
        ax.plot(data.beta, data.kl_to_reference.sel(arm=arm).mean("replicate"), label=kit.arm_label(arm), **kit.arm_style(arm))
    ax.axvline(1 / 3, color="#333333", linewidth=0.8, linestyle=":")
    ax.set(xlabel="beta (dotted: 1/3)", ylabel="KL to the reference, nats", xscale="log")
    ax.legend()
    return fig


if __name__ == "__main__":
    kit.main(draw)
