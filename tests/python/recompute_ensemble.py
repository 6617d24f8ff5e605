"""The members of rm-ensemble+plan and rm-ensemble+best-of-n: the pairs that each draws, by numpy's own Philox, and the pessimistic
reward of them, by enumeration of completions. For recompute_cell.py."""
import numpy as np

from recompute_reinforcement import completions, hash_name

ALGORITHMS = ("rm-ensemble+plan", "rm-ensemble+best-of-n")


def weights(cell, member):
    """How often the labels of each pair were drawn. Labels are in the order of comparisons, each where it comes first, those
    won by its first completion before the others; a pair stands for its share of them."""
    rows = {}
    for i, (chosen, rejected) in enumerate(zip(map(tuple, cell.chosen), map(tuple, cell.rejected))):
        row = rows.setdefault(frozenset((chosen, rejected)), (chosen, [], []))
        row[1 if chosen == row[0] else 2].append(i)
    sides = [side for _, won, lost in rows.values() for side in (won, lost)]
    up_to = np.cumsum([cell.weight[side].sum() for side in sides])
    attributes, draws = cell.file.attrs, int(np.floor(up_to[-1] + 0.5))
    key = np.array([int(attributes["seed"]), hash_name(attributes["study"])], np.uint64)
    counter = int(attributes["replicate"]) << 64 | 4 << 128 | member << 192  # purpose 4; numpy steps before the first block
    words = np.random.Philox(key=key, counter=(counter - 1) % (1 << 256)).random_raw(draws)
    drawn = np.bincount(np.searchsorted(up_to, up_to[-1] * (words.astype(float) * 2.0**-64), "right"), minlength=len(sides))
    out = np.zeros_like(cell.weight)
    for side, count in zip(sides, drawn * up_to[-1] / draws):
        if side:
            out[side] = cell.weight[side] * count / cell.weight[side].sum()
    return out


def pessimistic(cell, rewards, options):
    """Of each completion, given the rewards of the members on edges: rows of edges, and what each is worth."""
    rows, prompt = completions(cell)
    reference = np.exp(cell.reference[rows].sum(1))
    values = np.array([r[rows].sum(1) for r in rewards])
    for p in range(cell.rho.size):
        mine = prompt == p
        values[:, mine] -= (values[:, mine] @ reference[mine])[:, None]
    if options["pessimism"] == "worst":
        return rows, prompt, values.min(0)
    spread = values.std(0) if options["pessimism"] == "deviation" else values.var(0)
    return rows, prompt, values.mean(0) - float(options["c"]) * spread
