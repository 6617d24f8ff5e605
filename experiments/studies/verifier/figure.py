"""Regret ratio over the degree of the verifier: what becomes of the advantage, which is exactly gone at d = H."""

import figures as kit

AXES = ["degree", "pairs"]
ARMS = ["dpo", "dense-rm+plan", "rm+plan", "planned-dpo"]


def draw(data):
    data = kit.steadier(data)
    fig, (left, right) = kit.figure(columns=2)
    ends = kit.ratio_panel(left, data, "degree")
    left.set(xlabel="degree d of the verifier")
    kit.panel_title(left, "a", kit.along(data, "degree", "d"))
    kit.direct_labels(left, ends)

    n = data.pairs.values[data.sizes["pairs"] // 2]
    at = data.sel(pairs=n)
    ends = kit.regret_panel(right, at, "degree", ARMS)
    right.set(xlabel="degree d (parameters)", ylabel=f"mean regret at n = {n}")
    parameters = at.parameter_count.sel(arm="rm+plan").max("replicate").values
    right.set_xticks(data.degree.values, [f"{d}\n({p:.0f})" for d, p in zip(data.degree.values, parameters)])
    kit.panel_title(right, "b", kit.class_decides(at))
    kit.direct_labels(right, ends)
    kit.reading_key(fig)
    return fig
