"""Regret ratio and regret over the horizon: equal at one token, and what happens as completions grow."""

import figures as kit

AXES = ["horizon", "pairs"]
ARMS = ["dpo", "dense-rm+plan", "rm+plan", "planned-dpo"]


def draw(data):
    data = kit.steadier(data)
    fig, (left, right) = kit.figure(columns=2)
    ends = kit.ratio_panel(left, data, "horizon")
    left.set(xlabel="horizon H (tokens)")
    kit.panel_title(left, "a", kit.along(data, "horizon", "H"))
    kit.direct_labels(left, ends)

    n = data.pairs.values[-1]  # where theory speaks, if anywhere
    at = data.sel(pairs=n)
    ends = kit.regret_panel(right, at, "horizon", ARMS)
    right.set(xlabel="horizon H (tokens)", ylabel=f"mean regret at n = {n}", xticks=data.horizon.values)
    kit.panel_title(right, "b", kit.class_decides(at))
    kit.direct_labels(right, ends)
    kit.reading_key(fig)
    return fig
