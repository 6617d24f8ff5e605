"""One round of spin, iterative-dpo, iterative-ipo and xpo from the reference: what it minimises but for its penalty, as a function of the
policy, by enumeration of completions or from the draws of numpy's own Philox. For recompute_cell.py."""
import numpy as np

from recompute_reinforcement import completions, rollouts, uniforms

ALGORITHMS = ("spin", "iterative-dpo", "iterative-ipo", "xpo")


def softplus(x):
    return np.logaddexp(0, x)


class Round:
    def __init__(self, cell, name):
        arm = cell.file.sel(arm=name)
        self.cell, self.algorithm = cell, str(arm.algorithm.values)
        self.options = dict(item.split(" = ") for item in str(arm.options.values).split(", "))
        assert "steps = 1" in str(arm.course.values), "more than one round is not recomputed here"
        self.sampled = self.options["expectation"] == "sampled"
        self.rows, self.prompt = completions(cell)

    def label(self, gap):
        """P(the first is preferred)."""
        if self.options["labels"] == "bt":
            return 1 / (1 + np.exp(-gap))
        return np.where(np.abs(gap) < 1e-9, 0.5, gap > 0)

    def policies(self):
        cell, sampler = self.cell, self.options.get("sampler", "on-policy")  # xpo: of the reference, both, at first
        if sampler == "uniform":
            return [-np.log(np.bincount(cell.source))[cell.source]] * 2
        if sampler == "reward-guided":
            return [cell.plan(cell.reward), cell.plan(-cell.reward)]
        return [cell.reference] * 2

    def mixture(self):
        """For the mixed samplers: of each row u, e^h u and e^-h u, given its prompt, not normalised."""
        cell = self.cell
        u = np.exp(-np.log(np.bincount(cell.source))[cell.source][self.rows].sum(1))
        h = cell.reward[self.rows].sum(1) * (self.options["sampler"] == "reward-mixture")  # at first the policy's own is 0
        return u, u * np.exp(h), u * np.exp(-h)

    def mixed_draws(self, count):
        """Rows of completions, the part of a pair by an address of its own, and what its prompt's pairs count."""
        cell, (u, up, down) = self.cell, self.mixture()
        of_prompt = lambda x: np.bincount(self.prompt, x)  # noqa: E731
        guided = of_prompt(up) * of_prompt(down)
        log_uniform = -np.log(np.bincount(cell.source))[cell.source]
        own = lambda reward: self.plan_of_uniform(reward)  # noqa: E731
        reward = cell.reward * (self.options["sampler"] == "reward-mixture")
        parts = [[log_uniform] * 2, [own(reward), own(-reward)]]
        rows, prompts = [], []
        both = [rollouts(cell, part, count, 0) for part in parts]
        for i in range(count):
            prompt = both[0][1][2 * i]
            part = int(uniforms(cell, 2 * i, world=1)[0] >= 1 / (1 + guided[prompt]))
            rows += [both[part][0][2 * i], both[part][0][2 * i + 1]]
            prompts.append(prompt)
        return np.array(rows), ((1 + guided) / 2)[prompts]

    def plan_of_uniform(self, reward):
        """Of uniform actions, at temperature one: log-probabilities on edges."""
        cell = self.cell
        log_policy = -np.log(np.bincount(cell.source))[cell.source] + 0.0 * reward
        value = np.zeros(int(max(cell.source.max(), cell.successor.max())) + 1)
        for edges in reversed(list(cell.layers())):
            for e in edges:
                score = log_policy[e] + reward[e] + value[cell.successor[e]]
                value[cell.source[e[0]]] = np.logaddexp.reduce(score)
                log_policy[e] = score - value[cell.source[e[0]]]
        return log_policy

    def pairs(self):
        """Paths of first and second completions, and how often the first won and the second did; seconds with their weights."""
        cell, count = self.cell, int(self.options["pairs_per_round"])
        mixed = self.options.get("sampler", "").endswith("-mixture")
        first, second = self.policies()
        if self.sampled:
            rows, weight = self.mixed_draws(count) if mixed else (rollouts(cell, [first, second], count, 0)[0], np.ones(count))
            one, other = rows[0::2], rows[1::2]
            uniform = np.array([uniforms(cell, 2 * i + 1)[0] for i in range(count)])  # which draws no prompt
            wins = 1.0 * (uniform < self.label(cell.log_odds(one, other)))
            return one, other, weight * wins, weight * (1 - wins), other, weight
        p, q = (np.exp(x[self.rows].sum(1)) for x in (first, second))
        y, z = np.nonzero(self.prompt[:, None] == self.prompt[None, :])
        often = count * cell.rho[self.prompt[y]] * p[y] * q[z]
        if mixed:
            u, up, down = self.mixture()
            often = count * cell.rho[self.prompt[y]] * (u[y] * u[z] + up[y] * down[z]) / 2
        wins = self.label(cell.log_odds(self.rows[y], self.rows[z]))
        return (self.rows[y], self.rows[z], often * wins, often * (1 - wins),
                self.rows, count * cell.rho[self.prompt] * q)

    def against_itself(self, ratio):
        """spin: each winner of the data against what the reference says."""
        cell, scale = self.cell, float(self.options["lambda"])
        prompts = cell.source[cell.chosen[:, 0]]
        if self.sampled:
            answers, _ = rollouts(cell, [cell.reference], len(cell.chosen), 0, prompts)
            return cell.weight @ softplus(-scale * (ratio[cell.chosen].sum(1) - ratio[answers].sum(1)))
        said, of_row = np.exp(cell.reference[self.rows].sum(1)), ratio[self.rows].sum(1)
        margins = scale * (ratio[cell.chosen].sum(1)[:, None] - of_row[None, :])
        meet = (prompts[:, None] == self.prompt[None, :]) * said[None, :]
        return cell.weight @ (meet * softplus(-margins)).sum(1)

    def cost(self):
        """Of the margin by which a winner is ahead of its loser."""
        if self.algorithm == "iterative-ipo":
            return lambda margin: (margin - 1 / (2 * float(self.options["tau"]))) ** 2
        return lambda margin: softplus(-self.cell.beta * margin)

    def loss(self, log_policy):
        cell, ratio = self.cell, log_policy - self.cell.reference
        if self.algorithm == "spin":
            return self.against_itself(ratio)
        if not hasattr(self, "asked"):
            self.asked = self.pairs()
        one, other, wins, losses, seconds, often = self.asked
        margins = ratio[one].sum(1) - ratio[other].sum(1)
        of_data = ratio[cell.chosen].sum(1) - ratio[cell.rejected].sum(1)
        cost = self.cost()
        out = wins @ cost(margins) + losses @ cost(-margins)
        if self.options["keep"] == "all":
            out += cell.weight @ cost(of_data)
        return out + float(self.options.get("alpha", 0)) * often @ log_policy[seconds].sum(1)
