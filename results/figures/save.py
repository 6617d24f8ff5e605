"""Finished figures as files: PDF, SVG and PNG, the same bytes every time, and a caption as text.

No date, no version of the software, a fixed salt for SVG ids. Each names the result it was drawn from: study, lengths
of the dimensions and hash of the configuration.
"""

import re
import textwrap

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG

import owned
from plain_text import plain_text

from .labels import fit_titles
from .profile import letters

FORMATS = {
    "pdf": dict(canvas=FigureCanvasPdf, source="Subject", metadata={"CreationDate": None}),
    "svg": dict(canvas=FigureCanvasSVG, source="Source", metadata={"Date": None}),
    "png": dict(canvas=FigureCanvasAgg, source="Source", metadata={"Software": None}, dpi=200),
}
_SAVEFIG = [f"savefig.{what}" for what in ("bbox", "edgecolor", "facecolor", "orientation", "pad_inches", "transparent")]


def drawn_from(data):
    sizes = ", ".join(f"{dim} {size}" for dim, size in data.sizes.items() if dim != "arm_b")
    return plain_text(f"{data.attrs['study']}: {sizes}; configuration {data.attrs['config_hash']}")


def file_name(study):
    """A study's name as that of a file in the folder it is written to, whatever the result says its study is."""
    return re.sub(r"[^\w.-]", "_", str(study)).lstrip(".") or "figure"


def lay_out(fig):
    """Gives the panels their places. Drawing the figure would do so, too, and take twice as long."""
    if engine := fig.get_layout_engine():  # a script may place its panels itself
        engine.execute(fig)
    for ax in fig.axes:
        ax.apply_aspect()


def finish(fig):
    """What needs the whole figure: notes in the line below the panels, titles that fit, labels in their places.

    The layout then stays: each file would work it out anew, which takes as long as drawing, and move the panels away from
    their labels.
    """
    notes = " ".join(getattr(fig, "notes", []))
    if notes:
        fig.supxlabel("\n".join(textwrap.wrap(notes, letters())), x=0.006, ha="left", fontsize="small", color="#5A5A5A",
                      linespacing=1.25)
    lay_out(fig)
    if fit_titles(fig) or any(ax.get_aspect() != "auto" for ax in fig.axes):  # panels of a fixed shape settle slowly
        lay_out(fig)
    for action in getattr(fig, "last_actions", []):
        action()
    fig.set_layout_engine("none")


def caption(fig, data):
    """Question, panels and notes in words, for the report and for authors; it says nothing that the figure does not."""
    panels = [ax.get_title(loc="left") for ax in fig.axes]
    lines = [data.attrs.get("question", ""), *(f"({t[0]}) {t[3:]}." if t[1:3] == "  " else f"{t}." for t in panels if t),
             *getattr(fig, "notes", [])]
    words = " ".join(line for line in lines if line).replace(r"\$", "$")
    return plain_text(words) + f"\n[{drawn_from(data)}]\n"


def _print(fig, file, extension, metadata):
    """What `fig.savefig` does but for its layout, for which it draws the figure once more."""
    if any(plt.rcParams[key] != plt.rcParamsDefault[key] for key in _SAVEFIG):  # by a script that wants it otherwise
        fig.savefig(file, format=extension, metadata=metadata, dpi=FORMATS[extension].get("dpi", "figure"))
        return
    canvas, dpi = fig.canvas, fig.dpi
    try:
        fig.dpi = FORMATS[extension].get("dpi", dpi)
        getattr(FORMATS[extension]["canvas"](fig), f"print_{extension}")(file, metadata=metadata)
    finally:
        fig.dpi = dpi  # the printers leave it at that of their format
        fig.set_canvas(canvas)


def _write(fig, data, path):
    extension = path.suffix[1:]
    form = FORMATS[extension]
    metadata = {**form["metadata"], form["source"]: drawn_from(data)}
    plt.rcParams["svg.hashsalt"] = "twostage"
    owned.write(path, owned.is_figure, lambda file: _print(fig, file, extension, metadata))


def save_as(fig, data, path):
    """Writes one file, whose ending says its format: png, svg or pdf."""
    finish(fig)
    _write(fig, data, path)


def save(fig, data, out, suffix="", formats=FORMATS):
    """Writes the files and the caption into the folder `out` and yields their paths.

    What lies there in other formats goes if it was drawn from another result: a report would show the two as one.
    """
    finish(fig)
    out.mkdir(parents=True, exist_ok=True)
    stem = file_name(data.attrs["study"]) + suffix
    source = drawn_from(data).encode()
    for extension in FORMATS.keys() - set(formats):
        owned.remove(out / f"{stem}.{extension}",
                     lambda content: owned.is_figure(content) and source not in content.replace(b"\0", b""))
    for extension in formats:
        path = out / f"{stem}.{extension}"
        _write(fig, data, path)
        yield path
    path = out / f"{stem}.txt"
    owned.write(path, owned.is_figure, lambda file: file.write(caption(fig, data).encode()))
    yield path
