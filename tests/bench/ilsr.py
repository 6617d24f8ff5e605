"""A Bradley-Terry fit against ILSR: processor time of the program and of the iterative Luce spectral ranking of Maystre and
Grossglauser (2015), on the same comparisons.

    ilsr.py TWOSTAGE [--items 1000] [--comparisons 200000] [--rounds 3]

The program's side is a whole replicate of a bandit: comparisons drawn and counted, the tabular reward fitted
by Newton's method under a ridge of 1e-9, its plan, and what is stored. ILSR finds the comparisons drawn; it is written as
the package choix has it, over the comparisons one by one (`ilsr_pairwise`) and over the matrix of their counts
(`ilsr_pairwise_dense`, whose matrix is counted within the time): the stationary distribution of a chain in which a loser
passes to a winner at the rate 1 / (sum of both strengths), by an LU factorisation, until the mean change of a log-strength
is below 1e-8. Left out on either side: start-up; of the program also the world. Each side runs on one thread, rounds take
turns, and the fastest of each counts. Both have to come to one estimate.
"""

import argparse
import pathlib
import sys
import tempfile
import time
import warnings

from numpy_cells import call, program_seconds  # first: it sets the number of threads, and says what is missing

import h5py
import numpy as np
from scipy.linalg import lu_factor, solve_triangular
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

GOAL = 20
STUDY = """
title = "Bradley-Terry"
question = "What does a fit take?"
name = "bradley-terry"
world = {{ family = "bandit", arms = {items}, instance = "fixed" }}
penalty = {{ kind = "ridge", lambda = 1e-9 }}
pairs = {comparisons}
predictions = false
keep = ["kl_to_reference"]
batch = 1000
replicates = 1
[[arms]]
name = "rm"
algorithm = "rm+plan"
reward = {{ class = "tabular" }}
"""


def stationary(chain):
    """The distribution that a chain of these rates keeps, its mean 1."""
    chain = chain - np.diag(chain.sum(axis=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rates are a singular matrix by construction
        lu = lu_factor(chain.T, check_finite=False)[0]
    out = np.append(solve_triangular(lu[:-1, :-1], -lu[:-1, -1], check_finite=False), 1.0)
    return out * len(out) / out.sum()


def iterated(items, rates):
    """Log-strengths, centred, and rounds: `rates` of the chain from the strengths of the round before."""
    before, strength = np.zeros(items), np.ones(items)
    for number in range(1, 101):
        now = np.log(stationary(rates(strength)))
        now -= now.mean()
        if np.abs(now - before).mean() <= 1e-8:
            return now, number
        before, strength = now, np.exp(now)
    sys.exit("ILSR did not converge in 100 rounds")


def one_by_one(items, winners, losers):
    winners, losers = winners.tolist(), losers.tolist()

    def rates(strength):
        chain = np.zeros((items, items))
        for winner, loser in zip(winners, losers):
            chain[loser, winner] += 1 / (strength[winner] + strength[loser])
        return chain

    return iterated(items, rates)


def dense(items, winners, losers):
    lost = np.bincount(losers * items + winners, minlength=items * items).reshape(items, items).astype(float)
    return iterated(items, lambda strength: lost / (strength[:, None] + strength))


def fitted(twostage, folder):
    """What the first replicate of the program compares and finds: winners, losers, centred rewards."""
    call(twostage, folder, "explain", "one.toml", "--save", "world.h5", "--force")
    with h5py.File(folder / "world.h5") as file:
        reward = file["edge_reward"][0]
        return file["chosen"][:, 0].astype(int), file["rejected"][:, 0].astype(int), reward - reward.mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("twostage", help="the program")
    parser.add_argument("--items", type=int, default=1000, help="what is compared (%(default)s)")
    parser.add_argument("--comparisons", type=int, default=200_000, help="of two items (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="the fastest of so many counts (%(default)s)")
    options = parser.parse_args()
    twostage = str(pathlib.Path(options.twostage).resolve())
    if not pathlib.Path(twostage).is_file():
        sys.exit(f"ilsr.py: there is no program '{options.twostage}'")
    ways = {"comparisons one by one": one_by_one, "matrix of counts": dense}
    ours, theirs, notes = [], {way: [] for way in ways}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "one.toml").write_text(STUDY.format(items=options.items, comparisons=options.comparisons))
        winners, losers, reward = fitted(twostage, folder)
        if connected_components(coo_array((np.ones(len(winners)), (winners, losers)), (options.items, options.items)),
                                connection="strong")[0] > 1:
            sys.exit("ilsr.py: so few comparisons have no estimate (some items always won, or were never compared)")
        for _ in range(options.rounds):
            one, four = (program_seconds(twostage, replicates, folder) for replicates in (1, 4))
            ours.append((four - one) / 3)
            for way, ranking in ways.items():
                start = time.process_time()
                found, rounds = ranking(options.items, winners, losers)
                theirs[way].append(time.process_time() - start)
                apart = np.abs(found - reward).max()
                if not apart < 1e-6:
                    sys.exit(f"the estimates are {apart:.2g} apart ({way})")
                notes[way] = f"{rounds} rounds; log-strengths within {apart:.0e}"
    print(f"Bradley-Terry, {options.items} items, {options.comparisons} comparisons: program {min(ours):.3f} s, drawing included;"
          " left out: start-up, the world")
    for way in ways:
        ratio = min(theirs[way]) / min(ours)
        print(f"ILSR, {way}: time / program".ljust(58) + f" {ratio:>9.2f} x  >= {GOAL:>7.2f} x   "
              f"{'yes' if ratio >= GOAL else 'NO ':<3}  {min(theirs[way]):.2f} s, {notes[way]}")


if __name__ == "__main__":
    main()
