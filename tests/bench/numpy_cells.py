"""Fits against a competent numpy: processor time of a replicate of the program and of vectorised numpy and scipy.

    numpy_cells.py TWOSTAGE [--replicates 2000] [--rounds 3]

A replicate is pairs from the reference, labels, the fit under lambda KL(P_ref || P_pi), and the regret of its policy, in
one world that is made once; with the exact test of existence where the row says so. Left out on either side: start-up and
the world. The program also measures what it always stores, and writes it to a file.

The numpy side counts equal comparisons, minimises by Newton's method with the exact Hessian and Cholesky factors, over
features of the listed completions (both losses are convex in rewards; of tabular policies, rewards on all but one action of
each state are as many coordinates), and tests existence by linear programming (HiGHS). There is no loop over pairs. Each
side runs on one thread; rounds take turns, and the fastest of each counts. Worlds are the program's, and the mean regrets of
both sides have to agree within five standard errors.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    import h5py
    import numpy as np
    from scipy.linalg import cho_factor, cho_solve
    from scipy.optimize import linprog
except ImportError as missing:
    print(f"numpy_cells.py: {missing}; Debian: python3-scipy, python3-h5py", file=sys.stderr)
    sys.exit(77)

STRENGTH = 4.0
STUDY = """
title = "One arm"
question = "What does a replicate take?"
name = "one-arm"
world = {{ {world}, instance = "fixed" }}
penalty = {{ kind = "reference-kl", lambda = {strength} }}
pairs = {pairs}
predictions = false
keep = [{keep}]
batch = 1000
replicates = 1
[[arms]]
name = "arm"
{arm}
"""


def walks(horizon):
    """All walks as lists of edges: their moves [walks, steps], and the position before each."""
    moves = np.stack(np.meshgrid(*[np.arange(3)] * horizon, indexing="ij"), -1).reshape(-1, horizon)
    before = np.cumsum(moves - 1, axis=1) - (moves - 1)
    return moves, before


def indicators(of, columns):
    return (of[:, None] == np.arange(columns)).astype(float)


def texts(horizon):
    """All texts of two tokens: [texts, places]."""
    return (np.arange(2**horizon)[:, None] >> np.arange(horizon)) & 1


def walk_features(horizon, kind):
    moves, before = walks(horizon)
    if kind == "terminal":
        return indicators((moves - 1).sum(1) + horizon, 2 * horizon + 1)
    out = []
    for h in range(horizon):
        for x in range(-h, h + 1):
            out += [(before[:, h] == x) & (moves[:, h] == a) for a in (1, 2)]
    return np.stack(out, 1).astype(float)


def token_features(horizon, kind):
    tokens = texts(horizon)
    if kind == "degree":
        return 1.0 - 2.0 * tokens
    return np.eye(2**horizon)[:, 1:]


def counted(first, second, wins, of):
    """Comparisons of what the class tells apart, each once: indices, and how often the first and the second won."""
    a, b = of[first], of[second]
    size = int(of.max()) + 1
    codes, place = np.unique(np.minimum(a, b) * size + np.maximum(a, b), return_inverse=True)
    low_wins = np.where(a <= b, wins, ~wins)
    won = np.bincount(place, low_wins, len(codes))
    return codes // size, codes % size, won, np.bincount(place, ~low_wins, len(codes))


def fit(features, base, low, high, won, lost):
    """Newton's method on softplus losses of both outcomes plus STRENGTH KL(P_ref || plan)."""
    x = features[low] - features[high]
    reference = np.exp(base)
    mean_there = features.T @ reference
    theta = np.zeros(features.shape[1])

    def value(theta):
        score = features @ theta
        z = score + base
        top = z.max()
        d = x @ theta
        return (won @ np.logaddexp(0, -d) + lost @ np.logaddexp(0, d)
                + STRENGTH * (top + np.log(np.exp(z - top).sum()) - mean_there @ theta))

    now = value(theta)
    for _ in range(100):
        z = features @ theta + base
        p = np.exp(z - z.max())
        p /= p.sum()
        mean = features.T @ p
        q = 1 / (1 + np.exp(-(x @ theta)))
        gradient = x.T @ (lost * q - won * (1 - q)) + STRENGTH * (mean - mean_there)
        hessian = (x * ((won + lost) * q * (1 - q))[:, None]).T @ x
        hessian += STRENGTH * ((features * p[:, None]).T @ features - np.outer(mean, mean))
        hessian[np.diag_indices_from(hessian)] += 1e-12 * np.trace(hessian)
        step = cho_solve(cho_factor(hessian, check_finite=False), gradient, check_finite=False)
        if gradient @ step < 1e-14 * now:  # twice what is left to gain
            break
        size = 1.0
        while (after := value(theta - size * step)) > now and size > 1e-10:
            size /= 2
        theta, now = theta - size * step, after
    return theta


def exists(features, low, high, won, lost):
    """Whether the likelihood has a maximum in every direction: no theta prefers all winners, but for ties."""
    x = features[low] - features[high]
    signed = np.concatenate([x[won > 0], -x[lost > 0]])
    found = linprog(-signed.sum(0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    return found.fun > -1e-9


class Cell:
    def __init__(self, features, truth, base, pairs, existence, seed=1):
        self.truth, self.base, self.pairs, self.existence = truth, base, pairs, existence
        self.rng = np.random.default_rng(seed)
        self.cumulative = np.cumsum(np.exp(base))
        # What the class tells apart: completions of equal features are one.
        self.features, first, self.of = np.unique(features, axis=0, return_index=True, return_inverse=True)
        self.merged = np.log(np.bincount(self.of, np.exp(base)))
        z = truth + base
        self.best = z.max() + np.log(np.exp(z - z.max()).sum())

    def replicate(self):
        rng, n = self.rng, self.pairs
        last = len(self.base) - 1
        drawn = np.minimum(np.searchsorted(self.cumulative, rng.random(2 * n), side="right"), last)
        first, second = drawn[:n], drawn[n:]
        wins = rng.random(n) * (1 + np.exp(self.truth[second] - self.truth[first])) < 1
        rows = counted(first, second, wins, self.of)
        if self.existence:
            exists(self.features, *rows)
        theta = fit(self.features, self.merged, *rows)
        score = (self.features @ theta)[self.of]
        z = score + self.base
        top = z.max()
        log_z = top + np.log(np.exp(z - top).sum())
        p = np.exp(z - log_z)
        return self.best - p @ (self.truth - score + log_z)


def call(twostage, folder, *words):
    subprocess.run([twostage, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def program_seconds(twostage, replicates, folder):
    """Processor seconds of one run, whose result is in result.h5."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call(twostage, folder, "run", "one.toml", f"replicates={replicates}", "--threads", "1", "--force", "--out", "result.h5")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def truth_of(twostage, folder, actions):
    """The true reward of the completions that take these actions, [completions, steps], in the program's world."""
    call(twostage, folder, "explain", "one.toml", "--save", "world.h5", "--force")
    with h5py.File(folder / "world.h5") as file:
        source, action, successor, reward = (file[name][:] for name in
                                             ("edge_source", "edge_action", "edge_successor", "true_reward"))
    edge = {(s, a): e for e, (s, a) in enumerate(zip(source, action))}
    total, state = np.zeros(len(actions)), np.zeros(len(actions), int)
    for step in actions.T:
        taken = np.array([edge[s, a] for s, a in zip(state, step)])
        total, state = total + reward[taken], successor[taken]
    return total


def rows():
    """(what, world, arm, pairs, actions of the completions, features, with existence)."""
    walk, tokens = 'family = "walk", horizon = 6', 'family = "tokens", horizon = 5, degree = 1'
    moves, places = walks(6)[0], texts(5)
    plan = 'algorithm = "rm+plan"\nreward = {{ class = "{}" }}'
    dpo = 'algorithm = "dpo"\npolicy = { class = "tabular" }'
    for existence in (False, True):
        yield "walk H=6, n=400: rm", walk, plan.format("terminal"), 400, moves, walk_features(6, "terminal"), existence
        yield "walk H=6, n=400: dpo", walk, dpo, 400, moves, walk_features(6, "tabular"), existence
        yield "tokens H=5, n=800: rm", tokens, plan.format("degree"), 800, places, token_features(5, "degree"), existence
        yield "tokens H=5, n=800: dpo", tokens, dpo, 800, places, token_features(5, "tabular"), existence


def require_agreement(what, folder, theirs):
    """Both sides estimate one expectation."""
    with h5py.File(folder / "result.h5") as file:
        ours = file["regret"][:].ravel()
    error = np.hypot(ours.std(ddof=1) / len(ours) ** 0.5, theirs.std(ddof=1) / len(theirs) ** 0.5)
    if not abs(ours.mean() - theirs.mean()) < 5 * error:
        sys.exit(f"{what}: mean regrets {ours.mean():.6g} of the program and {theirs.mean():.6g} of numpy, error {error:.2g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("twostage")
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    twostage = str(pathlib.Path(options.twostage).resolve())
    few = max(20, options.replicates // 20)
    print(f"{'a replicate':<42} {'program':>10} {'numpy':>10} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for what, world, arm, pairs, actions, features, existence in rows():
            keep = '"existence"' if existence else '"kl_to_reference"'
            study = STUDY.format(strength=STRENGTH, world=world, arm=arm, pairs=pairs, keep=keep)
            (folder / "one.toml").write_text(study)
            truth = truth_of(twostage, folder, actions)
            cell = Cell(features, truth, np.full(len(features), -np.log(len(features))), pairs, existence)
            ours, theirs, regrets = [], [], []
            for _ in range(options.rounds):
                short, long = (program_seconds(twostage, r, folder) for r in (1, 1 + options.replicates))
                ours.append((long - short) / options.replicates)
                start = time.process_time()
                regrets += [cell.replicate() for _ in range(few)]
                theirs.append((time.process_time() - start) / few)
            require_agreement(what, folder, np.array(regrets))
            mine, his = min(ours), min(theirs)
            test = ", existence" if existence else ""
            print(f"{what + test:<42} {1e6 * mine:>7.0f} us {1e6 * his:>7.0f} us {his / mine:>7.1f}", flush=True)


if __name__ == "__main__":
    main()
