"""Command line: ``draw.py [--for MEDIUM] [--formats NAMES] (RESULT.h5 OUTPUT_DIRECTORY FIGURE.py ASKED)...``.

Draws each result file with the script of its study or, where that is "", with the default figure. ASKED is how many
replicates the study asks for at full size, 0 when nobody knows. A script defines
``draw(data) -> matplotlib Figure`` and may say what it needs: AXES (the run must have exactly these), SEVERAL (axes that
must have more than one value), ARMS, NEEDS (variables), and VARIABLES (the only ones that are loaded). A run that it
cannot draw gets the default figure, with a note that says why.
"""

import argparse
import importlib.util
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import figures as kit  # noqa: E402
from figures import default, profile, save, style  # noqa: E402
from named_values import with_names  # noqa: E402
from opened import opened  # noqa: E402
import processes  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import xarray  # noqa: E402


def say(text):
    """On stderr; that it cannot be said stops no figure."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = None  # nothing is left to be flushed, which would fail at the end


def load_script(path):
    """The module of a figure script."""
    spec = importlib.util.spec_from_file_location("figure_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "draw", None)):
        raise kit.CannotDraw("the script defines no draw(data)")
    return module


def attempt(action):
    """(what `action` returns, ""), or (None, why it cannot): a script of anybody's may fail in any way."""
    try:
        return action(), ""
    except kit.CannotDraw as reason:
        return None, str(reason)
    except Exception as error:
        say(traceback.format_exc())
        return None, f"{type(error).__name__}: {error}"


def misfit(module, data):
    """Why the script of the study cannot draw this run; "" when it can."""
    axes = set(data.regret.dims) - {"replicate", "arm", "arm_b"}
    wanted = set(getattr(module, "AXES", axes))
    if axes - wanted:
        return "it shows no axis " + ", ".join(sorted(axes - wanted))
    if wanted - axes:
        return "the run has no axis " + ", ".join(sorted(wanted - axes))
    single = [axis for axis in getattr(module, "SEVERAL", []) if data.sizes[axis] < 2]
    if single:
        return f"it needs several values of {', '.join(single)}"
    absent = [arm for arm in getattr(module, "ARMS", []) if arm not in data.arm.values]
    if absent:
        return "the run has no arm " + ", ".join(absent)
    missing = [name for name in getattr(module, "NEEDS", []) if name not in data]
    return "the run stores no " + ", ".join(missing) if missing else ""


def nothing(data):
    """The figure of a result without any number."""
    fig, (ax,) = kit.figure(height=1.6)
    ax.set_axis_off()
    said = f"{default.literal(data.attrs['study'])}: no replicate of any arm has finished\nthere is nothing to draw"
    ax.text(0.5, 0.5, said, ha="center", va="center", transform=ax.transAxes)
    return fig


def drawing(module, data, why=""):
    """The figure, by the script of the study if there is one (`module`) and it can, else the default one.

    `why`: there is a script and it could not be loaded.
    """
    if not bool(np.isfinite(data.regret).any()):
        return nothing(data)
    style.learn_arms(data)
    if module is not None:
        why = misfit(module, data)
        fig, why = (None, why) if why else attempt(lambda: module.draw(data))
        if not why:
            return fig
        plt.close("all")
    fig = default.draw(data)
    if why:
        say(f"drawn with the default figure: the study's own cannot draw this run ({why})")
        kit.note(fig, f"Default figure; the study's own cannot draw this run: {default.literal(why)}.")
    return fig


def open_result(path, variables):
    """(usable data, number of fits left out, lengths of the dimensions); of `variables` those that are there."""
    data = with_names(opened(path, ["status", "regret", "configuration", *variables] if variables else None))
    return *kit.finished(data), data


def draw_result(options, result, out, script, asked):
    """Draws one result into the folder `out`, and prints the paths of the files."""
    medium = options.medium
    module, why = attempt(lambda: load_script(script)) if script else (None, "")
    try:
        data, left_out, whole = open_result(result, getattr(module, "VARIABLES", None))
    except (OSError, ValueError) as error:
        sys.exit(f"{result}: cannot be read as a result file: {error}")
    profile.use(medium)
    fig = drawing(module, data, why)
    kit.note_replicates(fig, data.sizes["replicate"], asked)
    if left_out:
        say(f"{result}: {left_out} fits that did not finish are left out")
        kit.note(fig, f"{left_out} fits that did not finish are left out.")
    try:
        for path in save.save(fig, whole, out, "" if medium == "page" else f"-{medium}", options.formats):
            print(path)
    except OSError as error:
        sys.exit(f"{error.filename or out}: cannot write: {error.strerror}")


def main(argv):
    parser = argparse.ArgumentParser(prog="draw.py", description=__doc__.split("\n\n")[1])
    parser.add_argument("given", nargs="+", metavar="RESULT OUT SCRIPT ASKED", help="four words for each figure")
    parser.add_argument("--for", dest="medium", choices=profile.PROFILES, default="page")
    parser.add_argument("--formats", type=lambda names: list(dict.fromkeys(names.split(","))), default=list(save.FORMATS),
                        help="with commas between")
    options = parser.parse_args(argv)
    if len(options.given) % 4 != 0:
        parser.error("each figure takes four words")
    words = iter(options.given)
    jobs = [(Path(result), Path(out), script and Path(script), int(asked))
            for result, out, script, asked in zip(words, words, words, words)]
    xarray.DataArray(0) + 0  # the first sum imports what arithmetic needs: here once, and not in each process
    if len(jobs) == 1:
        draw_result(options, *jobs[0])
    elif not processes.run_each(lambda job: draw_result(options, *job), jobs):
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
