"""Command line of a figure script: ``figure.py RESULT.h5 OUTPUT_DIRECTORY`` writes PDF, SVG and PNG.

The files are byte-stable: no date, no version of the software, a fixed salt for SVG ids. Each names the result it
was drawn from: study, lengths of the dimensions and hash of the configuration.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import xarray

from plain_text import plain_text

from .estimate import finished

_FORMATS = {
    "pdf": dict(source="Subject", metadata={"CreationDate": None}),
    "svg": dict(source="Source", metadata={"Date": None}),
    "png": dict(source="Source", metadata={"Software": None}, dpi=200),
}


def _drawn_from(data):
    sizes = ", ".join(f"{dim} {size}" for dim, size in data.sizes.items() if dim != "arm_b")
    return plain_text(f"{data.attrs['study']}: {sizes}; configuration {data.attrs['config_hash']}")


def _say(text):
    """On stderr; that it cannot be said stops no figure."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = None  # nothing is left to be flushed, which would fail at the end


def main(draw, argv=None, variables=None):
    """Draws the study whose result file is named on the command line; prints the files it wrote.

    `variables`: those that it draws (default all), since a large file takes as much memory.
    """
    argv = sys.argv if argv is None else argv
    if len(argv) != 3:
        sys.exit(f"usage: {Path(argv[0]).name} RESULT.h5 OUTPUT_DIRECTORY")
    source, out = Path(argv[1]), Path(argv[2])
    try:
        data = xarray.open_dataset(source, engine="h5netcdf")
    except (OSError, ValueError) as error:
        sys.exit(f"{source}: cannot be read as a result file: {error}")
    with data:
        drawn_from = _drawn_from(data)
        usable, left_out = finished((data[["status", *variables]] if variables else data).load())
    if left_out:
        _say(f"{source}: {left_out} fits that did not finish are left out")
    drawing = draw(usable)
    plt.rcParams["svg.hashsalt"] = "twostage"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for extension, form in _FORMATS.items():
            options = {key: value for key, value in form.items() if key != "source"}
            options["metadata"] = {**form["metadata"], form["source"]: drawn_from}
            path = out / f"{Path(argv[0]).resolve().parent.name}.{extension}"
            drawing.savefig(path, **options)
            print(path)
    except OSError as error:
        sys.exit(f"{error.filename or out}: cannot write: {error.strerror}")
    plt.close(drawing)
