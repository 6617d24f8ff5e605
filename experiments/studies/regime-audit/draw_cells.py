#!/usr/bin/env python3
"""Draws the cells of the study: ``draw_cells.py PROGRAM`` writes cells.toml, the same bytes every time.

PROGRAM is the command line `twostage`: it says by theory alone (``predict --json``) what a cell's kappa and existence
are. No data are drawn here.

A cell is one arm in one world: its number says the family (bandit, walk, tokens, two-token in turn), all else is drawn
from the stream (SEED, index, attempt), over what a study file may say:

  beta         log-uniform in [.001, 1000], all that is permitted
  truth        headroom beta times log-uniform [.003, 3], or scale log-uniform [.03, 30]; of any kind of the family
  prompts      1, 2, 3 or 5; weights, truth and classes each shared or not
  reference    uniform, or random with spread log-uniform in [.2, 10]
  sampler      each, tilt uniform in [0, 4]
  arm          RM + RL or DPO, with any class of its role, whether it holds the truth or not
  penalty      none (half), reference-kl, variance, ridge, with lambda log-uniform in [.0001, 1000]
  n            log-uniform in [20, 5000]

A proposal is accepted when its kappa is at most .02 and its estimate exists with probability .999 (any penalty makes
sure of that): what the regime asks first. What it asks next has no part in the choice, so that it has something to turn
away. Not accepted are regrets of which the noise of the data is less than a tenth, as predicted: where a penalty or a
class decides, the prediction can hardly fail. For the sake of time, n times the squared relative deviation of the regret
is at most MOST_WORK (the replicates that a precision takes are proportional to it), and the completions of all prompts
are at most 100.

``--check K`` draws every K-th cell anew and compares it with cells.toml; ``--seed``, ``--cells`` and ``--name`` are for
pilots: another name means other worlds and data.
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
from drawn import Draw, ask, of_class, table  # noqa: E402

SEED = "audit-1"
CELLS = 400
KAPPA = 0.02
EXISTENCE = 0.999
LEAST_NOISE = 0.1
MOST_WORK = 5000
MOST_COMPLETIONS = 100
FAMILIES = ["bandit", "walk", "tokens", "two-token"]


def common(draw, family):
    beta = draw.log_uniform(1e-3, 1e3)
    world = {"family": family, "instance": "fixed", "number": draw.integer(0, 999_999), "beta": beta}
    if draw.maybe():
        world["headroom"] = min(1000.0, float(f"{beta * draw.log_uniform(0.003, 3):.3g}"))
    else:
        world["scale"] = draw.log_uniform(0.03, 30)
    world["prompts"] = draw.one_of(1, 1, 2, 3, 5)
    if world["prompts"] > 1:
        world["prompt_weights"] = draw.one_of("uniform", "random")
        world["shared_classes"] = draw.maybe()
        world["shared_truth"] = draw.maybe()
    if draw.maybe(0.7):
        world["reference"] = "random"
        world["reference_spread"] = draw.log_uniform(0.2, 10)
    return world


def sampler(draw):
    kind = draw.one_of("reference", "uniform", "optimal", "tempered", "policy-guided")
    return {"kind": kind, **({"tilt": draw.uniform(0, 4)} if kind in ("tempered", "policy-guided") else {})}


def penalty(draw):
    kind = draw.one_of("none", "none", "none", "reference-kl", "variance", "ridge")
    return {"kind": kind, **({} if kind == "none" else {"lambda": draw.log_uniform(1e-4, 1e3)})}


def sizes(draw, world):
    """Sizes of a world and the kind of its truth; returns how many basis functions it has at least."""
    family = world["family"]
    if family == "bandit":
        world["arms"] = draw.integer(2, 16)
        world["features"] = draw.integer(0, world["arms"] - 1)
        return world["features"]
    if family == "walk":
        world["horizon"] = draw.integer(1, 4)
        world["truth"] = draw.one_of("terminal", "dense")
        return 0
    if family == "tokens":
        world["alphabet"] = draw.integer(2, 4)
        world["horizon"] = draw.integer(1, {2: 6, 3: 4, 4: 3}[world["alphabet"]])
        world["degree"] = draw.integer(1, world["horizon"])
        if world["degree"] < world["horizon"] and draw.maybe(0.3):
            world["excess"] = draw.log_uniform(0.05, 0.5)
        return world["horizon"] * (world["alphabet"] - 1)
    world["actions"] = draw.integer(2, 24)
    world["sparsity"] = draw.one_of(0, draw.integer(1, world["actions"]))
    return world["actions"]


def arm(draw, world, functions):
    """A route and its class."""
    family = world["family"]
    plan = draw.maybe()
    names = ["dense", "true-direction"] if plan else ["tabular", "tabular"]
    if plan and family == "walk":
        names.append("terminal")
    if not plan and family != "bandit":
        names.append("first-token")
    if functions:
        names += ["degree", "first"]
    name = draw.one_of(*names)
    knobs = {}
    if name == "degree" and family == "tokens":
        knobs["degree"] = draw.integer(1, world["horizon"])
    if name == "first":
        knobs["k"] = draw.integer(1, functions)
    if plan:
        return {"algorithm": "rm+plan", "reward": of_class(name, **knobs)}
    return {"algorithm": "dpo", "policy": of_class(name, **knobs)}


def completions(world):
    family = world["family"]
    return world["prompts"] * (world["arms"] if family == "bandit" else 3 ** world["horizon"] if family == "walk" else
                               world["alphabet"] ** world["horizon"] if family == "tokens" else 2 * world["actions"])


def propose(seed, index, attempt):
    draw = Draw(seed, index, attempt)
    while True:
        world = common(draw, FAMILIES[index % len(FAMILIES)])
        functions = sizes(draw, world)
        if completions(world) <= MOST_COMPLETIONS:
            break
    return variant(f"c{index + 1:03d}", draw.log_uniform(20, 5000), world, sampler(draw), penalty(draw),
                   arm(draw, world, functions))


def variant(name, pairs, world, sampler, penalty, arm):
    model = "reward" if "reward" in arm else "policy"
    return (f'[[variants]]\nname     = "{name}"\npairs    = {round(pairs)}\nworld    = {table(world)}\n'
            f'sampler  = {table(sampler)}\narms.fit = {{ algorithm = "{arm["algorithm"]}", '
            f'{model} = {table(arm[model])}, penalty = {table(penalty)} }}\n')


def acceptable(said):
    if said["kappa"] is None or said["existence"] is None:  # no theory
        return False
    if said["kappa"] > KAPPA or said["existence"] < EXISTENCE:
        return False
    if said["regret"] is None or said["deviation"] is None or said["regret"] <= 0:
        return True
    noise = said["deviation"] / said["regret"]
    return noise >= LEAST_NOISE and said["pairs"] * noise ** 2 <= MOST_WORK


def draw_cells(program, name, seed, wanted):
    """{index: text of the variant} for the indices wanted."""
    study = (HERE / "study.toml").read_text()
    asked = study[:study.index("[presets.smoke]")] + study[study.index("[verdicts]"):]  # the preset names cells
    done = {}
    attempt = 0
    while len(done) < len(wanted):
        missing = [index for index in wanted if index not in done]
        texts = [propose(seed, index, attempt) for index in missing]
        for index, text, (said,) in zip(missing, texts, ask(program, name, asked, texts, 1)):
            if acceptable(said):
                done[index] = text
        attempt += 1
        print(f"attempt {attempt}: {len(done)} of {len(wanted)} cells", file=sys.stderr)
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--cells", type=int, default=CELLS)
    parser.add_argument("--name", default="regime-audit", help="of the study")
    parser.add_argument("--out", type=Path, default=HERE / "cells.toml")
    parser.add_argument("--check", type=int, metavar="K", help="compare every K-th cell with cells.toml")
    arguments = parser.parse_args()
    wanted = range(0, arguments.cells, arguments.check or 1)
    done = draw_cells(arguments.program, arguments.name, arguments.seed, wanted)
    if not arguments.check:
        head = "# Drawn by draw_cells.py, which says how.\n\n"
        arguments.out.write_text(head + "\n".join(done[index] for index in wanted))
        return
    known = arguments.out.read_text()
    for text in done.values():
        if text not in known:
            sys.exit(f"not in {arguments.out}:\n{text}")
    print(f"{len(done)} cells drawn again, as they stand in {arguments.out.name}")


if __name__ == "__main__":
    main()
