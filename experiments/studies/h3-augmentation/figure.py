"""The share of what there is to gain that RL loses, learned on the prompts with labels and on all: where there are labels, and where not."""

import figures as kit

AXES = ["variant", "population", "pairs"]
ARMS = ["rm+plan", "rl", "rl-all", "online", "online-all"]
NEEDS = ["headroom"]
LOOKS = {"rl": ("exact RL, labelled prompts", dict(color=kit.SIMPLE, marker="o", markerfacecolor="none"), -0.24),
         "rl-all": ("exact RL, all prompts", dict(color=kit.SIMPLE, marker="o"), -0.08),
         "online": ("online DPO, labelled prompts", dict(color=kit.NEITHER, marker="^", markerfacecolor="none"), 0.08),
         "online-all": ("online DPO, all prompts", dict(color=kit.NEITHER, marker="^"), 0.24)}
ROWS = {"lookup": "summary: a policy\nfor each prompt", "summary": "summary: shared\nby two tokens", "maze": "maze: shared by\ncell and time",
        "tokens": "tokens: one policy,\nmany references"}


def panel(ax, data):
    for row, variant in enumerate(str(v) for v in data.variant.values):
        here = data.sel(variant=variant)
        plan = kit.log_ratio_interval(here.regret.sel(arm="rm+plan"), here.headroom.sel(arm="rm+plan"))[0]
        ax.plot([float(plan)] * 2, [row - 0.38, row + 0.38], color=kit.INK, linewidth=kit.scaled(0.8), zorder=0)
        for arm, (_, look, away) in LOOKS.items():
            share = kit.log_ratio_interval(here.regret.sel(arm=arm), here.headroom.sel(arm=arm))
            kit.points(ax, [row + away], share, horizontal=True, markersize=kit.scaled(4), **look)
    names = [str(v) for v in data.variant.values]
    ax.set_ylim(len(names) - 0.45, -0.55)
    ax.set_yticks(range(len(names)), [ROWS.get(name, name) for name in names])
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="share of headroom lost", xlim=(0, None))


def draw(data):
    n = data.pairs.values[data.sizes["pairs"] // 2]
    fig, panels = kit.figure(columns=2)
    for ax, population, letter in zip(panels, data.population.values, "ab"):
        panel(ax, data.sel(population=population, pairs=n))
        where = "with labels" if population == "train" else "without labels"
        kit.panel_title(ax, letter, f"prompts {where}, {kit.number(int(n))} pairs")
    kit.note(fig, ", ".join(f"{kit.symbol(look)} {text}" for text, look, _ in LOOKS.values()) + ".")
    kit.note(fig, "Upright lines: the plan of the reward model. Points with 95 % intervals.")
    return fig
