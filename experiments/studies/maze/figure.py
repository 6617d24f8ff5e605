"""Regret ratio over the moves of a maze, and what the policies cost in data: three numbers against hundreds."""

import figures as kit

AXES = ["horizon", "pairs"]
ARMS = ["dpo", "dense-rm+plan", "rm+plan", "planned-dpo"]


def draw(data):
    fig, (left, right) = kit.figure(columns=2)
    ends = kit.ratio_panel(left, data, "horizon")
    left.set(xlabel="horizon H (moves)")
    kit.panel_title(left, "a", kit.along(data, "horizon", "H"))
    kit.direct_labels(left, ends)

    n = data.pairs.values[-1]
    at = data.sel(pairs=n)
    ends = kit.regret_panel(right, at, "horizon", ARMS)
    parameters = at.parameter_count.sel(arm="dpo").mean("replicate").values
    right.set(xlabel="horizon H (parameters of a policy)", ylabel=f"mean regret at n = {n}")
    right.set_xticks(data.horizon.values, [f"{h}\n({p:.0f})" for h, p in zip(data.horizon.values, parameters)])
    kit.panel_title(right, "b", kit.class_decides(at))
    kit.direct_labels(right, ends)
    kit.reading_key(fig)
    return fig
