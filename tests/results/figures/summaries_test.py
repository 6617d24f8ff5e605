"""The texts that policies write, on a graph of merged states made by hand, against a list of all texts."""

import itertools

from support import np, xarray

from figures.summaries import Texts, draw, letters

# Two prompts, two tokens, two places; a text of prompt 0 that begins with either token goes on from one state.
#   layer 0: states 0, 1 | layer 1: 2 (of prompt 0, merged), 3, 4 (of prompt 1) | layer 2: 5, 6
SOURCE = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
SUCCESSOR = [2, 2, 3, 4, 5, 5, 6, 6, 6, 6]
ACTION = [0, 1] * 5
REWARD = [0.0, 0.5, 0.0, 0.2, 0.0, 1.0, 0.3, 0.0, 0.0, 0.1]


def world(policies):
    """``policies``: [arm][state of layers 0 and 1] the probability of token 0."""
    log_policy = np.log([[p if a == 0 else 1 - p for p, a in zip(np.repeat(arm, 2), ACTION)] for arm in policies])
    names = ["rm+plan", "dpo", "a"][: len(policies)]
    return xarray.Dataset(
        {
            "layer_offsets": ("layer_boundary", [0, 2, 5, 7]),
            "edge_source": ("edge", SOURCE),
            "edge_successor": ("edge", SUCCESSOR),
            "edge_action": ("edge", ACTION),
            "true_reward": ("edge", REWARD),
            "optimal_log_policy": ("edge", log_policy[0]),
            "log_policy": (("arm", "edge"), log_policy),
            "policy_gap": (("arm", "arm_b"), 1.0 - np.eye(len(policies))),
            "regret": ("arm", np.linspace(0.1, 0.3, len(policies))),
            "rho": ("prompt", [1.0, 0.0]),
            "prompt_text": ("prompt", np.array(["0 1", "1 1"], dtype=object)),
            "reference_text": ("prompt", np.array(["1 1", ""], dtype=object)),
            "chosen": (("pair", "step"), [[1, 5]]),
        },
        coords={"arm": names, "arm_b": names},
        attrs={"cell": "family = summary", "study": "texts", "config_hash": "0"},
    )


def listed(data, log_policy, prompt):
    """All texts after a prompt: (text, probability, reward), likeliest first."""
    out = []
    for tokens in itertools.product([0, 1], repeat=2):
        state, cost, reward, text = prompt, 0.0, 0.0, ""
        for token in tokens:
            edge = next(e for e in range(10) if SOURCE[e] == state and ACTION[e] == token)
            cost, reward = cost + log_policy[edge], reward + REWARD[edge]
            state, text = SUCCESSOR[edge], text + "ab"[token]
        out.append((text, np.exp(cost), reward))
    return sorted(out, key=lambda one: -one[1])


data = world([[0.3, 0.9, 0.2, 0.6, 0.7], [0.55, 0.45, 0.4, 0.35, 0.8]])
texts = Texts(data)
for arm in range(2):
    policy = data.log_policy.values[arm]
    for prompt in range(2):
        all_texts = listed(data, policy, prompt)
        for count in (1, 3, 4, 9):
            found = texts.likeliest(policy, prompt, count)
            assert [text for text, _, _ in found] == [text for text, _, _ in all_texts[:count]], (arm, prompt, count)
            assert np.allclose([(p, r) for _, p, r in found], [(p, r) for _, p, r in all_texts[:count]])
    rewards = [reward for _, _, reward in listed(data, policy, arm)]
    assert np.allclose(texts.range_of(arm), (min(rewards), max(rewards)))

assert letters("0 1 15") == "abp" and letters("") == ""

figure = draw(data)
assert [ax.get_title(loc="left") for ax in figure.axes] == ["the best policy", "RM + RL, simple verifier", "DPO"]
assert figure.axes[0].get_ylabel() == "reads ab\nwanted bb", "prompts without data are not measured here"
ticks = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
assert ticks == [text for text, _, _ in listed(data, data.log_policy.values[0], 0)]

held_out = draw(data.assign(measured_weight=("prompt", [0.0, 1.0])))
assert held_out.axes[0].get_ylabel() == "reads bb\nwanted nothing"

# A graph whose ways merge has few states and very many texts: what is likely is found state by state. Of one token that is
# likelier at every place the second text differs in one place.
H, A = 40, 4
layers = np.arange(H + 1)
long = data.drop_dims(["edge", "prompt", "layer_boundary"]).assign(
    layer_offsets=("layer_boundary", np.append(layers, H + 1)),
    edge_source=("edge", np.repeat(layers[:-1], A)),
    edge_successor=("edge", np.repeat(layers[1:], A)),
    edge_action=("edge", np.tile(np.arange(A), H)),
    true_reward=("edge", np.zeros(A * H)),
)
found = Texts(long).likeliest(np.log(np.tile([0.26, 0.25, 0.25, 0.24], H)), 0, 3)
assert found[0][0] == "a" * H and np.isclose(found[0][1], 0.26**H)
assert np.allclose([p for _, p, _ in found[1:]], 0.26 ** (H - 1) * 0.25)
