"""Classes of scores that are not linear in theta, written down anew from the graph alone: what a network reads of an edge,
`mlp`, `low-rank`, and the rewards that a class of policies implies."""
import numpy as np

CLASSES = ("mlp", "low-rank")


def settings(text):
    return dict(item.split(" = ") for item in text.split(", ") if " = " in item)


def layers(cell):
    return np.searchsorted(cell.offsets, cell.source, side="right") - 1


def contrasts(alphabet):
    """Rows of tokens, columns of their orthonormal contrasts: 1 before, -c at and 0 beyond token c, times sqrt(A / (c (c + 1)))."""
    c = np.arange(1, alphabet)
    tokens = np.arange(alphabet)[:, None]
    return np.where(tokens < c, 1.0, np.where(tokens == c, -c, 0.0)) * np.sqrt(alphabet / (c * (c + 1)))


def inputs(cell):
    """[edges x inputs] of one prompt, or of prompts that share their classes."""
    world, layer = settings(cell.file.cell), layers(cell)
    horizon, prompts = cell.offsets.size - 2, cell.rho.size
    assert prompts == 1 or world["shared_classes"] == "true", "networks of their own are not written down here"
    if world["family"] == "walk":
        def place(states, h):
            return (states - cell.offsets[h]) % (2 * h + 1) - h

        return np.stack([(layer + 1) / horizon, place(cell.source, layer) / horizon, place(cell.successor, layer + 1) / horizon], axis=1)
    assert "prompt_length" not in world, "prompts that are texts are not written down here"
    groups = [contrasts(int(cell.action[layer == h].max()) + 1) for h in range(horizon)]
    begin = np.cumsum([0] + [group.shape[1] for group in groups])
    into = {int(s): e for e, s in enumerate(cell.successor)}
    out = np.zeros((cell.source.size, begin[-1]))
    for e in range(cell.source.size):
        at = e
        while at is not None:  # back to the first token
            h = layer[at]
            out[e, begin[h] : begin[h + 1]] = groups[h][cell.action[at]]
            at = into.get(int(cell.source[at]))
    return out


def scores(cell, spec, theta):
    """Of a network, on edges."""
    x = inputs(cell)
    ones = np.hstack([np.ones((x.shape[0], 1)), x])
    out = np.zeros(x.shape[0])
    if spec["class"] == "mlp":
        for unit in theta.reshape(int(spec["width"]), -1):
            out += unit[0] * np.tanh(ones @ unit[1:])
    else:
        for first, second in theta.reshape(int(spec["rank"]), 2, -1):
            out += (ones @ first) * (ones @ second)
    return np.where(layers(cell) == cell.offsets.size - 3, out, 0) if spec["scores"] == "completion" else out


def reward(cell, spec, theta):
    """Of a network, or implied by a network as a policy; None: the class is neither."""
    if spec.get("class") in CLASSES:
        return scores(cell, spec, theta)
    if spec.get("class") == "implicit":
        return cell.beta * (cell.softmax(scores(cell, spec | {"class": spec["of"]}, theta)) - cell.reference)
    return None


def policy(cell, spec, theta):
    """Of a network as a policy, or of the plans of a network; None likewise."""
    if spec.get("class") in CLASSES:
        return cell.softmax(scores(cell, spec, theta))
    if spec.get("class") == "planned" and spec["of"] in CLASSES:
        return cell.plan(scores(cell, spec | {"class": spec["of"]}, theta))
    return None


def is_one(spec):
    return spec.get("class") in CLASSES or spec.get("of") in CLASSES
