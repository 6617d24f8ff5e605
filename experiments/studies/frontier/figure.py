"""Win rate over the KL to the reference: each arm where its fit left it, and the plan of the simple verifier at that KL."""

import figures as kit

AXES = ["variant", "pairs"]
ARMS = ["rm+plan", "dpo", "grpo", "best-5", "best-of-4"]
NEEDS = ["win_rate", "win_rate_at_kl_of"]
LOOKS = {"dpo": dict(color=kit.ALL, marker="D", label="DPO"),
         "rm+plan": dict(color=kit.SIMPLE, marker="o", label="RM + RL"),
         "grpo": dict(color=kit.SIMPLE, marker="s", markerfacecolor="none", label="GRPO"),
         "best-5": dict(color=kit.SIMPLE, marker="^", markerfacecolor="none", label="online, best preferred"),
         "best-of-4": dict(color=kit.SIMPLE, marker="v", markerfacecolor="none", label="best of 4")}


def drift(ax, data):
    """Every arm at its own KL, and as a dash what the plan of the simple verifier has there; returns the arms for their labels."""
    ends = []
    for arm, look in LOOKS.items():
        style = {k: v for k, v in look.items() if k != "label"}
        kl = float(kit.average(data.kl_to_reference.sel(arm=arm)))
        own = float(kit.average(data.win_rate.sel(arm=arm)))
        plan = float(kit.average(data.win_rate_at_kl_of.sel(arm="rm+plan", arm_b=arm)))
        ax.plot([kl, kl], [own, plan], color=style["color"], linewidth=0.8, zorder=1)
        ax.plot([kl], [plan], color=kit.SIMPLE, marker="_", markersize=kit.scaled(7))
        ax.plot([kl], [own], linestyle="none", markersize=kit.arm_style("dpo")["markersize"], **style)
        ends.append((own, look["label"], style))
    ax.set(xlabel="KL to the reference", ylabel="win rate against it")
    return ends


def advantage(ax, data):
    """RM + RL ahead of DPO in win rate over n: raw, and at DPO's KL; returns the ends of the curves."""
    ends = []
    raw = data.win_rate.sel(arm="rm+plan") - data.win_rate.sel(arm="dpo")
    matched = data.win_rate_at_kl_of.sel(arm="rm+plan", arm_b="dpo") - data.win_rate.sel(arm="dpo")
    for values, text, style in ((matched, "at equal KL", dict(color=kit.SIMPLE, marker="o")),
                                (raw, "as fitted", dict(color=kit.NEITHER, marker="s", markerfacecolor="none"))):
        mean = kit.average(values)
        half = 1.96 * values.std("replicate", ddof=1) / values.count("replicate") ** 0.5
        look = style | dict(markersize=kit.arm_style("dpo")["markersize"])
        kit.points(ax, data.pairs, (mean, mean - half, mean + half), **look)
        ax.plot(data.pairs, mean, color=style["color"], linewidth=0.6, zorder=1)
        ends.append((kit.last(mean), text, look))
    ax.axhline(0, color=kit.INK, linewidth=kit.scaled(0.6))
    ax.set(xscale="log", xlabel="pairs n", ylabel="RM + RL ahead of DPO, win rate")
    kit.log_ticks(ax.xaxis)
    return ends


def draw(data):
    data = data.isel(variant=0)
    fig, (left, right) = kit.figure(columns=2)
    n = data.pairs.values[min(1, data.sizes["pairs"] - 1)]
    kit.direct_labels(left, drift(left, data.sel(pairs=n)))
    kit.panel_title(left, "a", f"{n} pairs")
    ends = advantage(right, data)
    kit.panel_title(right, "b", "the order, as fitted and at equal KL")
    kit.direct_labels(right, ends)
    kit.note(fig, "a: dashes, the plan of the simple verifier at the KL of each arm. b: points with 95 % intervals.")
    return fig
