"""One round of rm+rwr, rm+raft, rm+rebel, rm+exo and rm+online-dpo from the reference, by enumeration of completions or from
the draws of numpy's own Philox, for recompute_cell.py: what the round minimises, as a function of the policy."""
import itertools

import numpy as np

from recompute_reinforcement import completions, rollouts

ALGORITHMS = ("rm+rwr", "rm+raft", "rm+rebel", "rm+exo", "rm+online-dpo")


class Round:
    def __init__(self, cell, name, reward):
        arm = cell.file.sel(arm=name)
        self.cell, self.algorithm = cell, str(arm.algorithm.values)
        self.options = dict(item.split(" = ") for item in str(arm.options.values).split(", "))
        self.rows, self.prompt = completions(cell)
        self.edge_reward, self.drawn = reward, None
        self.reward, self.reference = reward[self.rows].sum(1), np.exp(cell.reference[self.rows].sum(1))
        assert "steps = 1" in str(arm.course.values), "more than one round is not recomputed here"
        assert "kind = rounds" in str(arm.course.values), "steps are not recomputed here"
        assert self.options.get("start", "reference") == "reference", "no start but the reference is recomputed here"

    def best_of_n(self, mine, n):
        """P(the best of n is y), ties in proportion to the reference."""
        r, p = self.reward[mine], self.reference[mine]
        gap = r[:, None] - r[None, :]
        tie = 1e-7 * max(1, np.abs(r).max())
        up_to, below = (gap >= -tie) @ p, (gap > tie) @ p
        return p * (up_to**n - below**n) / (up_to - below)

    def best_and_worst(self, mine, n):
        """P(y is the best and z the worst of n): two of them where all have one score."""
        r, p = self.reward[mine], self.reference[mine]
        tie = 1e-7 * max(1, np.abs(r).max())
        level = np.searchsorted(np.unique(np.round(r / tie)), np.round(r / tie))
        mass = np.bincount(level, p)
        edge = np.concatenate([[0], np.cumsum(mass)])
        within = lambda low, high: max(0, edge[max(high, low)] - edge[low]) ** n  # noqa: E731, levels low .. high - 1
        out = np.zeros((r.size, r.size))
        for y in range(r.size):
            for z in range(r.size):
                a, b = level[y], level[z]
                pair = (within(b, a + 1) - within(b + 1, a + 1) - within(b, a) + within(b + 1, a) if a > b else
                        within(a, a + 1) if a == b else 0)
                out[y, z] = pair * p[y] / mass[a] * p[z] / mass[b]
        return out

    def exo(self, u, r, ref):
        """E KL(softmax(u) || softmax(r)) over groups of n draws from the reference, or of the laws that they tend to."""
        n = int(self.options["n"])
        if n == 0:
            log_q, log_p = (x + np.log(ref) - np.log(ref @ np.exp(x)) for x in (u, r))
            return np.exp(log_q) @ (log_q - log_p)
        groups = np.array(list(itertools.product(range(u.size), repeat=n)))
        log_q, log_p = (x[groups] - np.logaddexp.reduce(x[groups], axis=1, keepdims=True) for x in (u, r))
        return ref[groups].prod(1) @ (np.exp(log_q) * (log_q - log_p)).sum(1)

    def of_draws(self, log_policy):
        """The mean over the groups that were drawn."""
        cell, size, options = self.cell, int(self.options["batch"]), self.options
        group = 1 if self.algorithm == "rm+rwr" else int(options["n"])
        if self.drawn is None:
            self.drawn = rollouts(cell, [cell.reference] * group, size, 0)
        rows, prompt = self.drawn
        r, log_p = self.edge_reward[rows].sum(1), log_policy[rows].sum(1)
        if self.algorithm == "rm+rwr":
            temperature = cell.beta * float(options["temperature"])
            value = np.array([np.log(self.reference[self.prompt == p] @ np.exp(self.reward[self.prompt == p] / temperature))
                              for p in range(cell.rho.size)])
            return -np.exp(r / temperature - value[prompt]) @ log_p / size
        r, log_p, u = (x.reshape(size, group) for x in (r, log_p, log_p - cell.reference[rows].sum(1)))
        tie = 1e-7 * max(1, np.abs(self.reward).max())
        best, worst = ((sign * r >= (sign * r).max(1, keepdims=True) - tie).argmax(1) for sign in (1, -1))
        if self.algorithm == "rm+raft":
            return -log_p[np.arange(size), best].mean()
        equal = best == worst
        worst = np.where(equal, 1, worst)  # then best is 0
        gap, margin = (x[np.arange(size), best] - x[np.arange(size), worst] for x in (r, u))
        wins = np.where(equal, 0.5, 1 / (1 + np.exp(-gap)) if options["labels"] == "bt" else 1)
        return (wins * np.logaddexp(0, -cell.beta * margin) + (1 - wins) * np.logaddexp(0, cell.beta * margin)).mean()

    def loss(self, log_policy):
        cell, total = self.cell, 0
        hold = float(self.options.get("hold", 0)) * cell.kl(cell.reference, log_policy)
        if self.options.get("expectation") == "sampled":
            return self.of_draws(log_policy) + hold
        log_p = log_policy[self.rows].sum(1)
        for prompt, rho in enumerate(cell.rho):
            mine = self.prompt == prompt
            r, ref, u = self.reward[mine], self.reference[mine], log_p[mine] - np.log(self.reference[mine])
            if self.algorithm in ("rm+rwr", "rm+raft"):
                if self.algorithm == "rm+raft":
                    target = self.best_of_n(mine, float(self.options["n"]))
                else:
                    target = ref * np.exp((r - r.max()) / (cell.beta * float(self.options["temperature"])))
                    target /= target.sum()
                total -= rho * target @ log_p[mine]
                continue
            if self.algorithm == "rm+exo":
                scale = float(self.options["scale"])
                total += rho * self.exo(scale * u, scale * r / cell.beta, ref)
                continue
            margin, gap = u[:, None] - u[None, :], r[:, None] - r[None, :]
            if self.algorithm == "rm+rebel":
                left = margin - float(self.options["eta"]) / cell.beta * gap
                total += rho * ref @ left**2 @ ref
                continue
            pairs = self.best_and_worst(mine, float(self.options["n"]))
            np.fill_diagonal(pairs, 0)
            tied = np.abs(gap) < 1e-7 * max(1, np.abs(r).max())
            wins = np.where(tied, 0.5, 1 / (1 + np.exp(-gap)) if self.options["labels"] == "bt" else 1)
            cost = lambda x: np.logaddexp(0, -cell.beta * x)  # noqa: E731
            total += rho * (pairs * (wins * cost(margin) + (1 - wins) * cost(-margin))).sum()
        return total + hold
