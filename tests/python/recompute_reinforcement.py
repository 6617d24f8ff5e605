"""The courses of rm+reinforce, rm+rloo, rm+grpo and rm+ppo: with exact expectations by enumeration of completions, and of
whole groups of them; sampled by numpy's own Philox, which draws the same rollouts. For recompute_cell.py."""
import itertools

import numpy as np

ALGORITHMS = ("rm+reinforce", "rm+rloo", "rm+grpo", "rm+ppo")


def completions(cell):
    """All completions as rows of edges, and their prompts."""
    at = np.arange(cell.rho.size)
    rows, prompt = np.empty((at.size, 0), int), at
    for edges in cell.layers():
        of_state = {cell.source[e[0]]: e for e in edges}
        choice = np.array([of_state[s] for s in at])
        rows = np.hstack([np.repeat(rows, choice.shape[1], 0), choice.reshape(-1, 1)])
        prompt, at = np.repeat(prompt, choice.shape[1]), cell.successor[choice.ravel()]
    return rows, prompt


def group_advantages(score, mass, options):
    """E[(r_1 - mean) / (spread + epsilon)] given the first of a group, over all groups of the others."""
    size, spread = int(options["group"]), options["std"]
    if size == 0:
        away = score - mass @ score
        return away / (1 if spread == "none" else np.sqrt(mass @ away**2) + float(options["epsilon"]))
    out = np.zeros_like(score)
    for others in itertools.product(range(score.size), repeat=size - 1):
        group = np.concatenate([np.repeat(score[None, :], 1, 0), np.repeat(score[list(others), None], score.size, 1)])
        away = score - group.mean(0)
        width = 1 if spread == "none" else group.std(0, ddof=1 if spread == "sample" else 0) + float(options["epsilon"])
        alike = np.ptp(group, axis=0) < 1e-9
        out += np.where(alike, 0, away / np.where(alike, 1, width)) * mass[list(others)].prod()
    return out


def hash_name(name):
    """Of a study, as it is in the key of its draws: FNV-1a with a final avalanche."""
    words, h = (1 << 64) - 1, 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & words
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = ((h ^ h >> 33) * factor) & words
    return h ^ h >> 33


def uniforms(cell, index, count=1, world=0):
    """Of rollout `index`; on-policy draws have purpose 2, and numpy steps its counter before the first block."""
    key = np.array([int(cell.file.attrs["seed"]), hash_name(cell.file.attrs["study"])], np.uint64)
    counter = index << 24 | int(cell.file.attrs["replicate"]) << 64 | 2 << 128 | world << 192
    draws = np.random.Philox(key=key, counter=(counter - 1) % (1 << 256)).random_raw(count)
    return draws.astype(float) * 2.0**-64


def rollouts(cell, members, groups, step, prompts=None):
    """Completions of groups, each member from its own policy, as rows of edges, and their prompts: drawn unless given."""
    rows, prompt = [], []
    leaving = {int(s): np.flatnonzero(cell.source == s) for s in np.unique(cell.source)}

    def choose(weights, uniform):
        return min(int(np.searchsorted(np.cumsum(weights), uniform, "right")), len(weights) - 1)

    for i in range(groups * len(members)):
        log_policy = members[i % len(members)]
        uniform = uniforms(cell, step * 65536 + i, cell.offsets.size - 1)
        first = choose(cell.rho, uniform[0]) if prompts is None else int(prompts[i // len(members)])
        state = first if i % len(members) == 0 else prompt[-1]
        prompt.append(state)
        row = []
        for u in uniform[1:]:
            row.append(leaving[state][choose(np.exp(log_policy[leaving[state]]), u)])
            state = int(cell.successor[row[-1]])
        rows.append(row)
    return np.array(rows), np.array(prompt)


class Course:
    def __init__(self, cell, name, reward):
        arm = cell.file.sel(arm=name)
        as_dict = lambda text: dict(item.split(" = ") for item in str(text.values).split(", "))  # noqa: E731
        self.cell, self.name, self.reward = cell, name, reward
        self.algorithm, self.steps = str(arm.algorithm.values), int(arm.iterations)
        self.options, self.course = as_dict(arm.options), as_dict(arm.course)
        self.rows, self.prompt = completions(cell)
        self.features = cell.file[f"policy_features:{name}"].values

    def on_edges(self, values):
        """Sums over the completions that cross each edge."""
        out = np.zeros_like(self.reward)
        np.add.at(out, self.rows, np.repeat(values[:, None], self.rows.shape[1], 1))
        return out

    def masses(self, log_policy):
        return np.exp(log_policy[self.rows].sum(1))

    def returns(self, log_policy):
        ratio = log_policy - self.cell.reference
        return (self.reward - (self.cell.beta * ratio if self.options["kl"] == "reward" else 0))[self.rows].sum(1)

    def rollouts(self, log_policy, step, group):
        """Completions of `batch` groups as rows of edges, and their prompts."""
        return rollouts(self.cell, [log_policy] * group, int(self.options["batch"]), step)

    def values(self, log_policy):
        """Of each prompt: what the policy is paid in the mean, less the KL where it counts in the reward."""
        paid = self.masses(log_policy) * self.returns(log_policy)
        return np.array([paid[self.prompt == p].sum() for p in range(self.cell.rho.size)])

    def estimate(self, log_policy, step):
        """The direction from rollouts."""
        group = int(self.options.get("group", 1))
        rows, prompt = self.rollouts(log_policy, step, group)
        ratio = log_policy - self.cell.reference
        paid = self.reward - (self.cell.beta * ratio if self.options["kl"] == "reward" else 0)
        value = paid[rows].sum(1).reshape(-1, group)
        away = value - value.mean(1, keepdims=True)
        if self.algorithm == "rm+rloo":
            away = value - (value.sum(1, keepdims=True) - value) / (group - 1)
        elif self.algorithm == "rm+reinforce":
            away = value - (self.values(log_policy)[prompt, None] if self.options["baseline"] == "value" else 0)
        elif self.options["std"] != "none":
            width = value.std(1, ddof=self.options["std"] == "sample", keepdims=True) + float(self.options["epsilon"])
            alike = np.ptp(value, 1, keepdims=True) < 1e-9
            away = np.where(alike, 0, away / np.where(alike, 1, width))
        slope = {"k2-loss": ratio, "k3-loss": 1 - np.exp(-ratio)}.get(self.options["kl"], 0 * ratio)
        out = np.zeros_like(self.reward)
        np.add.at(out, rows, (away.reshape(-1, 1) - self.cell.beta * slope[rows]) / len(rows))
        return out

    def direction(self, log_policy):
        """Along which log pi moves, edge by edge."""
        mass, value = self.masses(log_policy), self.returns(log_policy)
        advantage = value
        if self.algorithm == "rm+grpo":
            advantage = np.empty_like(value)
            for p in range(self.cell.rho.size):
                mine = self.prompt == p
                advantage[mine] = group_advantages(value[mine], mass[mine], self.options)
        out = self.on_edges(self.cell.rho[self.prompt] * mass * advantage)
        ratio = log_policy - self.cell.reference
        slope = {"k2-loss": ratio, "k3-loss": 1 - np.exp(-ratio)}.get(self.options["kl"], 0)
        return out - self.cell.beta * self.cell.occupancy(log_policy) * slope

    def clipped(self, log_policy, old):
        """The same of the clipped surrogate, whose completions were asked of an older policy."""
        mass, value = self.cell.rho[self.prompt] * self.masses(old), self.returns(old)
        clip, taken = float(self.options["clip"]), mass
        if self.options["expectation"] == "sampled":  # as often as each was drawn
            index = {tuple(row): i for i, row in enumerate(self.rows)}
            taken = np.zeros_like(mass)
            for row in self.asked:
                taken[index[tuple(row)]] += 1 / len(self.asked)

        if self.options["critic"] == "fitted":
            return self.clipped_by_means(log_policy, old)

        def slope(log_ratio, advantage):
            ratio = np.exp(log_ratio)
            active = np.where(advantage > 0, ratio <= 1 + clip, ratio >= 1 - clip)
            return active * ratio * advantage

        if self.options["ratio"] == "sequence":
            mean = np.array([mass[self.prompt == p] @ value[self.prompt == p] for p in range(self.cell.rho.size)])
            mean /= self.cell.rho
            ratio = (log_policy - old)[self.rows].sum(1)
            return self.on_edges(taken * slope(ratio, value - mean[self.prompt]))
        # What a completion pays on average from an edge on, less what it does from its state on; what it was paid
        # before is the same in both.
        crossed, paid = self.on_edges(mass), self.on_edges(mass * value)
        state_mass, state_paid = np.zeros((2, self.cell.offsets[-1]))
        np.add.at(state_mass, self.cell.source, crossed)
        np.add.at(state_paid, self.cell.source, paid)
        advantage = paid / crossed - state_paid[self.cell.source] / state_mass[self.cell.source]
        return self.on_edges(taken) * slope(log_policy - old, advantage)

    def clipped_by_means(self, log_policy, old):
        """The same where the critic is the mean of what the completions asked for were paid from each state on."""
        rows, clip = self.asked, float(self.options["clip"])
        paid = (self.reward - (self.cell.beta * (old - self.cell.reference) if self.options["kl"] == "reward" else 0))[rows]
        ahead = paid[:, ::-1].cumsum(1)[:, ::-1]
        total, visits = np.zeros((2, self.cell.offsets[-1]))
        np.add.at(total, self.cell.source[rows], ahead)
        np.add.at(visits, self.cell.source[rows], 1)
        value = total / np.maximum(visits, 1)
        advantage = paid + value[self.cell.successor[rows]] - value[self.cell.source[rows]]
        log_ratio = (log_policy - old)[rows]
        if self.options["ratio"] == "sequence":
            advantage = np.repeat(ahead[:, :1] - value[self.cell.source[rows[:, :1]]], rows.shape[1], 1)
            log_ratio = np.repeat(log_ratio.sum(1, keepdims=True), rows.shape[1], 1)
        else:
            for h in range(rows.shape[1] - 1)[::-1]:
                advantage[:, h] += float(self.options["lambda"]) * advantage[:, h + 1]
        ratio = np.exp(log_ratio)
        active = np.where(advantage > 0, ratio <= 1 + clip, ratio >= 1 - clip)
        out = np.zeros_like(self.reward)
        np.add.at(out, rows, active * ratio * advantage / len(rows))
        return out

    def walked(self):
        """The policy where the course ended, and minus its soft value for the fitted reward."""
        cell, old = self.cell, None
        theta, mean, square = np.zeros((3, self.features.shape[1]))
        for step in range(self.steps):
            log_policy = cell.softmax(cell.policy_scores(self.name, theta))
            if self.algorithm == "rm+ppo":
                if step % int(self.options["epochs"]) == 0:
                    old = log_policy
                    if self.options["expectation"] == "sampled":
                        self.asked, _ = self.rollouts(old, step // int(self.options["epochs"]), 1)
                along = self.clipped(log_policy, old)
            elif self.options["expectation"] == "sampled":
                along = self.estimate(log_policy, step)
            else:
                along = self.direction(log_policy)
            slopes = self.features.copy()  # of log pi(a|s): phi less its mean under pi
            for edges in cell.layers():
                slopes[edges] -= (np.exp(log_policy[edges])[..., None] * self.features[edges]).sum(1, keepdims=True)
            gradient, rate = -along @ slopes, float(self.course["rate"])
            if self.course["kind"] == "adam":
                keep, keep_square = float(self.course["keep_mean"]), float(self.course["keep_square"])
                mean = keep * mean + (1 - keep) * gradient
                square = keep_square * square + (1 - keep_square) * gradient**2
                pace = np.sqrt(square / (1 - keep_square ** (step + 1))) + float(self.course["epsilon"])
                gradient = mean / (1 - keep ** (step + 1)) / pace
            theta = theta - rate * gradient
        log_policy = cell.softmax(cell.policy_scores(self.name, theta))
        value = cell.occupancy(log_policy) @ self.reward - cell.beta * cell.kl(log_policy, cell.reference)
        return log_policy, -value
