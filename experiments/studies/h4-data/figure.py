"""Mean regrets over how narrow the pairs are, with the predictions, and the ratio of the two routes."""

import figures as kit

AXES = ["variant", "sampler.tilt", "pairs"]
ARMS = ["rm+plan", "dpo"]
NEEDS = ["predicted_regret"]


def regrets(ax, data):
    """Returns the ends of the curves, for their labels."""
    tilt = data["sampler.tilt"]
    ends = []
    for arm in ARMS:
        style = kit.arm_style(arm)
        estimate = kit.mean_interval(data.regret.sel(arm=arm))
        kit.points(ax, tilt, estimate, **style)
        ax.plot(tilt, kit.average(data.predicted_regret.sel(arm=arm)), color=style["color"], linewidth=kit.scaled(0.8))
        ends.append((kit.last(estimate[0]), kit.arm_label(arm, short=True), style))
    ax.set(yscale="log", xlabel="tilt of the pairs: wide to narrow", ylabel="mean regret")
    kit.log_ticks(ax.yaxis)
    return ends


def draw(data):
    data = kit.steadier(data)
    worlds = [str(v) for v in data.variant.values]
    n = data.pairs.values[data.sizes["pairs"] // 2]
    fig, axes = kit.figure(columns=len(worlds) + 1)
    for k, world in enumerate(worlds):
        ends = regrets(axes[k], data.sel(variant=world, pairs=n))
        kit.panel_title(axes[k], "abcdef"[k], f"{world}, {kit.number(int(n))} pairs")
        kit.direct_labels(axes[k], ends)
    last, ends = axes[len(worlds)], []
    for world, marker in zip(worlds, "os^"):
        at = data.sel(variant=world, pairs=n)
        estimate = kit.log_ratio_interval(at.regret.sel(arm="dpo"), at.regret.sel(arm="rm+plan"))
        style = dict(color=kit.INK, marker=marker, markersize=kit.scaled(4))
        kit.points(last, at["sampler.tilt"], estimate, **style)
        last.plot(at["sampler.tilt"], estimate[0], color=kit.INK, linewidth=kit.scaled(0.6), zorder=1)
        ends.append((kit.last(estimate[0]), world, style))
    last.axhline(1, color=kit.NEITHER, linewidth=kit.scaled(0.6))
    last.set(yscale="log", xlabel="tilt of the pairs: wide to narrow", ylabel="regret, DPO : RM + RL")
    kit.log_ticks(last.yaxis)
    kit.panel_title(last, "abcdef"[len(worlds)], "ratio of regrets")
    kit.direct_labels(last, ends)
    kit.note(fig, "Tilt 0: both completions from the reference; 1: from pi*; beyond: from its sharper plans. Lines in the first panels: theory.")
    return fig
