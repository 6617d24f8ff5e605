"""The HTML report: ``report.py OUTPUT_DIRECTORY RESULT.h5...`` writes index.html and copies the figures.

Reads files only. Beside each RESULT.h5 it expects what the command line wrote there: the verdicts
(RESULT.verdicts.json), the provenance of the run (RESULT.run.json) and the figures
(RESULT.figures/STUDY.{svg,png,pdf}); what is absent is named in the page, not passed over. Texts of studies are
escaped and plain; an SVG that is more than a drawing is left out, and named.
"""

import json
import shutil
import sys
from pathlib import Path

import jinja2
import xarray
from markupsafe import Markup

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from drawing import is_drawing  # noqa: E402
from plain_text import plain_lines, plain_text  # noqa: E402


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else None


def fits(status):
    """Each outcome of a fit with its count, "ok" first: {"ok": 9598, "not_converged": 2}."""
    flags = zip(status.attrs["flag_values"], status.attrs["flag_meanings"].split())
    counts = {meaning: int((status == value).sum()) for value, meaning in flags}
    return {meaning: count for meaning, count in counts.items() if count}


def misses_of(parts):
    """The cells of a claim that do not support it, but for those that tell no winner (they play no part)."""
    def undecided(part):
        return "predicted" in part and part["outcome"] == "inconclusive"

    return [part for part in parts if part["outcome"] != "supported" and not undecided(part)]


def shown(value):
    """What the page prints for a value."""
    if isinstance(value, Markup):
        return Markup(plain_lines(str(value)))
    return plain_lines(value) if isinstance(value, str) else value


def check_name(name, path):
    """A study's name makes names of files and anchors."""
    if name != Path(name).name or name != plain_text(name) or name.startswith("."):
        sys.exit(f"{path}: '{plain_text(name)}' cannot be the name of a study")


def read_study(path, out):
    """Everything the page says about one result file."""
    with xarray.open_dataset(path, engine="h5netcdf") as data:
        attributes = dict(data.attrs)
        check_name(attributes["study"], path)
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
    study["left_out"] = []
    for extension in ("svg", "png", "pdf"):
        figure = path.with_suffix(".figures") / f"{study['name']}.{extension}"
        if figure.exists() and extension == "svg" and not is_drawing(figure):
            study["left_out"].append(figure.name)
        elif figure.exists():
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
                                     lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=shown)
    environment.globals["misses_of"] = misses_of
    page = environment.get_template("report.html.j2").render(studies=studies, metrics=dict(sorted(metrics.items())))
    (out / "index.html").write_text(page)
    print(out / "index.html")


if __name__ == "__main__":
    try:
        main(sys.argv)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
