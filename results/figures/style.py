"""One meaning for each look: colour, marker and lightness say the same in every study.

- **Colour**: the search space. Blue: policies that are optimal for simple verifiers; vermilion: all policies; grey:
  neither. Where a colour stands for a winner it is that of the winner's space.
- **Marker**: how the arm gets there, or the family of worlds. Arms that must coincide are hollow and of different
  sizes, so that they stay visible on top of each other.
- **Lightness**: the number of pairs, or another dial, from light to dark.
"""

import tomllib

from matplotlib.colors import LinearSegmentedColormap

from .profile import scaled

SIMPLE, ALL, NEITHER, INK, BAND = "#0072B2", "#D55E00", "#6E6E6E", "#333333", "#E5E5E5"

# Winner at a point. The ends differ in lightness as much as in hue, so that a grey print tells them apart.
WINNER = LinearSegmentedColormap.from_list("winner", ["#E8730C", "#F6B26B", "#F7F7F7", "#4C94C4", "#08305F"])

_OPEN = dict(markerfacecolor="none")
_ARMS = {
    "rm+plan": dict(color=SIMPLE, marker="o", label="RM + RL, simple verifier"),
    "planned-dpo": dict(color=SIMPLE, marker="s", size=7, **_OPEN, label="DPO over plans of simple verifiers"),
    "rm+project": dict(color=SIMPLE, marker="v", size=10, **_OPEN, label="RM + RL, small generator"),
    "dpo": dict(color=ALL, marker="D", label="DPO"),
    "dense-rm+plan": dict(color=ALL, marker="^", size=7, **_OPEN, label="RM + RL, rich verifier"),
    "known-rm": dict(color=SIMPLE, marker="o", label="RM + RL, c known"),
    "sparse-rm": dict(color=SIMPLE, marker="s", label="RM + RL, l1 finds the support"),
    "linear-rm": dict(color=SIMPLE, marker="^", size=6, **_OPEN, label="RM + RL, c unknown"),
    "first-token-dpo": dict(color=ALL, marker="v", size=6, **_OPEN, label="DPO, second token known"),
    "rm": dict(color=SIMPLE, marker="o", label="RM + RL"),
    "direct": dict(color=ALL, marker="D", **_OPEN, label="DPO"),
    "sft": dict(color=NEITHER, marker="x", label="SFT on chosen"),
}
_SYMBOLS = {"o": "●○", "s": "■□", "D": "◆◇", "^": "▲△", "v": "▼▽", "x": "✕✕", "P": "✚✚", "*": "★☆", ".": "••",
            "<": "◀◁", ">": "▶▷"}
_MARKERS = ["o", "s", "^", "v", "D", "P", "*", "<", ">", "x"]


def arm_style(arm):
    """Colour and marker of an arm, for errorbar and plot."""
    known = _ARMS.get(arm, dict(color=NEITHER, marker="."))
    look = {k: v for k, v in known.items() if k not in ("label", "size")}
    return {**look, "markersize": scaled(known.get("size", 4))}


def arm_label(arm, short=False):
    """The name readers know an arm by; `short` without its class, where that is on an axis."""
    label = _ARMS.get(arm, {}).get("label", arm)
    return label.split(",")[0] if short else label


def symbol(style):
    """The marker of a style as a character, for labels in running text."""
    return _SYMBOLS.get(style.get("marker"), "••")[style.get("markerfacecolor") in ("none", "white")]


def learn_arms(data):
    """Gives the arms that have no look yet one, from what the result's configuration says of them."""
    arms = tomllib.loads(str(data.configuration.item()))["arms"] if "configuration" in data else []
    taken = {}
    for spec in arms:
        if spec["name"] in _ARMS:
            continue
        algorithm = spec.get("algorithm", "")
        # A policy that plans is as rich as the rewards that it plans for.
        reward = spec.get("reward", {}).get("class") or spec.get("policy", {}).get("of")
        # So are rewards that a class of policies implies, and networks that score every token.
        rich = reward in ("dense", "implicit", None) or spec.get("reward", {}).get("scores") == "tokens"
        colour = NEITHER if algorithm == "sft" else ALL if rich else SIMPLE
        count = taken[colour] = taken.get(colour, -1) + 1
        hollow = _OPEN if count % 2 else {}
        _ARMS[spec["name"]] = dict(color=colour, marker=_MARKERS[count % len(_MARKERS)], size=4 + count % 3,
                                   label=spec["name"], **hollow)


def shades(count, light="#8F8F8F", dark="#111111"):
    """`count` greys from light to dark: small n to large."""
    return ramp(light, dark, count)


def ramp(light, dark, count):
    """`count` colours from `light` to `dark`; one is `dark`."""
    between = LinearSegmentedColormap.from_list("ramp", [light, dark])
    return [between(i / (count - 1)) for i in range(count)] if count > 1 else [dark]
