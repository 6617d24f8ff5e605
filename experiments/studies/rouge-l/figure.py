"""The share of what there is to gain that each arm loses, over the complexity of the reference: with data, and without."""

import figures as kit

AXES = ["population", "k", "pairs"]
ARMS = ["dpo", "rm+plan", "same-class-dpo"]
NEEDS = ["headroom"]


def look(arm):
    """The control coincides with the verifier's arm: hollow, and large enough to be seen behind it."""
    if arm != "same-class-dpo":
        return kit.arm_style(arm), kit.arm_label(arm)
    hollow = dict(color=kit.ALL, marker="s", markerfacecolor="none", markersize=kit.scaled(7))
    return hollow, "DPO, the verifier's class"


def draw(data):
    fig, panels = kit.figure(columns=2)
    n = data.pairs.values[data.sizes["pairs"] // 2]
    at = data.sel(pairs=n)
    for ax, population, letter in zip(panels, data.population.values, "ab"):
        here = at.sel(population=population)
        ends = []
        for arm in reversed(ARMS):  # so that of arms that coincide the first stays visible
            cell = here.sel(arm=arm)
            estimate = kit.log_ratio_interval(cell.regret, cell.headroom)
            style, label = look(arm)
            kit.points(ax, data.k, estimate, **style)
            ends.append((kit.last(estimate[0]), label, style))
        ax.axhline(1, color=kit.INK, linewidth=kit.scaled(0.6))
        ax.set(xlabel="complexity k of the reference", ylabel=f"share of headroom lost, n = {n}", xticks=data.k.values,
               ylim=(0, None))
        where = "with data" if population == "train" else "without data"
        kit.panel_title(ax, letter, f"{where}: {kit.along(here, 'k', 'k')}")
        kit.direct_labels(ax, ends)
    return fig
