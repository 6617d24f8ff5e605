"""The HTML report: ``report.py OUTPUT_DIRECTORY RESULT.h5...`` writes index.html and copies the figures.

Reads files only. Beside each RESULT.h5 it expects what the command line wrote there: the verdicts
(RESULT.verdicts.json), the provenance of the run (RESULT.run.json) and the figures
(RESULT.figures/STUDY.{svg,png,pdf}); what is absent is named in the page, not passed over.
"""

import json
import shutil
import sys
from pathlib import Path

import jinja2
import xarray

HERE = Path(__file__).resolve().parent


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else None


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


def read_study(path, out):
    """Everything the page says about one result file."""
    with xarray.open_dataset(path, engine="h5netcdf") as data:
        attributes = dict(data.attrs)
        axes = [(name, data[name].values.tolist()) for name in data.dims
                if name not in ("replicate", "arm", "arm_b")]
        study = dict(
            name=attributes["study"],
            file=str(path),
            preset=path.stem,
            attributes=attributes,
            axes=axes,
            arms=data["arm"].values.tolist(),
            replicates=data.sizes["replicate"],
            fits=fits(data["status"]),
            configuration=str(data["configuration"].item()) if "configuration" in data else "",
            metrics={name: dict(v.attrs) for name, v in data.data_vars.items()
                     if v.dims and "definition" in v.attrs},
        )
    study["verdicts"] = read_json(path.with_suffix(".verdicts.json"))
    study["run"] = read_json(path.with_suffix(".run.json"))
    study["figures"] = []
    for extension in ("svg", "png", "pdf"):
        figure = path.with_suffix(".figures") / f"{study['name']}.{extension}"
        if figure.exists():
            shutil.copyfile(figure, out / figure.name)
            study["figures"].append(figure.name)
    return study


def main(argv):
    if len(argv) < 3:
        sys.exit("usage: report.py OUTPUT_DIRECTORY RESULT.h5...")
    out = Path(argv[1])
    out.mkdir(parents=True, exist_ok=True)
    studies = [read_study(Path(name), out) for name in argv[2:]]
    metrics = {}
    for study in studies:
        metrics.update(study["metrics"])
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True,
                                     lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.globals["not_shown"] = not_shown
    page = environment.get_template("report.html.j2").render(studies=studies, metrics=dict(sorted(metrics.items())))
    (out / "index.html").write_text(page)
    print(out / "index.html")


if __name__ == "__main__":
    try:
        main(sys.argv)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
