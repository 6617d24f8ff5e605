"""Recomputes whole replicates from their files alone, as experiments/runner/REPLICATE_FORMAT.md describes them: plans,
objectives, divergences and regrets, in numpy, sharing no code with the program. Exit code 77 without the modules.

    recompute_cell.py TWOSTAGE    where TWOSTAGE is the program
"""
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import xarray as xr
    import h5netcdf  # noqa: F401, the engine
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

import recompute_interactive as interactive
import recompute_ensemble as ensemble
import recompute_networks as networks
import recompute_reinforcement as reinforcement
import recompute_rounds as rounds

TOLERANCE = 1e-9
HERE = pathlib.Path(__file__).parent


def settings(text):
    """'kind = ridge, lambda = 1' as a dict; lists are left alone."""
    return dict(item.split(" = ") for item in text.split(", ") if " = " in item)


def softplus(x):
    return np.logaddexp(0, x)


class Cell:
    def __init__(self, file):
        self.file = file
        self.beta = float(file.beta)
        self.rho = file.rho.values
        self.measured = file.measured_weight.values if "measured_weight" in file else self.rho
        self.every = file.every_weight.values if "every_weight" in file else self.rho
        self.source, self.action = file.edge_source.values, file.edge_action.values
        self.successor = file.edge_successor.values
        self.offsets = file.layer_offsets.values
        self.reference, self.reward = file.log_reference.values, file.true_reward.values
        self.optimum = file.optimal_log_policy.values
        self.turn = [file[name].values if name in file else 0 * self.reward for name in ("cycle_u", "cycle_v")]
        self.length = file.edge_length.values if "edge_length" in file else np.ones_like(self.reward)
        self.rounds = {}
        self.chosen, self.rejected = file.chosen.values, file.rejected.values
        self.weight = file.weight.values if "weight" in file else np.ones(len(self.chosen))

    @contextlib.contextmanager
    def pairs_of(self, arm):
        """The pairs of an arm with a sampler of its own."""
        all_have = self.chosen, self.rejected
        if f"chosen:{arm}" in self.file:
            self.chosen, self.rejected = self.file[f"chosen:{arm}"].values, self.file[f"rejected:{arm}"].values
        try:
            yield
        finally:
            self.chosen, self.rejected = all_have

    @contextlib.contextmanager
    def weighing(self, prompts):
        """Other weights of the prompts than those of the data."""
        own, self.rho = self.rho, prompts
        try:
            yield
        finally:
            self.rho = own

    def layers(self):
        """Edges as (states, actions), layer by layer; states of a layer with fewer actions come first."""
        layer = np.searchsorted(self.offsets, self.source, side="right") - 1
        actions = np.bincount(self.source)[self.source]
        return [np.flatnonzero((layer == h) & (actions == A)).reshape(-1, A)
                for h in range(self.offsets.size - 2) for A in np.unique(actions[layer == h])]

    def plan(self, reward):
        value = np.zeros(self.offsets[-1])
        log_policy = np.empty_like(reward)
        for edges in reversed(self.layers()):
            q = reward[edges] + value[self.successor[edges]]
            v = self.beta * np.logaddexp.reduce(self.reference[edges] + q / self.beta, axis=1)
            log_policy[edges] = self.reference[edges] + (q - v[:, None]) / self.beta
            value[self.source[edges[:, 0]]] = v
        return log_policy

    def softmax(self, scores):
        log_policy = self.reference + scores
        for edges in self.layers():
            log_policy[edges] -= np.logaddexp.reduce(log_policy[edges], axis=1, keepdims=True)
        return log_policy

    def policy_scores(self, arm, theta):
        scores = self.file[f"policy_features:{arm}"].values @ theta
        offset = f"policy_offset:{arm}"
        return scores + self.file[offset].values if offset in self.file else scores

    def policy(self, arm, theta):
        """The member of a policy class: a softmax of its scores, or the plan of the rewards that it plans for."""
        known = self.file.sel(arm=arm)
        spec = settings(str(known.policy_class.values))
        if str(known.algorithm.values) == "planned-dpo":
            of = settings(str(known.reward_class.values))
            spec = of | {"class": "planned", "of": of["class"]}
        if (network := networks.policy(self, spec, theta)) is not None:
            return network
        if str(known.algorithm.values) == "planned-dpo":
            return self.plan(self.file[f"reward_features:{arm}"].values @ theta)
        if spec["class"] == "planned":
            return self.plan(self.file[f"planned_features:{arm}"].values @ theta)
        return self.softmax(self.policy_scores(arm, theta))

    def occupancy(self, log_policy):
        """Probability that a completion crosses each edge."""
        state = np.zeros(self.offsets[-1])
        state[: self.rho.size] = self.rho
        edge = np.empty_like(log_policy)
        for edges in self.layers():
            edge[edges] = state[self.source[edges]] * np.exp(log_policy[edges])
            np.add.at(state, self.successor[edges], edge[edges])
        return edge

    def kl(self, p, q):
        return self.occupancy(p) @ (p - q)

    def moments(self, values):
        """E_ref and E_ref of the square of a path sum, for each prompt."""
        first, second = np.zeros(self.offsets[-1]), np.zeros(self.offsets[-1])
        for edges in reversed(self.layers()):
            p, v, to = np.exp(self.reference[edges]), values[edges], self.successor[edges]
            first_here = (p * (v + first[to])).sum(1)
            second_here = (p * (v**2 + 2 * v * first[to] + second[to])).sum(1)
            at = self.source[edges[:, 0]]
            first[at], second[at] = first_here, second_here
        return first[: self.rho.size], second[: self.rho.size]

    def round_of(self, name):
        """The only round of an arm, whose draws are the same whatever policy is asked about."""
        if name not in self.rounds:
            self.rounds[name] = interactive.Round(self, name)
        return self.rounds[name]

    def log_odds(self, first, second):
        """Of the first completions of pairs being preferred: by their true rewards, and by a cycle where there is one."""
        u, v = self.turn
        return (self.reward[first].sum(1) - self.reward[second].sum(1)
                + u[first].sum(1) * v[second].sum(1) - v[first].sum(1) * u[second].sum(1))

    def gaps(self, reward):
        return reward[self.chosen].sum(1) - reward[self.rejected].sum(1)


REFIT_LAMBDA = 0.01


def l1_weights(cell, spec, strength, features):
    rows = features[cell.chosen].sum(1) - features[cell.rejected].sum(1)
    noise = np.sqrt(np.log(2 * rows.shape[1]) * (cell.weight @ rows**2))
    return strength * (noise if spec["scaling"] == "universal" else np.ones(rows.shape[1]))


def penalty(cell, spec, strength, reward, log_policy, theta, features):
    kind = spec["kind"]
    if kind == "l1" and spec["refit"] == "true":
        return REFIT_LAMBDA * cell.kl(cell.reference, log_policy)
    if kind == "l1":
        return l1_weights(cell, spec, strength, features) @ np.abs(theta)
    if kind == "reference-kl":
        return strength * cell.kl(cell.reference, log_policy)
    if kind == "ridge":
        return strength / 2 * theta @ theta
    if kind == "none":
        return 0
    mean, square = cell.moments(reward)
    if kind == "variance":
        variance = cell.rho @ (square - mean**2)
    else:
        variance = cell.rho @ square - (cell.rho @ mean) ** 2
    return strength * variance / (2 * cell.beta**2)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def number(value):
    try:
        return float(value)
    except ValueError:
        return value


def point_of(cell, algorithm, option, log_policy):
    """The number that a policy sets itself, and through which nobody differentiates; None of most losses."""
    if algorithm == "kto":
        return cell.kl(log_policy, cell.reference)
    if algorithm == "bco":
        u = log_policy - cell.reference
        return cell.beta * np.average((u[cell.chosen] + u[cell.rejected]).sum(1), weights=cell.weight) / 2
    return None


def direct_loss(cell, algorithm, options, log_policy, point=None):
    """Sum over pairs of what each costs by the log-probabilities of its completions, l, and those over the reference, u."""
    option = {key: number(value) for key, value in options.items()}
    tokens = [cell.length[side].sum(1) if option.get("tokens") == "mean" else 1 for side in (cell.chosen, cell.rejected)]
    win, lose = log_policy[cell.chosen].sum(1), log_policy[cell.rejected].sum(1)
    mean_win, mean_lose = win / tokens[0], lose / tokens[1]
    u_win, u_lose = ((log_policy - cell.reference)[side].sum(1) for side in (cell.chosen, cell.rejected))
    delta, eps = cell.beta * (u_win - u_lose), option.get("eps")
    if point is None:
        point = point_of(cell, algorithm, option, log_policy)
    if algorithm == "slic":
        margin = delta if option["reference"] == "policy" else cell.beta * (win - lose)
        cost = np.maximum(0, 1 - margin) - option["sft"] * win
    elif algorithm == "ipo":
        cost = (u_win / tokens[0] - u_lose / tokens[1] - 1 / (2 * option["tau"])) ** 2
    elif algorithm == "simpo":
        cost = softplus(option["gamma"] - option["beta"] * (mean_win - mean_lose))
    elif algorithm == "cpo":
        cost = softplus(-option["beta"] * (win - lose)) - option["alpha"] * mean_win
    elif algorithm == "nca":
        m, k = cell.beta * u_win, cell.beta * u_lose
        cost = softplus(-m) + softplus(m) / 2 + softplus(k) / 2
    elif algorithm == "sppo":
        cost = (u_win - option["eta"] / 2) ** 2 + (u_lose + option["eta"] / 2) ** 2
    elif algorithm == "apo":
        m, k = option["beta"] * u_win, option["beta"] * u_lose
        cost = sigmoid(-m) + sigmoid(k) if option["anchor"] == "zero" else sigmoid(m) + sigmoid(k - m)
    elif algorithm == "alphapo":
        alpha = option["alpha"]
        reward = [m if alpha == 0 else (1 - np.exp(-alpha * m)) / alpha for m in (mean_win, mean_lose)]
        cost = softplus(option["gamma"] - option["beta"] * (reward[0] - reward[1]))
    elif algorithm == "fdpo":
        phi = {"forward-kl": lambda u: -np.exp(-u), "jensen-shannon": lambda u: u - np.log1p(np.exp(u)),
               "alpha": lambda u: (1 - np.exp(-option["alpha"] * u)) / option["alpha"]}[option["divergence"]]
        cost = softplus(-cell.beta * (phi(u_win) - phi(u_lose)))
    elif algorithm == "kto":
        gain, loss = option["beta"] * (u_win - point), option["beta"] * (u_lose - point)
        cost = option["desirable"] * sigmoid(-gain) + option["undesirable"] * sigmoid(loss)
    elif algorithm == "bco":
        cost = softplus(point - cell.beta * u_win) + softplus(cell.beta * u_lose - point)
    elif algorithm == "rdpo":
        cost = ((1 - eps) * softplus(-delta) - eps * softplus(delta)) / (1 - 2 * eps)
    elif algorithm == "exo":
        q = 1 / (1 + np.exp(-delta))
        cost = q * np.log(q / (1 - eps)) + (1 - q) * np.log((1 - q) / eps)
    elif algorithm == "chipo":
        most = 2 * option["r_max"]
        cost = softplus(-np.clip(delta + cell.beta * (np.exp(u_win) - np.exp(u_lose)), -most, most))
    elif algorithm == "hypo":
        cost = softplus(-delta) + option["lambda"] * cell.kl(log_policy, cell.reference)
    elif algorithm == "orpo":
        odds = [m - np.log1p(-np.exp(m)) for m in (mean_win, mean_lose)]
        cost = -mean_win + option["lambda"] * softplus(odds[1] - odds[0])
    else:
        raise NotImplementedError(f"nothing is known here of the algorithm '{algorithm}'")
    return cell.weight @ cost


def fit(cell, name, theta, point=None):
    """Objective and fitted policy of an arm at parameters theta; `point`: in place of that which the policy sets."""
    arm = cell.file.sel(arm=name)
    algorithm = str(arm.algorithm.values)
    spec, strength = settings(str(arm.penalty.values)), float(arm.penalty_strength)
    features = None
    if algorithm in ("rm+plan", "rm-draw+plan", "rm+project", "rm+distil", "best-of-n", "dpo+best-of-n", *reinforcement.ALGORITHMS, *rounds.ALGORITHMS):
        reward = networks.reward(cell, settings(str(arm.reward_class.values)), theta)
        if reward is None:
            features = cell.file[f"reward_features:{name}"].values
            reward = features @ theta
        log_policy = cell.plan(reward)
        loss = cell.weight @ softplus(-cell.gaps(reward))
    else:
        log_policy = cell.policy(name, theta)
        reward = cell.beta * (log_policy - cell.reference)
        if algorithm == "sft":
            loss = -cell.weight @ log_policy[cell.chosen].sum(1)
        elif algorithm in ("dpo", "planned-dpo"):
            factor = float(settings(str(arm.options.values)).get("beta_factor", 1))
            loss = cell.weight @ softplus(-factor * cell.gaps(reward))
        elif algorithm in interactive.ALGORITHMS:
            loss = cell.round_of(name).loss(log_policy)
        else:
            loss = direct_loss(cell, algorithm, settings(str(arm.options.values)), log_policy, point)
    return loss + penalty(cell, spec, strength, reward, log_policy, theta, features), log_policy


def gradient(cell, name, theta):
    """Of the objective of an arm whose policy has logits linear in theta, under reference-kl, ridge or none."""
    arm = cell.file.sel(arm=name)
    options, spec = settings(str(arm.options.values)), settings(str(arm.penalty.values))
    strength, algorithm = float(arm.penalty_strength), str(arm.algorithm.values)
    features = cell.file[f"policy_features:{name}"].values
    log_policy = cell.softmax(cell.policy_scores(name, theta))
    slopes = features.copy()  # of log pi(a|s): phi less its mean under pi
    for edges in cell.layers():
        slopes[edges] -= (np.exp(log_policy[edges])[..., None] * features[edges]).sum(1, keepdims=True)
    ratio = cell.gaps(log_policy - cell.reference)
    if algorithm == "sft":
        out = -cell.weight @ slopes[cell.chosen].sum(1)
    else:
        if algorithm == "dpo":
            beta = cell.beta * float(options["beta_factor"])
            of_ratio = -beta / (1 + np.exp(beta * ratio))
        else:
            assert algorithm == "ipo", f"no gradient is written down here for {algorithm}"
            of_ratio = 2 * (ratio - 1 / (2 * float(options["tau"])))
        out = (cell.weight * of_ratio) @ cell.gaps(slopes)
    if spec["kind"] == "reference-kl":
        return out - strength * cell.occupancy(cell.reference) @ slopes
    assert spec["kind"] in ("none", "ridge"), "no gradient is written down here for this penalty"
    return out + (strength * theta if spec["kind"] == "ridge" else 0)


def walked(cell, name):
    """theta where the course of an arm ended, and how many steps that took."""
    arm = cell.file.sel(arm=name)
    course = settings(str(arm.course.values))
    theta = np.zeros(cell.file[f"policy_features:{name}"].shape[1])
    for step in range(int(arm.iterations)):
        theta = theta - float(course["rate"]) / cell.weight.sum() * gradient(cell, name, theta)
    return theta, int(float(course["steps"]))


def assert_minimum(function, theta, name, free=True, sizes=(1e-4, 1e-2, 1)):
    """No step of the free parameters from theta leads below it."""
    rng = np.random.default_rng(1)
    for size in sizes:
        for _ in range(5):
            step = size * rng.standard_normal(theta.size) * free
            assert function(theta + step) > function(theta) - TOLERANCE, name


def check_least(cell, name, policy, function, agree):
    """The policy is in its class, and the point of it where the function is least."""
    if f"policy_features:{name}" not in cell.file:
        raise NotImplementedError("nothing is known here of classes that are not linear")
    features = cell.file[f"policy_features:{name}"].values

    def centred(logits):  # they count up to a constant in each state
        out = np.empty_like(logits)
        for edges in cell.layers():
            out[edges] = logits[edges] - logits[edges].mean(1, keepdims=True)
        return out

    offset = cell.policy_scores(name, np.zeros(features.shape[1]))
    theta = np.linalg.lstsq(centred(features), centred(policy - cell.reference - offset), rcond=None)[0]
    agree("log_policy in its class", policy, cell.softmax(cell.policy_scores(name, theta)))
    assert_minimum(lambda t: function(cell.softmax(cell.policy_scores(name, t))), theta, name)


def distillation(cell, options, teacher):
    """The divergence of tokens from a teacher, as a function of the policy."""
    def divergence(student):
        p, q = (teacher, student) if options["direction"] == "forward" else (student, teacher)
        prefixes = teacher if options["prefixes"] == "teacher" else student
        visits = np.zeros(cell.offsets[-1])
        visits[: cell.rho.size] = cell.rho
        np.add.at(visits, cell.successor, cell.occupancy(prefixes))
        return visits[cell.source] @ (np.exp(p) * (p - q))

    return divergence


def best_of_n(cell, score, n, sampler=None):
    """All completions as rows of edges, their prompts, and the log-probabilities of the best of n by a score."""
    rows, prompt = reinforcement.completions(cell)
    reference, value = np.exp((cell.reference if sampler is None else sampler)[rows].sum(1)), score[rows].sum(1)
    log_policy = np.empty_like(value)
    for p in range(cell.rho.size):
        mine = prompt == p
        gap = value[mine][:, None] - value[mine][None, :]
        tie = 1e-7 * max(1, np.abs(value).max())
        up_to, below = (reference[mine] * (gap >= -tie)).sum(1), (reference[mine] * (gap > tie)).sum(1)
        log_policy[mine] = np.log(reference[mine] * (up_to**n - below**n) / (up_to - below))
    return rows, prompt, log_policy


def check_law(cell, name, agree):
    """best-of-n: everything by summation over all completions."""
    arm = cell.file.sel(arm=name)
    n = float(settings(str(arm.options.values))["n"])
    # Of the file's other arms, `dpo` has the class, the penalty and the pairs of the sampler.
    sampler = cell.file.log_policy.sel(arm="dpo").values if str(arm.algorithm.values) == "dpo+best-of-n" else None
    rows, prompt, log_policy = best_of_n(cell, arm.edge_reward.values, n, sampler)
    mass, reference, optimum = (np.exp(x) * cell.rho[prompt]
                                for x in (log_policy, cell.reference[rows].sum(1), cell.optimum[rows].sum(1)))
    if not np.isnan(arm.log_policy.values).any():
        agree("log_policy", np.exp(arm.log_policy.values[rows].sum(1)), np.exp(log_policy))
    kl = lambda p, q: p @ np.log(p / q)  # noqa: E731
    agree("regret", cell.beta * kl(mass, optimum), arm.regret)
    reward = mass @ cell.reward[rows].sum(1)
    agree("expected_reward", reward, arm.expected_reward)
    agree("soft_return", reward - cell.beta * kl(mass, reference), arm.soft_return)
    agree("kl_to_optimum", kl(mass, optimum), arm.kl_to_optimum)
    agree("kl_from_optimum", kl(optimum, mass), arm.kl_from_optimum)
    agree("kl_to_reference", kl(mass, reference), arm.kl_to_reference)
    agree("kl_from_reference", kl(reference, mass), arm.kl_from_reference)
    of_path = {tuple(row): x for row, x in zip(rows, log_policy)}
    for side, stored in ((cell.chosen, arm.chosen_log_prob), (cell.rejected, arm.rejected_log_prob)):
        agree("log-probabilities", np.mean([of_path[tuple(path)] for path in side]), stored)
    seen = {tuple(path) for path in np.concatenate([cell.chosen, cell.rejected])}
    agree("unseen_mass", sum(m for row, m in zip(rows, mass) if tuple(row) not in seen), arm.unseen_mass)
    agree("rm_log_likelihood", -softplus(-cell.gaps(arm.edge_reward.values)).mean(), arm.rm_log_likelihood)
    occupancy = np.zeros_like(cell.reward)
    np.add.at(occupancy, rows, np.repeat(mass[:, None], rows.shape[1], 1))
    return occupancy


def check_ensemble(cell, name, agree):
    """Each member is least for the pairs that it drew; what is acted on is their pessimistic reward, up to a number for each
    prompt. Returns the policy that plans with that."""
    arm = cell.file.sel(arm=name)
    options, spec = settings(str(arm.options.values)), settings(str(arm.penalty.values))
    members, features = int(options["members"]), cell.file[f"reward_features:{name}"].values
    thetas = cell.file[f"theta:{name}"].values.reshape(members, -1)
    objectives = []
    for member, theta in enumerate(thetas):
        weight = ensemble.weights(cell, member)

        def objective(t):
            reward = features @ t
            return weight @ softplus(-cell.gaps(reward)) + penalty(cell, spec, float(arm.penalty_strength), reward,
                                                                    cell.plan(reward), t, features)

        assert_minimum(objective, theta, name)
        objectives.append(objective(theta))
    agree("objective", np.mean(objectives), arm.objective)
    rows, prompt, value = ensemble.pessimistic(cell, thetas @ features.T, options)
    away = arm.edge_reward.values[rows].sum(1) - value
    agree("pessimistic reward", away, away[np.searchsorted(prompt, prompt)])
    return cell.plan(arm.edge_reward.values)


def check_arm(cell, name, agree):
    """Every number of an arm; returns how often its policy crosses each edge."""
    arm = cell.file.sel(arm=name)
    assert int(arm.status) == 0, str(arm.error.values)
    theta = cell.file[f"theta:{name}"].values
    agree("parameters", theta.size, arm.parameters)
    if str(arm.algorithm.values) in ensemble.ALGORITHMS:
        fitted = check_ensemble(cell, name, agree)
        if str(arm.algorithm.values).endswith("best-of-n"):
            return check_law(cell, name, agree)
        agree("log_policy", arm.log_policy.values, fitted)
        return check_measures(cell, name, agree)
    objective, fitted = fit(cell, name, theta)
    refitted = settings(str(arm.penalty.values)).get("refit") == "true"
    ended_early = str(arm.algorithm.values) != "rm-draw+plan"  # a draw is no minimum: what it costs, and its plan
    reinforced = str(arm.algorithm.values) in reinforcement.ALGORITHMS
    if reinforced:
        fitted, objective = reinforcement.Course(cell, name, arm.edge_reward.values).walked()
    elif str(arm.course.values) and str(arm.algorithm.values) not in (*rounds.ALGORITHMS, *interactive.ALGORITHMS):
        mine, most = walked(cell, name)
        agree("theta after its steps", mine, theta)
        agree("gradient_norm", np.linalg.norm(gradient(cell, name, theta)), arm.gradient_norm)
        ended_early = int(arm.iterations) < most  # else it stops where its steps end
    if ended_early:
        options = settings(str(arm.options.values))
        point = point_of(cell, str(arm.algorithm.values), options, fitted)
        classes = [settings(str(arm[key].values)) for key in ("reward_class", "policy_class")]
        sparse = next((spec for spec in classes if spec.get("class") == "sparse"), None)
        assert sparse is None or np.count_nonzero(theta) <= int(sparse["features"]), name
        local = any(networks.is_one(spec) for spec in classes)  # a stationary point, and no other is claimed
        assert_minimum(lambda t: fit(cell, name, t, point)[0], theta, name, free=theta != 0 if refitted or sparse else True,
                       sizes=(1e-4, 1e-2) if local else (1e-4, 1e-2, 1))
    policy = arm.log_policy.values
    if str(arm.algorithm.values) in ("best-of-n", "dpo+best-of-n"):
        agree("objective", objective, arm.objective)
        return check_law(cell, name, agree)
    if str(arm.algorithm.values) == "rm+project":
        with cell.weighing(cell.every if settings(str(arm.options.values)).get("prompts") == "all" else cell.rho):
            agree("objective", cell.kl(policy, fitted), arm.objective)
            check_least(cell, name, policy, lambda p: cell.kl(p, fitted), agree)
    elif str(arm.algorithm.values) == "rm+distil":
        divergence = distillation(cell, settings(str(arm.options.values)), fitted)
        agree("objective", divergence(policy), arm.objective)
        check_least(cell, name, policy, divergence, agree)
    elif str(arm.algorithm.values) in rounds.ALGORITHMS:
        reward = arm.edge_reward.values
        agree("objective", cell.beta * cell.kl(policy, cell.reference) - cell.occupancy(policy) @ reward, arm.objective)
        check_least(cell, name, policy, rounds.Round(cell, name, reward).loss, agree)
    else:
        agree("objective", objective, arm.objective)
        agree("log_policy", policy, fitted)
    return check_measures(cell, name, agree)


def check_measures(cell, name, agree):
    """What is measured of a policy on edges; returns how often it crosses each of them."""
    with cell.weighing(cell.measured):
        return check_measures_there(cell, cell.file.sel(arm=name), agree)


def check_measures_there(cell, arm, agree):
    policy = arm.log_policy.values
    regret = cell.beta * cell.kl(policy, cell.optimum)
    soft_return = cell.occupancy(policy) @ cell.reward - cell.beta * cell.kl(policy, cell.reference)
    best = cell.occupancy(cell.optimum) @ cell.reward - cell.beta * cell.kl(cell.optimum, cell.reference)
    agree("regret", regret, arm.regret)
    agree("regret, as a difference of returns", best - soft_return, arm.regret)
    agree("soft_return", soft_return, arm.soft_return)
    agree("expected_reward", cell.occupancy(policy) @ cell.reward, arm.expected_reward)
    agree("kl_to_optimum", cell.kl(policy, cell.optimum), arm.kl_to_optimum)
    agree("kl_from_optimum", cell.kl(cell.optimum, policy), arm.kl_from_optimum)
    agree("kl_to_reference", cell.kl(policy, cell.reference), arm.kl_to_reference)
    agree("kl_from_reference", cell.kl(cell.reference, policy), arm.kl_from_reference)
    def mean(values):
        return np.average(values, weights=cell.weight)

    agree("chosen_log_prob", mean(policy[cell.chosen].sum(1)), arm.chosen_log_prob)
    agree("rejected_log_prob", mean(policy[cell.rejected].sum(1)), arm.rejected_log_prob)
    agree("rm_log_likelihood", mean(-softplus(-cell.gaps(arm.edge_reward.values))), arm.rm_log_likelihood)
    seen = np.unique(np.concatenate([cell.chosen, cell.rejected]), axis=0)
    mass = cell.rho[cell.source[seen[:, 0]]] @ np.exp(policy[seen].sum(1))
    agree("unseen_mass", 1 - mass, arm.unseen_mass)
    if "preference_win_rate" in arm:
        check_games(cell, policy, arm, agree)
    return cell.occupancy(policy)


def check_games(cell, policy, arm, agree):
    """Against the reference, against whoever wins most, and where both players pay for their KL."""
    rows, prompt = reinforcement.completions(cell)
    against_reference = worst = best = 0
    for p in np.unique(prompt):
        paths = rows[prompt == p]
        y, z = np.indices((len(paths), len(paths)))
        wins = 1 / (1 + np.exp(-cell.log_odds(paths[y.ravel()], paths[z.ravel()]).reshape(y.shape)))
        said, reference = (np.exp(log[paths].sum(1)) for log in (policy, cell.reference))
        beats, t = wins @ said, cell.beta / 4
        against_reference += cell.rho[p] * (said @ wins @ reference)
        worst += cell.rho[p] * (1 - beats.max())
        best += cell.rho[p] * t * np.log(reference @ np.exp(beats / t))
    agree("preference_win_rate", against_reference, arm.preference_win_rate)
    agree("worst_case_win_rate", worst, arm.worst_case_win_rate)
    agree("nash_gap", best - 0.5 + cell.beta / 4 * cell.kl(policy, cell.reference), arm.nash_gap)


def check_cell(path):
    worst = 0.0

    def agree(what, mine, stored):
        nonlocal worst
        gap = np.max(np.abs(np.asarray(mine) - np.asarray(stored)) / np.maximum(1, np.abs(np.asarray(stored))))
        assert gap < TOLERANCE, f"{path}: {name}: {what}: {mine} here, {np.asarray(stored)} in the file"
        worst = max(worst, gap)

    with xr.open_dataset(path, engine="h5netcdf") as file:
        cell = Cell(file.load())
        name = "the world"
        agree("rho", cell.rho.sum(), 1)
        agree("optimal_log_policy", cell.plan(cell.reward), cell.optimum)
        names = [str(n) for n in file.arm.values]
        crossed = {}
        for name in names:
            with cell.pairs_of(name):
                crossed[name] = check_arm(cell, name, agree)
        for name in names:
            for other in names:
                gap = np.abs(crossed[name] - crossed[other]).max()
                agree(f"policy_gap to {other}", gap, file.policy_gap.sel(arm=name, arm_b=other))
        return len(names), worst, {settings(file.cell)["family"]}, {str(a) for a in file.algorithm.values}


def registered(kind):
    """Names of a registry, as `twostage list` prints them: those two places in."""
    text = subprocess.run([sys.argv[1], "list", kind], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^  (\S+)", text, flags=re.M))


CELLS = {  # a study, and the overrides that make it small; between them every family and every algorithm
    "walk": ["horizon", "horizon=4", "pairs=100"],
    "tokens": ["equivalence", "prompts=3", "reference_spread=1.0", "pairs=50"],
    "bandit": [str(HERE / "bandit.toml")],
    "two-token": [str(HERE / "two_token.toml")],
    "planned": [str(HERE / "planned.toml")],
    "best-of-n": [str(HERE / "best_of_n.toml")],
    "given": [str(HERE / "given.toml")],
    "maze": [str(HERE / "maze.toml")],
    "direct": [str(HERE / "direct.toml")],
    "reinforcement": [str(HERE / "reinforcement.toml")],
    "summary": [str(HERE / "summary.toml")],
    "interactive": [str(HERE / "interactive.toml")],
    "interactive without a reward": [str(HERE / "interactive.toml"), "intransitivity=1.5"],
    "networks": [str(HERE / "networks.toml"), "variant=tokens"],
    "networks of a walk": [str(HERE / "networks.toml"), "variant=walk"],
}

seen = {"worlds": set(), "algorithms": set()}
with tempfile.TemporaryDirectory() as folder:
    for label, study in CELLS.items():
        saved = f"{folder}/{label}.h5"
        subprocess.run([sys.argv[1], "explain", *study, "--preset", "smoke", "--replicate", "1", "--save", saved],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        arms, worst, families, algorithms = check_cell(saved)
        seen["worlds"] |= families
        seen["algorithms"] |= algorithms
        print(f"{label}: {arms} arms agree, largest relative difference {worst:.1e}")
for kind, names in seen.items():
    assert (missing := registered(kind) - names) == set(), f"recomputed of no stored replicate: {kind} {missing}"
