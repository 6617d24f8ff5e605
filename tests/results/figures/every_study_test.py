"""every_study_test.py FOLDER MEDIUM: draws the smoke result of every study for MEDIUM and walks what is on the page.

Nothing below 6 points at final size, as wide as the medium, no text cut off, labels of one axis not over each other, and the
word that this is a smoke run.
"""

import sys
import warnings
from pathlib import Path

from support import ROOT, np

import matplotlib.text
import matplotlib.pyplot as plt
from matplotlib.cbook import is_math_text

import figures as kit
from figures import draw, profile, save

WIDTHS = dict(page=7.0, neurips=5.5, icml=6.75, column=3.25, slides=10.0)
folder, medium = Path(sys.argv[1]), sys.argv[2]
warnings.simplefilter("error", UserWarning)  # layouts that do not fit, glyphs that are missing
problems = []


def check(study, condition, message):
    if not condition:
        problems.append(f"{study} for {medium}: {message}")


def overlap(a, b):
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return width > 1 and height > 0.2 * min(a.height, b.height)


def walk(study, fig):
    page = fig.bbox
    for text in fig.findobj(matplotlib.text.Text):
        if not text.get_visible() or not text.get_text().strip():
            continue
        shown = text.get_text()
        check(study, text.get_fontsize() >= 6, f"{shown!r} has {text.get_fontsize():.2f} points")
        check(study, not is_math_text(shown), f"{shown!r} is a formula, whose exponents fall below 6 points")
        box = matplotlib.text.Text.get_window_extent(text)
        inside = box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1 and box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1
        tick = any(text in axis.get_ticklabels() for ax in fig.axes for axis in (ax.xaxis, ax.yaxis))
        if not tick:  # ticks beyond the limits exist, and are not drawn
            check(study, inside, f"{shown!r} is cut off")
    for ax in fig.axes:
        low, high = sorted(ax.get_xlim())
        boxes = [label.get_window_extent() for label in ax.get_xticklabels()
                 if label.get_text() and low <= label.get_position()[0] <= high]
        boxes.sort(key=lambda box: box.x0)
        check(study, not any(overlap(a, b) for a, b in zip(boxes, boxes[1:])), "labels of the x axis lie on each other")
        # A label's own box, without the line to where it belongs.
        names = [matplotlib.text.Text.get_window_extent(t) for t in ax.texts if t.get_text()]
        check(study, not any(overlap(a, b) for i, a in enumerate(names) for b in names[:i]), "labels lie on each other")
    titles = [ax._left_title.get_window_extent() for ax in fig.axes if ax.get_title(loc="left")]
    check(study, not any(overlap(a, b) for i, a in enumerate(titles) for b in titles[:i]), "titles lie on each other")


results = sorted(folder.glob("*.h5"))
assert len(results) == len(list((ROOT / "experiments/studies").glob("*/figure.py"))), "a study has no result here"
profile.use(medium)
for path in results:
    study = path.stem
    module = draw.load_script(ROOT / "experiments/studies" / study / "figure.py")
    data, _, _ = draw.open_result(path, getattr(module, "VARIABLES", None))
    fig = draw.drawing(module, data)
    kit.note_replicates(fig, data.sizes["replicate"], 400)
    save.finish(fig)
    fig.draw_without_rendering()
    check(study, fig.notes[0].endswith("machinery only."), "does not say that it is a smoke run")
    check(study, not any("Default figure" in note for note in fig.notes), "is not drawn by its own script")
    check(study, np.isclose(fig.get_figwidth(), WIDTHS[medium]), f"is {fig.get_figwidth()} inches wide")
    check(study, medium != "slides" or np.isclose(fig.get_figwidth() / fig.get_figheight(), 16 / 9), "is not 16:9")
    said = " ".join(ax.get_title(loc="left") for ax in fig.axes)
    check(study, study == "law" or " ahead" not in said and "right in" not in said,
          f"decides from {data.sizes['replicate']} replicates: {said}")
    walk(study, fig)
    plt.close(fig)
print("\n".join(problems) or f"{len(results)} figures, nothing to complain")
sys.exit(bool(problems))
