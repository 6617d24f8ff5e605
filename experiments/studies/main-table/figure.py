"""The rows of the paper's table after equally many steps, ours beside theirs; how far each has drifted; and who is ahead at equal KL."""

import figures as kit
from matplotlib import ticker

AXES = ["variant", "pairs"]
ARMS = ["sft", "dpo", "dpo-2", "online", "online-dpo", "fitted-dpo", "fitted-online-5", "rm+plan"]
NEEDS = ["win_rate", "win_rate_rival", "win_rate_at_kl_of"]
ROWS = {"sft": "SFT", "dpo": "DPO", "dpo-2": "DPO, two epochs", "online": "online, from SFT", "online-dpo": "online, from DPO"}
THEIRS = {"sft": 26.2, "dpo": 49.7, "dpo-2": 52.2, "online": 56.1, "online-dpo": 59.3}  # 2503.01067, 1.4B, % wins against people
FAMILY = {"tokens": "o", "smaller": "s", "walk": "^", "maze": "D"}


def colour(arm):
    return kit.SIMPLE if arm.startswith("online") else kit.ALL if arm.startswith("dpo") else kit.NEITHER


def table(ax, data):
    """Win rates against the rival, a row for each arm: every world of ours, and the paper's."""
    worlds = [str(v) for v in data.variant.values]
    for i, arm in enumerate(ROWS):
        for k, world in enumerate(worlds):
            low_to_high = kit.mean_interval(100 * data.win_rate_rival.sel(arm=arm, variant=world))
            kit.points(ax, [i + 0.13 * (k - (len(worlds) - 1) / 2)], low_to_high, horizontal=True, color=colour(arm),
                       marker=FAMILY.get(world, "o"), markersize=kit.scaled(3))
        ax.plot([THEIRS[arm]], [i], marker="|", color=kit.INK, markersize=kit.scaled(14), zorder=0)
    ax.set_ylim(len(ROWS) - 0.4, -0.6)
    ax.set_yticks(range(len(ROWS)), ROWS.values())
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="wins against the rival, %")


def drift(ax, data):
    """Win rate against the reference over the KL to it; as a dash what the reward of early-stopped DPO has there."""
    ends = []
    for arm in list(ROWS)[1:]:
        kl, own = (float(kit.average(data[name].sel(arm=arm))) for name in ("kl_to_reference", "win_rate"))
        there = float(kit.average(data.win_rate_at_kl_of.sel(arm="dpo", arm_b=arm)))
        ax.plot([kl, kl], [100 * own, 100 * there], color=colour(arm), linewidth=kit.scaled(0.8), zorder=1)
        ax.plot([kl], [100 * there], color=kit.ALL, marker="_", markersize=kit.scaled(7))
        ax.plot([kl], [100 * own], color=colour(arm), marker="o", linestyle="none", markersize=kit.scaled(4))
        ends.append((100 * own, ROWS[arm], dict(color=colour(arm))))
    ax.set(xlabel="KL to the reference", ylabel="wins against it, %", xlim=(0, None))
    ax.yaxis.set_major_locator(ticker.MaxNLocator(6, integer=True))
    return ends


def ahead(ax, data):
    """At the optimum of equal penalties: ahead of DPO's reward at equal KL, over n."""
    ends = []
    plan = data.win_rate_at_kl_of.sel(arm="rm+plan", arm_b="fitted-dpo") - data.win_rate.sel(arm="fitted-dpo")
    five = data.win_rate.sel(arm="fitted-online-5") - data.win_rate_at_kl_of.sel(arm="fitted-dpo", arm_b="fitted-online-5")
    for values, text, style in ((plan, "RM + RL", dict(color=kit.SIMPLE, marker="o")),
                                (five, "best of 5 preferred", dict(color=kit.SIMPLE, marker="^", markerfacecolor="none"))):
        look = style | dict(markersize=kit.scaled(4))
        estimate = kit.mean_interval(100 * values)
        kit.points(ax, data.pairs, estimate, **look)
        ax.plot(data.pairs, estimate[0], color=style["color"], linewidth=0.6, zorder=1)
        ends.append((kit.last(estimate[0]), text, look))
    ax.axhline(0, color=kit.INK, linewidth=kit.scaled(0.6))
    ax.set(xscale="log", xlabel="pairs n", ylabel="ahead of DPO, points")
    kit.log_ticks(ax.xaxis, subs=(1,))
    ax.yaxis.set_major_locator(ticker.MaxNLocator(6, integer=True))
    return ends


def draw(data):
    n = data.pairs.values[min(1, data.sizes["pairs"] - 1)]
    first = data.isel(variant=0)
    name = str(first.variant.values)
    fig, (left, middle, right) = kit.figure(columns=3)
    table(left, data.sel(pairs=n))
    kit.panel_title(left, "a", "equal steps")
    kit.direct_labels(middle, drift(middle, first.sel(pairs=n)))
    kit.panel_title(middle, "b", f"wins over drift, {name}")
    ends = ahead(right, first)
    kit.panel_title(right, "c", f"equal KL, {name}")
    kit.direct_labels(right, ends)
    marks = ", ".join(f"{kit.symbol(dict(marker=FAMILY.get(str(v), 'o')))} {v}" for v in data.variant.values)
    kit.note(fig, f"a, b: {n} pairs. a: {marks}, with 95 % intervals; bars, the paper's (1.4B, % wins against people).")
    kit.note(fig, "b: dashes, the reward of DPO after one epoch, planned at the KL of the other arm. c: at the optimum of equal penalties.")
    return fig
