"""Mean regret over the number of pairs: SPIN lies on supervised fine-tuning, and the losers tell more."""

import figures as kit

AXES = ["variant", "pairs"]
ARMS = ["sft", "spin", "spin-once", "dpo"]
LOOKS = {"sft": dict(color=kit.NEITHER, marker="x", label="SFT on the winners"),
         "spin": dict(color=kit.NEITHER, marker="o", markerfacecolor="none", size=7, label="SPIN, 2000 rounds"),
         "spin-once": dict(color=kit.NEITHER, marker="s", markerfacecolor="none", size=9, label="SPIN, one round"),
         "dpo": dict(color=kit.ALL, marker="D", label="DPO")}


def panel(ax, data):
    """Returns the ends of the curves, for their labels."""
    ends = []
    for arm, look in LOOKS.items():
        style = {k: v for k, v in look.items() if k not in ("label", "size")} | dict(markersize=kit.scaled(look.get("size", 4)))
        estimate = kit.mean_interval(data.regret.sel(arm=arm))
        kit.points(ax, data.pairs, estimate, **style)
        ends.append((kit.last(estimate[0]), look["label"], style))
    ax.set(xscale="log", yscale="log", xlabel="pairs n", ylabel="mean regret")
    kit.log_ticks(ax.xaxis)
    kit.log_ticks(ax.yaxis)
    return ends


def draw(data):
    names = [str(v) for v in data.variant.values]
    fig, axes = kit.figure(columns=len(names))
    for ax, name, letter in zip(axes, names, "abcdef"):
        at = data.sel(variant=name)
        ends = panel(ax, at)
        gap = float(at.policy_gap.sel(arm="spin", arm_b="sft").max())
        kit.panel_title(ax, letter, f"{name}: SPIN off SFT by {kit.plain(float(f'{gap:.0e}'))} at most")
        if name == names[-1] or kit.stacked():
            kit.direct_labels(ax, ends)
    kit.note(fig, "Points: measured, with 95 % intervals. Hollow marks of different sizes lie on each other where arms coincide.")
    return fig
