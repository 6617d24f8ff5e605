"""The default figure of any shape of result: arms over the first numeric axis, small multiples over the second."""

from support import ARMS, np, result, spread

from figures import default
from figures.save import caption, finish

REGRET = spread([1, 2, 3, 4])


def drawn(axes, **more):
    data = result(REGRET, axes, **more)
    fig = default.draw(data)
    finish(fig)
    plots = fig.axes
    return fig, plots, caption(fig, data)


# Spaced by factors: a logarithmic axis, at the values; regrets of 1 to 4 likewise. One panel for each n.
fig, plots, said = drawn(dict(horizon=[1, 2, 4, 8], pairs=[100, 200, 300]))
assert [ax.get_title(loc="left") for ax in plots] == [f"{k}  pairs = {n}" for k, n in zip("abc", (100, 200, 300))]
assert all(ax.get_xscale() == "log" and ax.get_yscale() == "log" for ax in plots)
assert [t.get_text() for t in plots[0].get_xticklabels()] == ["1", "2", "4", "8"]
assert plots[0].get_xlabel() == "horizon" and plots[0].get_ylabel() == "mean regret"
# Each arm has its name once, beside the last panel, and its prediction and points in every panel.
assert sum(len(ax.texts) for ax in plots) == len(ARMS) == len(plots[-1].texts)
assert all(len(ax.containers) == len(ARMS) for ax in plots) and "RM + RL wins" not in said

# Evenly spaced: linear. More panels or axes than can be shown: the note says which are.
_, plots, _ = drawn(dict(horizon=[1, 2, 3, 4, 5]))
assert [ax.get_xscale() for ax in plots] == ["linear"]
_, plots, said = drawn(dict(a=[1, 2], b=list(range(9)), c=[3, 4]))
assert len(plots) == 4 and "4 of 9 values of b." in said and "At c = 4." in said

# Numbers before names; an axis of names alone has them as ticks; a dollar sign starts no formula.
_, plots, said = drawn(dict(variant=["x$y$", "z"], pairs=[10, 1000]))
assert plots[0].get_xlabel() == "pairs" and "(a) variant = x$y$." in said
_, plots, _ = drawn(dict(variant=["x", "z"]))
assert [t.get_text() for t in plots[0].get_xticklabels()] == ["x", "z"]

# One point; an axis with one value takes no room; arms that are one curve are said to be.
fig, plots, _ = drawn({})
assert len(plots) == 1 and len(plots[0].containers) == len(ARMS)
_, plots, said = drawn(dict(horizon=[2], pairs=[10, 20]))
assert plots[0].get_xlabel() == "pairs" and "At horizon = 2." in said
REGRET = spread([1, 2, 2, 1])
_, plots, _ = drawn(dict(pairs=[10, 20]))
assert plots[0].get_title(loc="left") == "four arms, two curves"

# Arms that the kit has never heard of take their colour from their search space, as the configuration tells it.
from figures import style  # noqa: E402

text = '''
[[arms]]
name = "simple"
algorithm = "rm+plan"
reward = { class = "degree" }
[[arms]]
name = "rich"
algorithm = "rm+plan"
reward = { class = "dense" }
[[arms]]
name = "straight"
algorithm = "dpo"
policy = { class = "tabular" }
[[arms]]
name = "imitation"
algorithm = "sft"
policy = { class = "tabular" }
'''
drawn(dict(pairs=[10, 20]), arms=["simple", "rich", "straight", "imitation"], configuration=text)
colours = [style.arm_style(arm)["color"] for arm in ("simple", "rich", "straight", "imitation")]
assert colours == [style.SIMPLE, style.ALL, style.ALL, style.NEITHER], colours
assert len({style.symbol(style.arm_style(arm)) for arm in ("rich", "straight")}) == 2

# So they do in a figure of the study's own.
from figures import draw  # noqa: E402

seen = []


class Script:
    @staticmethod
    def draw(data):
        seen.append(style.arm_style("walked")["color"])
        return default.draw(data)


walked = text.replace("straight", "walked")
draw.drawing(Script, result(REGRET[:, 2:3], dict(pairs=[10, 20]), arms=["walked"], configuration=walked))
assert seen == [style.ALL], seen

# Along yardsticks no regret moves: they are no axes of it.
_, plots, said = drawn(dict(at_kl=["0.3", "arm:dpo"], horizon=[1, 2, 4, 8]))
assert len(plots) == 1 and plots[0].get_xlabel() == "horizon" and "Along at_kl no regret moves." in said
