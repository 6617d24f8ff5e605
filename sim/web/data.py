"""The numbers of the page: data.py BUILD_DIR HASHES.json DATA.json.

Runs the studies of experiments/teaching with the program in BUILD_DIR, and their presets by the C interface in the same
build, whose regrets must have the bits of the result files. Writes the hash of every replicate, and what the page shows
before it computes: estimates with 95 % intervals of the result files, and theory's numbers.
"""

import csv
import io
import json
import pathlib
import subprocess
import sys

from presets import presets
from replay import replay

RM, DPO = "regret['rm+plan']", "regret['dpo']"
RATIO = f"ratio({DPO}, {RM})"
MISTAKES = [0.045, 0.05, 0.06, 0.07, 0.085, 0.1, 0.12, 0.15, 0.25, 0.3, 0.35]


class Program:
    def __init__(self, build, work):
        self.path, self.work = build / "experiments/twostage", work

    def __call__(self, *words):
        done = subprocess.run([self.path, *words], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"data.py: twostage {' '.join(map(str, words))}\n{done.stderr}")
        return done.stdout

    def result(self, identity):
        path = self.work / f"{identity}.h5"
        self("run", identity, "--force", "--out", path)
        return path

    def estimates(self, result, *estimands):
        rows = json.loads(self("table", result, *estimands, "--level", "0.95", "--format", "json"))["rows"]
        asked = [" ".join(e.split()) for e in estimands]
        return [[{k: row[k] for k in ("estimate", "lower", "upper")} for row in rows if row["estimand"] == e] for e in asked]

    def predictions(self, study, *more):
        rows = json.loads(self("predict", study, *more, "--all", "--json"))
        return [row for row in rows if row["arm"] == "rm+plan"], [row for row in rows if row["arm"] == "dpo"]


def stored_regrets(program, result, preset):
    """[replicate][point][arm] of the result file, NaN where it has none."""
    rows = csv.DictReader(io.StringIO(program("export", result, "--csv", "--variable", "regret,status")))
    out, arms = {}, len(preset["arms"])
    order = [float(row["regret"]) for row in rows]
    replicates = preset["replicates"]
    for p in range(len(preset["points"])):
        for r in range(replicates):
            at = (p * replicates + r) * arms
            out.setdefault(r, []).append(order[at:at + arms])
    return [out[r] for r in range(replicates)]


def check_equal(identity, stored, replayed):
    for r, (a, b) in enumerate(zip(stored, replayed, strict=True)):
        for p, (x, y) in enumerate(zip(a, b, strict=True)):
            if any(u != v and u == u for u, v in zip(x, y, strict=True)):
                sys.exit(f"data.py: {identity}, replicate {r}, point {p}: {x} in the result, {y} by the C interface")


def median_set(regrets):
    """The data set whose ratio of regrets is the lower median of all."""
    ratios = sorted((r[0][1] / r[0][0], i) for i, r in enumerate(regrets))
    return ratios[(len(ratios) - 1) // 2][1]


def twins(regrets, preset):
    return {"opening": median_set(regrets),
            "better": [sum(of[p][1] < of[p][0] for of in regrets) for p in range(len(preset["points"]))]}


def wrong_judge(program, result):
    rm, dpo, crossing = program.estimates(result, RM, DPO, f"crossing({RATIO}, pairs)")
    of_rm, of_dpo = program.predictions("wrong-judge", "excess=" + ",".join(map(str, MISTAKES)))
    at = {}
    for mistake in MISTAKES:
        here = [i for i, row in enumerate(of_rm) if float(row["at"]["excess"]) == mistake]
        here.sort(key=lambda i: of_rm[i]["pairs"])
        at[mistake] = {"rm": [of_rm[i]["regret"] for i in here], "dpo": [of_dpo[i]["regret"] for i in here],
                       "floor": of_rm[here[0]]["floor"], "crossing": of_rm[here[0]]["crossings"][0]["n"]}
    return {"rm": rm, "dpo": dpo, "crossing": crossing[0], "mistakes": MISTAKES, "theory": at}


def price(program, result):
    ratio, theory = program.estimates(result, RATIO, RATIO.replace("regret[", "predicted_regret["))
    return {"ratio": ratio, "theory": [row["estimate"] for row in theory]}


def race(program, result):
    rm, dpo = program.estimates(result, RM, DPO)
    return {"rm": rm, "dpo": dpo}


def chart(program, result, preset):
    (ratio,) = program.estimates(result, RATIO)
    rm, _ = program.predictions("map")
    mistakes = sorted({p["world"]["excess"] for p in preset["points"]})
    crossing = {float(row["at"]["excess"]): row["crossings"][0]["n"] if row["crossings"] else None for row in rm}
    return {"ratio": ratio, "crossing": [crossing[m] for m in mistakes]}


def rounded(value):
    """Estimates are shown with three digits; five keep every comparison of them."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, float):
        return None if value != value or value in (float("inf"), float("-inf")) else float(f"{value:.5g}")
    return value


def main():
    build, hashes, out = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
    program = Program(build, out.parent)
    data, of_all = {"presets": presets(), "hashes": {}, "results": {}}, {}
    for identity, preset in data["presets"].items():
        result = program.result(identity)
        replayed = replay(build / "tests/twostage_replay", preset)
        check_equal(identity, stored_regrets(program, result, preset), replayed["regret"])
        of_all[identity] = replayed["hash"]
        data["hashes"][identity] = ["".join(h[:6] for h in group) for group in replayed["hash"]]
        data["results"][identity] = rounded({
            "twins": lambda: twins(replayed["regret"], preset),
            "price": lambda: price(program, result),
            "board": lambda: {},
            "race": lambda: race(program, result),
            "wrong-judge": lambda: wrong_judge(program, result),
            "map": lambda: chart(program, result, preset),
        }[identity]())
    out.write_text(json.dumps(data, separators=(",", ":")))
    hashes.write_text(json.dumps(of_all, indent=0) + "\n")


if __name__ == "__main__":
    main()
