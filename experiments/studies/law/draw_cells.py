#!/usr/bin/env python3
"""Draws the cells of the study: ``draw_cells.py PROGRAM`` writes cells.toml, the same bytes every time.

PROGRAM is the command line `twostage`: it says by theory alone (``predict --json``) what a cell's kappa,
floor and existence are. No data are drawn here.

Cells come in thirds of 167, 167 and 166, and go round the families bandit, walk, tokens, two-token:

  nested   both classes hold the truth; the plans of the rewards are policies of the direct arm
  policy   both hold it; the policy class is the smaller one
  reward   the reward class misses the truth, the policy class holds the optimum

Proposals are drawn until one is accepted; each comes from a stream of its own, (SEED, third, index, attempt), so
that any cell can be drawn alone. Drawn are

  beta         log-uniform in [.5, 2]
  headroom     beta times log-uniform [.05, .5] (reward: [.01, .2])
  prompts      1 (half), 2 or 3; their weights, one truth or one each, classes shared or not
  reference    uniform, or random with spread uniform in [.3, 1]
  sampler      reference, uniform, optimal, tempered or policy-guided, tilt uniform in [.25, 1]
  world        which of the fixed ones (number), sizes and classes as the functions below say
  n            what makes the larger kappa of the two arms a number drawn log-uniform in KAPPA

and accepted is what the theory calls `within` in both arms, whose floors are what the third says (0 to
rounding, or .05 to .75 of the reward arm's predicted regret) and whose arms do not coincide. For the sake of time,
n is at most MOST_PAIRS, and n times the sum of both arms' squared relative deviations, as predicted, at most
MOST_WORK: the replicates that a precision takes are proportional to that sum. So cells of small kappa are smaller
worlds, and there are fewer of them and of classes with one parameter than are proposed.

``--check K`` draws every K-th cell anew and compares it with cells.toml; ``--name NAME`` and ``--kappa LOW HIGH``
are for pilots: another name means other worlds and data.
"""

import argparse
import math
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
from drawn import Draw, ask, of_class, table  # noqa: E402

SEED = 1  # of study.toml
THIRDS = {"nested": 167, "policy": 167, "reward": 166}
KAPPA = (0.002, 0.02)
MOST_PAIRS = 5000
MOST_WORK = 2500
ROUNDING = 1e-12  # a floor of 0


def common(draw, family, lowest, highest):
    beta = draw.log_uniform(0.5, 2)
    world = {"family": family, "instance": "fixed", "number": draw.integer(0, 999_999), "beta": beta,
             "headroom": float(f"{beta * draw.log_uniform(lowest, highest):.3g}"),
             "prompts": draw.one_of(1, 1, 2, 3)}
    if world["prompts"] > 1:
        world["prompt_weights"] = draw.one_of("uniform", "random")
        world["shared_classes"] = draw.maybe()
        world["shared_truth"] = world["shared_classes"] or draw.maybe()
    if draw.maybe(0.6):
        world["reference"] = "random"
        world["reference_spread"] = draw.uniform(0.3, 1)
    return world


def sampler(draw):
    kind = draw.one_of("reference", "reference", "uniform", "optimal", "tempered", "policy-guided")
    tilted = kind in ("tempered", "policy-guided")
    return {"kind": kind, **({"tilt": draw.uniform(0.25, 1)} if tilted else {})}


def sizes(draw, world):
    """Sizes of a world and the degree of its truth, where it has one."""
    family = world["family"]
    if family == "bandit":
        world["arms"] = draw.integer(3, 10)
        world["features"] = draw.integer(1, world["arms"] - 1)
    elif family == "walk":
        world["horizon"] = draw.integer(2, 4)
        world["truth"] = draw.one_of("terminal", "dense")
    elif family == "tokens":
        world["alphabet"] = draw.one_of(2, 2, 3)
        world["horizon"] = draw.integer(2, 5 if world["alphabet"] == 2 else 3)
        world["degree"] = draw.integer(1, world["horizon"])
    else:
        world["actions"] = draw.integer(3, 12)
        world["sparsity"] = draw.one_of(0, draw.integer(1, world["actions"]))


# The classes of the two arms, (reward, policy); None: not in this world. What a class holds is checked by the
# predicted floors.

def nested(draw, world):
    family = world["family"]
    simple = of_class("true-direction")
    if family == "bandit":
        if draw.maybe(0.3):
            world["features"] = 0
            return simple, of_class("tabular")
        return draw.one_of((of_class("degree"), of_class("tabular")), (simple, of_class("degree")),
                           (simple, of_class("tabular")))
    if family == "walk":
        verifier = of_class("terminal") if world["truth"] == "terminal" and draw.maybe(0.7) else simple
        return verifier, of_class("tabular")
    if family == "two-token":
        return of_class("degree") if draw.maybe(0.6) else simple, of_class("tabular")
    if draw.maybe(0.2):
        return simple, of_class("tabular")
    degree = draw.integer(world["degree"], world["horizon"])
    larger = of_class("degree", degree=degree + 1)
    direct = larger if degree < world["horizon"] and draw.maybe(0.3) else of_class("tabular")
    return of_class("degree", degree=degree), direct


def policy(draw, world):
    family = world["family"]
    if family == "bandit":
        return of_class("dense"), of_class("degree")
    if family == "walk":
        terminal = world["truth"] == "terminal" and draw.maybe()
        return of_class("terminal" if terminal else "dense"), of_class("first-token")
    if family == "two-token":
        return of_class("dense" if draw.maybe(0.7) else "degree"), of_class("first-token")
    reward = of_class("degree", degree=draw.integer(world["degree"], world["horizon"]))
    if draw.maybe(0.3):
        return reward, of_class("first-token")
    world["degree"] = draw.integer(1, 2)
    if world["horizon"] <= world["degree"]:
        return None
    reward = of_class("degree", degree=draw.integer(world["degree"] + 1, world["horizon"]))
    return reward, of_class("degree", degree=world["degree"])


def reward(draw, world):
    family = world["family"]
    if family == "bandit":
        if world["features"] < 2:
            return None
        verifier = of_class("first", k=draw.integer(1, world["features"] - 1))
        return verifier, of_class(draw.one_of("tabular", "degree"))
    if family == "walk":
        world["truth"] = "dense"
        return of_class("terminal"), of_class("tabular")
    if family == "two-token":
        verifier = of_class("first", k=draw.integer(1, world["actions"] - 1))
        return verifier, of_class("tabular" if draw.maybe(0.7) else "first-token")
    degree = draw.integer(1, world["horizon"] - 1)
    if draw.maybe(0.7):
        world["degree"] = degree
        world["excess"] = draw.log_uniform(0.05, 0.5)
    else:
        world["degree"] = degree + 1
    return of_class("degree", degree=degree), of_class("tabular")


CLASSES = {"nested": nested, "policy": policy, "reward": reward}
FAMILIES = ["bandit", "walk", "tokens", "two-token"]


def propose(third, index, attempt, kappa):
    draw = Draw(SEED, third, index, attempt)
    world = common(draw, FAMILIES[index % len(FAMILIES)], *((0.01, 0.2) if third == "reward" else (0.05, 0.5)))
    sizes(draw, world)
    classes = CLASSES[third](draw, world)
    if classes is None:
        return None
    return {"world": world, "sampler": sampler(draw), "reward": classes[0], "policy": classes[1],
            "kappa": draw.log_uniform(*kappa)}


def variant(name, cell, pairs):
    return (f'[[variants]]\nname        = "{name}"\npairs       = {pairs}\nworld       = {table(cell["world"])}\n'
            f'sampler     = {table(cell["sampler"])}\narms.rm     = {{ reward = {table(cell["reward"])} }}\n'
            f'arms.direct = {{ policy = {table(cell["policy"])} }}\n')


def predictions(program, name, cells):
    """Predictions (rm, direct) of cells [(cell, pairs)], in their order."""
    whole = (HERE / "study.toml").read_text()
    study = re.sub(r"\[presets\.smoke\].*?(?=\[verdicts\])", "", whole, flags=re.DOTALL)  # it names cells
    return ask(program, name, study, [variant(f"v{i}", cell, pairs) for i, (cell, pairs) in enumerate(cells)], 2)


def work(rm, direct):
    return rm["pairs"] * sum((arm["deviation"] / arm["regret"]) ** 2 for arm in (rm, direct))


def acceptable(third, rm, direct):
    if rm["regime"] != "within" or direct["regime"] != "within":
        return False
    if not direct["floor"] <= ROUNDING or abs(math.log(direct["regret"] / rm["regret"])) < 1e-6:
        return False
    if work(rm, direct) > MOST_WORK:
        return False
    if third == "reward":
        return 0.05 <= rm["floor"] / rm["regret"] <= 0.75
    return rm["floor"] <= ROUNDING


def draw_cells(program, study, kappa, wanted):
    """{(third, index): text of the variant} for the cells wanted."""
    done = {}
    attempt = 0
    while len(done) < len(wanted):
        proposals = [(cell, propose(*cell, attempt, kappa)) for cell in wanted if cell not in done]
        proposals = [(cell, what) for cell, what in proposals if what is not None]
        sized = []
        for (cell, what), (rm, direct) in zip(proposals, predictions(program, study, [(w, 1000) for _, w in proposals])):
            if rm["kappa"] is None or direct["kappa"] is None:
                continue
            pairs = math.ceil(1000 * max(rm["kappa"], direct["kappa"]) / what["kappa"])
            if pairs <= MOST_PAIRS:
                sized.append((cell, what, pairs))
        for (cell, what, pairs), (rm, direct) in zip(sized, predictions(program, study, [s[1:] for s in sized])):
            if acceptable(cell[0], rm, direct):
                done[cell] = variant(f"{cell[0]}-{cell[1] + 1:03d}", what, pairs)
        attempt += 1
        print(f"attempt {attempt}: {len(done)} of {len(wanted)} cells", file=sys.stderr)
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--check", type=int, metavar="K", help="compare every K-th cell with cells.toml")
    parser.add_argument("--name", default="law", help="name of the study, which addresses worlds and data")
    parser.add_argument("--kappa", type=float, nargs=2, default=KAPPA, metavar=("LOW", "HIGH"))
    parser.add_argument("--out", type=Path, default=HERE / "cells.toml")
    arguments = parser.parse_args()

    cells = [(third, index) for third, count in THIRDS.items() for index in range(count)]
    if arguments.check:
        cells = cells[::arguments.check]
    done = draw_cells(arguments.program, arguments.name, arguments.kappa, cells)
    if arguments.check:
        known = arguments.out.read_text()
        for text in done.values():
            if text not in known:
                sys.exit(f"not in {arguments.out}:\n{text}")
        print(f"{len(done)} cells drawn again, as they stand in {arguments.out.name}")
    else:
        head = "# Drawn by draw_cells.py, which says how.\n\n"
        arguments.out.write_text(head + "\n".join(done[cell] for cell in cells))


if __name__ == "__main__":
    main()
