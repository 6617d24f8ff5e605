"""Who wins over the sizes of reward class and policy class; the border by theory on top."""

import figures as kit

AXES = ["reward.k", "policy.k"]
SEVERAL = ["reward.k", "policy.k"]
ARMS = ["dpo", "rm+plan"]
DEGREE_ENDS = [1, 6, 21, 41, 56, 63]  # functions of degree at most d in six binary tokens, d = 0 (next to none) to 6


def ticks(values):
    inside = [k for k in DEGREE_ENDS if values[0] <= k <= values[-1]]
    return inside if len(inside) > 1 else [values[0], values[-1]]


def apart(ax, data):
    """Each route over its own class: the two learning problems, which do not see each other."""
    ends = []
    for arm, own, other, mark in (("dpo", "policy.k", "reward.k", dict(markersize=kit.scaled(4.5), markerfacecolor="none")),
                                  ("rm+plan", "reward.k", "policy.k", dict(markersize=kit.scaled(2.2)))):
        line = data.sel(arm=arm).isel({other: 0})
        look = {**kit.arm_style(arm), "markeredgewidth": 0.7, "capsize": 0, **mark}
        estimate = kit.mean_interval(line.regret)
        kit.prediction_line(ax, data[own], kit.average(line.predicted_regret), kit.in_regime(line), look["color"])
        kit.points(ax, data[own], estimate, **look)
        ends.append((kit.last(estimate[0]), kit.arm_label(arm, short=True), look))
    ax.set(xlabel="functions in the class (truth: 21)", ylabel="mean regret", xticks=ticks(data["policy.k"].values))
    kit.regret_scale(ax, kit.average(data.regret))
    return ends


def with_less_noise(data):
    """Regrets of the same means and less variance, where the run stores them."""
    return data.assign(regret=data.adjusted_regret) if "adjusted_regret" in data else data


def draw(data):
    fig, (ax, curves) = kit.figure(columns=2, height=3.2, ratios=[1.25, 1])
    found = kit.WinnerMap(with_less_noise(data), "reward.k", "policy.k")
    found.draw(fig, ax)
    found.name_regions(ax)
    low, high = max(ax.get_xlim()[0], ax.get_ylim()[0]), min(ax.get_xlim()[1], ax.get_ylim()[1])
    key = found.key()
    if low < high:
        ax.plot([low, high], [low, high], color=kit.INK, linewidth=kit.scaled(0.8), linestyle=":")
        key.append("Dotted in a: equal sizes.")
    ax.set(xlabel="functions in the verifier (truth: 21)", ylabel="functions in the generator",
           xticks=ticks(data["reward.k"].values), yticks=ticks(data["policy.k"].values))
    kit.panel_title(ax, "a", found.title())

    ends = apart(curves, data)
    kit.panel_title(curves, "b", "the two learning problems apart")
    kit.direct_labels(curves, ends)
    kit.reading_key(fig, *key)
    return fig
