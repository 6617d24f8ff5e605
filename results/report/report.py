"""The HTML report: ``report.py OUTPUT_DIRECTORY RESULT.h5...`` writes index.html and copies the figures.

Reads files only. Beside each RESULT.h5 it expects what the command line wrote there: the verdicts
(RESULT.verdicts.json), the provenance of the run (RESULT.run.json) and the figures
(RESULT.figures/STUDY.{svg,png,pdf,txt}, and STUDY-column.svg for narrow screens, if it was drawn); what is absent is
named in the page, not passed over. Texts of studies are escaped and plain; an SVG that is more than a drawing is left
out, and named.
"""

import json
import multiprocessing
import os
import re
import shutil
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import jinja2
from markupsafe import Markup

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import owned  # noqa: E402
import paper  # noqa: E402
from drawing import is_drawing  # noqa: E402
from named_values import named  # noqa: E402
from opened import definitions, opened  # noqa: E402
from plain_text import plain_lines, plain_text  # noqa: E402

# The studies in the order of the argument, each with the claim that speaks for it in the summary, if one does. Studies
# that are not named here follow, in the order in which they were given.
ARGUMENT = {
    "equivalence": "t2.2",           # equal classes: one policy
    "spin": None,
    "horizon": "two-stage-wins",     # a simple verifier: two stages win ...
    "two-word": None,
    "verifier": "ratio-falls",       # ... by less the less simple it is,
    "rouge-l": None,
    "maze": None,
    "filter": None,                  # which is what a filter of policies does;
    "rm-size": None,
    "samples": "class-not-stages",   # and it is the class, not the stages;
    "main-table": None,              # the paper's table is one of drift,
    "frontier": None,                # at equal drift, too,
    "algorithms": None,              # and beside every other algorithm;
    "online": None,                  # nor is it what a policy samples,
    "rl-budget": None,               # which costs rollouts and no labels.
    "h3-optimisation": None,         # Nor is it a matter of optimisers,
    "h3-augmentation": None,         # nor of more prompts,
    "h4-data": None,                 # nor wider data,
    "h4-coverage": None,
    "h5-generalisation": None,       # but a class that generalises.
    "best-of-n": None,
    "h5-samplers": None,
    "architecture": None,            # also where both are one network;
    "grpo-phases": None,
    "intransitive": None,            # and where no reward gives the preferences;
    "two-token": None,
    "h6-gap": None,
    "law": "right-winner",           # theory says which, and by how much,
    "asymptotics": None,
    "crossing": None,                # also where the verifier is wrong.
    "phase-samples": None,
    "phase-diagram": None,
}
SENTENCES = 5
# Screens of the lesson that run worlds and data of a study in the browser.
LESSON = HERE.parent / "teaching" / "lesson.html"
SCREENS = {"horizon": [1, 2, 3], "samples": [4], "crossing": [5], "phase-samples": [6]}

KINDS = {"holds": "upheld", "supported": "upheld", "fails": "refuted", "refuted": "refuted"}  # all others: open
SIGNS = {"upheld": "✓", "refuted": "✗", "open": "?"}


def kind(outcome):
    return KINDS.get(outcome, "open")


def tally(verdicts):
    """"5 upheld, 1 refuted, 1 open", without what there is none of."""
    counts = Counter(kind(v["outcome"]) for v in verdicts)
    return ", ".join(f"{counts[k]} {k}" for k in SIGNS if counts[k]) or "no claims"


def slug(text):
    """A name as a part of file names and anchors, whatever the file says its study is."""
    return re.sub(r"[^\w.-]", "_", str(text)).lstrip(".") or "study"


def read_json(path):
    """What a sidecar holds; None when it is absent or no JSON object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def fits(status):
    """Each outcome of a fit with its count, "ok" first: {"ok": 9598, "not_converged": 2}."""
    flags = zip(status.attrs["flag_values"], status.attrs["flag_meanings"].split())
    counts = {meaning: int((status == value).sum()) for value, meaning in flags}
    return {meaning: count for meaning, count in counts.items() if count}


def not_shown(verdict):
    """The parts of a claim that do not support it and why they matter: ("1 contradicted, 2 open", parts).

    Cells that tell no winner play no part in a claim about winners: they are left out.
    """
    def undecided(part):
        return "predicted" in part and part["outcome"] == "inconclusive" and part["low"] is not None

    winners = verdict["tally"] is not None and verdict["tally"]["undecided"] > 0
    parts = [part for part in verdict["parts"]
             if part["outcome"] != "supported" and not (winners and undecided(part))]
    contradicted = sum(part["outcome"] == "refuted" for part in parts)
    counts = {"contradicted": contradicted, "open": len(parts) - contradicted}
    return ", ".join(f"{n} {word}" for word, n in counts.items() if n), parts


def shown(value):
    """What the page prints for a value."""
    if isinstance(value, Markup):
        return Markup(plain_lines(str(value)))
    return plain_lines(value) if isinstance(value, str) else value


def interval(entry):
    """"[1.29, 2.81]"; "" without an end."""
    low, high = entry.get("low"), entry.get("high")
    return "" if low is None or high is None else f"[{low:.4g}, {high:.4g}]"


def percent(level):
    """A level with as many nines as it has: 99.94 %."""
    text = f"{100 * level:.6f}".rstrip("0")
    nines = re.match(r"99\.9*[0-8]?\d?", text)
    return (nines.group() if nines else f"{100 * level:.4g}").rstrip(".") + " %"


def own_name(name, taken):
    """`name`, or name-2, name-3, ... when it is taken: a page may hold several results of one study."""
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}-{count}"
    taken.add(free)
    return free


def read_result(path):
    """What the page says of the file itself."""
    try:
        data, metrics = opened(path, ["status", "configuration"]), definitions(path)
    except ValueError as error:
        sys.exit(f"{path}: cannot be read as a result file: {error}")
    return dict(
        name=data.attrs["study"],
        file=str(path),
        preset=path.stem,
        attributes=data.attrs,
        axes=[(name, named(data[name]).tolist()) for name in data.dims if name not in ("replicate", "arm")],
        arms=data["arm"].values.tolist(),
        replicates=data.sizes["replicate"],
        fits=fits(data["status"]),
        configuration=str(data["configuration"].item()) if "configuration" in data else "",
        metrics=metrics,
    )


def read_all(paths):
    """Every file, side by side: to open one takes as long as the rest of its section."""
    workers = min(len(paths), len(os.sched_getaffinity(0)))
    if workers == 1:
        return [read_result(path) for path in paths]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        try:
            return list(pool.map(read_result, paths))
        except BrokenProcessPool:
            sys.exit("report.py: a process that read the results was ended from outside (out of memory?)")


def add_what_lies_beside(study, out, taken):
    """Its place on the page, its verdicts, the record of its run and its figures."""
    path = Path(study["file"])
    study["link"] = os.path.relpath(path, out)
    study["id"] = own_name(slug(study["name"]), taken)
    judged = read_json(path.with_suffix(".verdicts.json"))
    study["verdicts"] = judged["verdicts"] if judged else None
    study["part"] = judged.get("part", "") if judged else ""
    study["run"] = read_json(path.with_suffix(".run.json")) or {}
    study["sidecars"] = [os.path.relpath(p, out) for p in (path.with_suffix(".verdicts.json"), path.with_suffix(".run.json"))
                         if p.exists()]
    page = os.path.relpath(LESSON, out)
    study["lesson"] = [(f"{page}#s={screen}", screen) for screen in SCREENS.get(study["name"], [])] if LESSON.exists() else []
    copy_figures(study, path.with_suffix(".figures"), out)


def copy_figure(figure, target):
    with open(figure, "rb") as drawn:
        owned.write(target, owned.is_figure, lambda copy: shutil.copyfileobj(drawn, copy))


def copy_figures(study, folder, out):
    """Copies what was drawn; adds the names of the copies and the caption to `study`."""
    study["figures"], study["left_out"], study["caption"], study["narrow"] = [], [], "", ""
    for extension in ("svg", "png", "pdf"):
        figure = folder / f"{slug(study['name'])}.{extension}"
        if not figure.exists():
            continue
        if extension == "svg" and not is_drawing(figure):
            study["left_out"].append(figure.name)
            continue
        name = f"{study['id']}.{extension}"
        copy_figure(figure, out / name)
        study["figures"].append(name)
    column = folder / f"{slug(study['name'])}-column.svg"  # for narrow screens, if it was drawn
    if study["figures"] and column.exists() and is_drawing(column):
        study["narrow"] = f"{study['id']}-column.svg"
        copy_figure(column, out / study["narrow"])
    caption = folder / f"{slug(study['name'])}.txt"
    if study["figures"] and caption.exists():
        words = caption.read_text(encoding="utf-8").rsplit("\n[", 1)[0]  # without what it was drawn from
        study["caption"] = words.strip().removeprefix(study["attributes"]["question"]).strip()


def heading(study):
    """The title of a study is its hypothesis: it heads the section when every claim is upheld, else the question does."""
    verdicts = study["verdicts"]
    upheld = bool(verdicts) and all(kind(v["outcome"]) == "upheld" for v in verdicts)
    return study["attributes"]["title"] if upheld else study["attributes"]["question"]


def in_order(studies):
    """In the order of the argument; those that it does not know at the end, as they were given."""
    places = {name: i for i, name in enumerate(ARGUMENT)}
    return sorted(studies, key=lambda study: places.get(study["name"], len(places)))


def summary(studies):
    """The (study, verdict) of the claims that speak for the whole: those of the argument, then first claims of others."""
    judged = [s for s in studies if s["verdicts"]]
    chosen = [(s, v) for s in judged for v in s["verdicts"] if v["id"] == ARGUMENT.get(s["name"])]
    others = [(s, s["verdicts"][0]) for s in judged if s["id"] not in {c["id"] for c, _ in chosen}]
    kept = [id(s) for s, _ in (chosen + others)[:SENTENCES]]
    return [(s, v) for s in studies for c, v in chosen + others if c is s and id(s) in kept]


def main(argv):
    if len(argv) < 3:
        sys.exit("usage: report.py OUTPUT_DIRECTORY RESULT.h5...")
    out = Path(argv[1])
    out.mkdir(parents=True, exist_ok=True)
    owned.require_replaceable(out / "index.html", owned.is_report)  # before any figure is copied
    taken = {"metrics", "verdicts", "summary", "paper"}
    paths = [Path(name) for name in argv[2:]]
    studies = in_order(read_all(paths))
    for study in studies:
        add_what_lies_beside(study, out, taken)
    metrics = {}
    for study in studies:
        metrics.update(study["metrics"])
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True,
                                     lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=shown)
    environment.globals.update(not_shown=not_shown, kind=kind, tally=tally, interval=interval, percent=percent,
                               heading=heading, signs=SIGNS)
    everything = [v for study in studies for v in study["verdicts"] or []]
    page = environment.get_template("report.html.j2").render(
        studies=studies, metrics=dict(sorted(metrics.items())), summary=summary(studies), everything=everything,
        paper=paper.rows(studies, kind))
    owned.write(out / "index.html", owned.is_report, lambda file: file.write(page.encode()))
    print(out / "index.html")


if __name__ == "__main__":
    try:
        main(sys.argv)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
