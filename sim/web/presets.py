"""The studies of experiments/teaching as the page has them: presets() gives {id: preset}.

A preset is {"name", "seed", "world", "arms": [{"algorithm", "of", "degree", "penalty"}], "points": [{"world", "pairs"}],
"groups": [[point, ...], ...], "replicates"}; `of` is the class that an arm fits, as sim/web/laboratory.hpp names it. A group
is what one replicate runs at once, and has one hash for it: the points of all axes, or of each variant.
"""

import itertools
import pathlib
import tomllib

HOME = pathlib.Path(__file__).resolve().parents[2]
ORDER = ["twins", "price", "board", "race", "wrong-judge", "map"]


def points(study):
    if "variants" in study:
        return [{"world": {key.removeprefix("world."): value for key, value in {**v.get("world", {})}.items()},
                 "pairs": v["pairs"]} for v in study["variants"]]
    axes = study.get("axes", {})
    out = []
    for values in itertools.product(*axes.values()):
        at = dict(zip(axes, values))
        out.append({"world": {k: v for k, v in at.items() if k != "pairs"}, "pairs": at.get("pairs", study.get("pairs"))})
    return out


def preset(identity):
    study = tomllib.loads((HOME / f"experiments/teaching/{identity}/study.toml").read_text())
    arms = []
    for arm in study["arms"]:
        fitted = dict(arm.get("reward") or arm["policy"])
        name = " ".join([fitted.pop("class"), *([fitted.pop("of")] if "of" in fitted else [])])
        arms.append({"algorithm": arm["algorithm"], "of": name, **fitted, "penalty": study["penalty"]})
    at = points(study)
    groups = [[p] for p in range(len(at))] if "variants" in study else [list(range(len(at)))]
    return {"name": study["name"], "seed": study.get("seed", 1), "world": study["world"], "arms": arms, "points": at,
            "groups": groups, "replicates": study["replicates"]["paper"]}


def presets():
    return {identity: preset(identity) for identity in ORDER}
