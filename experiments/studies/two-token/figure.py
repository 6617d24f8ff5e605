"""n times regret over the number of first tokens: what the reward knows of its structure, and what that is worth."""

import re

import figures as kit

AXES = ["sparsity", "actions"]
ARMS = ["dpo", "linear-rm", "first-token-dpo", "sparse-rm", "known-rm"]


def title(sparsity):
    return f"{kit.number(int(sparsity))} first tokens matter" if sparsity else "every first token matters"


def draw(data):
    data = kit.steadier(data)
    n = int(re.search(r"^pairs = (\d+)", str(data.configuration.values), re.M)[1])
    shown = data.sparsity.values[:3]
    fig, axes = kit.figure(columns=len(shown), height=2.9, sharey=True)
    for ax, letter, sparsity in zip(axes, "abc", shown):
        cell, ends = data.sel(sparsity=sparsity), []
        for arm in ARMS:
            look, own = kit.arm_style(arm), cell.sel(arm=arm)
            estimate = kit.mean_interval(n * own.regret)
            kit.points(ax, data.actions, estimate, **look)
            theory = n * kit.average(own.predicted_regret)
            if bool(theory.notnull().any()):
                kit.prediction_line(ax, data.actions, theory, kit.in_regime(own), look["color"])
            else:
                ax.plot(data.actions, estimate[0], color=look["color"], linestyle="--", zorder=1)
            ends.append((kit.last(estimate[0]), kit.arm_label(arm), look))
        ax.set(xscale="log", xlabel="first tokens K")
        kit.regret_scale(ax, n * kit.average(data.regret.sel(sparsity=shown)))
        kit.value_ticks(ax.xaxis, data.actions.values)
        kit.panel_title(ax, letter, title(sparsity))
    for ax in axes if kit.stacked() else axes[:1]:
        ax.set_ylabel("n × mean regret")
    for ax in axes if kit.stacked() else axes[-1:]:
        kit.direct_labels(ax, ends)
    kit.reading_key(fig, "Dashed: joins the points where theory has no formula.")
    return fig
