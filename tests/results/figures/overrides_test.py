"""overrides_test.py TWOSTAGE: runs that their study's figure was not made for.

Titles follow their data, axes that are narrowed or added are drawn or get the default figure with the reason, and where
there is nothing the figure says so.
"""

import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from support import ROOT, np

import matplotlib.pyplot as plt

from figures import draw, save

warnings.simplefilter("error")  # of empty means, single points, frames without extent


def drawn(study, *overrides, change=lambda data: data):
    """(caption, all texts of the panels) of the figure of a smoke run with these overrides."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.h5"
        subprocess.run([sys.argv[1], "run", study, "--preset", "smoke", *overrides, "--out", path], check=True,
                       stderr=subprocess.DEVNULL)
        module = draw.load_script(ROOT / "experiments/studies" / study / "figure.py")
        data, _, _ = draw.open_result(path, getattr(module, "VARIABLES", None))
    data = change(data)
    fig = draw.drawing(module, data)
    save.finish(fig)
    caption = save.caption(fig, data)
    texts = " ".join(text.get_text() for ax in fig.axes for text in ax.texts)
    plt.close(fig)
    return caption, texts


# A truth that the simple verifier cannot hold: DPO wins, and nothing on the figure says otherwise.
caption, _ = drawn("horizon", "world.truth=dense", "horizon=2,3", "pairs=400", "replicates=30")
assert "DPO ahead" in caption and "RM + RL ahead" not in caption and "wins" not in caption, caption

# One value of an axis is a figure like any other, where that can be drawn; one replicate has no interval.
for narrowed in (["pairs=100"], ["horizon=2"], ["horizon=2", "pairs=100", "replicates=1"]):
    caption, _ = drawn("horizon", *narrowed)
    assert "Default figure" not in caption and "regret ratio over H" in caption, caption
for study, *narrowed in (("verifier", "degree=5"), ("two-token", "sparsity=2"), ("law", "variant=nested-001"),
                         ("asymptotics", "pairs_factor=1", "variant=walk/dense"), ("equivalence", "prompts=1", "pairs=20")):
    caption, texts = drawn(study, *narrowed)
    assert "Default figure" not in caption, caption
    assert study != "equivalence" or texts.count("not in this run") == 2, texts  # nothing to mix with one prompt

# An axis that the script does not know, or too little of one that it needs.
caption, _ = drawn("horizon", "penalty.lambda=1,4")
assert "Default figure; the study's own cannot draw this run: it shows no axis penalty.lambda." in caption, caption
caption, _ = drawn("phase-diagram", "reward.k=21")
assert "cannot draw this run: it needs several values of reward.k." in caption, caption
caption, _ = drawn("samples", "pairs=50")
assert "it needs several values of pairs." in caption, caption

# No crossing inside the measured n: said, not drawn as an empty frame or at n = 1.
caption, texts = drawn("crossing", "excess=0.1", "pairs=450,540")
assert "no crossing is both" in texts and "within 15 %" not in caption, (caption, texts)

# No cell decided: no winner is named anywhere.
caption, texts = drawn("phase-samples")
assert "none of 6 points is decided" in caption and "wins" not in texts, (caption, texts)

# Nothing finished: that is what the figure says.
nan = dict(change=lambda data: data.assign(regret=data.regret * np.nan))
_, texts = drawn("horizon", "horizon=2", "pairs=100", **nan)
assert "no replicate of any arm has finished" in texts, texts


# One arm of one cell without any number: the rest is drawn.
def without(data):
    return data.assign(regret=data.regret.where((data.arm != "dpo") | (data.horizon != 2)))


caption, _ = drawn("horizon", change=without)
assert "regret ratio over H" in caption, caption
