"""The house against its plans: each README with a table `folder | holds | uses` says what a folder may include.

rooms_test.py SOURCE_DIR. Checked are all folders of C++ files outside tests/:
- each has a row in the README of a folder above it;
- what its files include lies in the folder itself or in those that its row names, and the row names no other (what
  is included by what they include comes with it, and is theirs to answer for);
- a row names only rows above it in its table, and folders of parts of the house that lie below (LAYERS);
- a folder has at most MOST files, a header and its source counted once.
"""

import collections
import pathlib
import re
import sys

LAYERS = {"sim": [], "theory": ["sim"], "results": ["sim"], "experiments": ["sim", "theory", "results"]}
# A prediction and the measurement that tests it share no code, by whatever way it might come in. A forecast is a metric, and
# the type of a metric names fits, of which it holds no code.
NEVER = {"theory": {"sim/penalty", "sim/existence", "sim/loss", "sim/fit", "sim/algorithm"}}
NAMES_ALONE = {"sim/measure/metric.hpp"}
MOST = 15
HEADER = "| folder | holds | uses |"


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def plans(root):
    """{folder: (README, what it may use, folders of the rows above it)}, and what is wrong with the tables."""
    rooms, faults = {}, []
    for readme in sorted(root.glob("*/**/README.md")):
        place = readme.parent.relative_to(root).as_posix()
        if place.split("/")[0] not in LAYERS:
            continue
        lines = readme.read_text().splitlines()
        if HEADER not in lines:
            continue
        above = []
        for line in lines[lines.index(HEADER) + 2 :]:
            if not line.startswith("|"):
                break
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            folder = f"{place}/{names(cells[0])[0]}"
            uses = set()
            for name in names(cells[2]):
                here = f"{place}/{name}"
                if here in above:
                    uses.add(here)
                elif name.split("/")[0] in LAYERS[place.split("/")[0]]:
                    uses.add(name)
                else:
                    faults.append(f"{readme}: {folder} uses {name}, which is no row above it")
            rooms[folder] = uses
            above.append(folder)
    return rooms, faults


def includes_of(path):
    return re.findall(rf'^[ \t]*#[ \t]*include[ \t]*["<]((?:{"|".join(LAYERS)})/[^">]+)[">]', path.read_text(), flags=re.M)


def included(root):
    """{folder: {folder that it includes from: a file that does}}, and the files of each folder."""
    uses, files = collections.defaultdict(dict), collections.defaultdict(set)
    for part in LAYERS:
        for path in sorted((root / part).rglob("*.[ch]pp")):
            folder = path.parent.relative_to(root).as_posix()
            if folder == part and path.name == "main.cpp":
                continue
            files[folder].add(path.stem)
            for name in includes_of(path):
                other = name.rpartition("/")[0]
                if other != folder:
                    uses[folder].setdefault(other, path.relative_to(root).as_posix())
    return uses, files


def reached(root, name, known):
    """{folder: the files by which `name` comes to include from it}, through includes of includes."""
    if name not in known:
        known[name] = {}  # of a circle, which does not compile either
        path = root / name
        for other in includes_of(path) if path.exists() and name not in NAMES_ALONE else []:
            known[name].setdefault(other.rpartition("/")[0], [other])
            for folder, way in reached(root, other, known).items():
                known[name].setdefault(folder, [other, *way])
    return known[name]


def shared_code(root):
    faults, known = [], {}
    for part, never in NEVER.items():
        for path in sorted((root / part).rglob("*.[ch]pp")):
            name = path.relative_to(root).as_posix()
            for folder, way in reached(root, name, known).items():
                if any(folder == other or folder.startswith(other + "/") for other in never):
                    faults.append(f"{name} includes from {folder} ({', '.join(way)}): predictions share no code with "
                                  "measurements")
    return faults


def faults_of(root):
    rooms, faults = plans(root)
    uses, files = included(root)
    for folder, stems in files.items():
        if len(stems) > MOST:
            faults.append(f"{folder} has {len(stems)} files, more than {MOST}: give it folders of its own")
        if folder == "experiments/runner":  # main.cpp, and what the build adds
            continue
        if folder not in rooms:
            faults.append(f"{folder} has no row in a table '{HEADER}' of a README above it")
            continue
        for other, witness in uses[folder].items():
            if other not in rooms[folder]:
                faults.append(f"{witness} includes from {other}, which the row of {folder} does not name")
        for other in sorted(rooms[folder] - set(uses[folder])):
            faults.append(f"the row of {folder} names {other}, from which nothing is included")
    for folder in sorted(set(rooms) - set(files)):
        faults.append(f"{folder} has a row in a README and no C++ files")
    return faults + shared_code(root)


def test_of_the_test():
    """A house with one of each fault, built here, is found out."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for path, text in {
            "sim/README.md": f"{HEADER}\n|---|---|---|\n| `a` | | `b` |\n| `b` | | `a` |\n| `c` | | – |\n",
            "sim/a/one.hpp": '#include "sim/b/two.hpp"\n',
            "sim/b/two.hpp": "",
            "sim/d/three.hpp": " #  include <sim/a/one.hpp>\n",
            "sim/fit/four.hpp": "",
            "sim/plan/five.hpp": '#include "sim/fit/four.hpp"\n',
            "theory/six.cpp": '#include "sim/plan/five.hpp"\n',
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        for k in range(MOST + 1):
            (root / f"sim/b/many{k}.hpp").write_text("")
        found = "\n".join(faults_of(root))
        for expected in [
            "sim/a uses b, which is no row above it",
            "sim/a/one.hpp includes from sim/b",
            "the row of sim/b names sim/a",
            "sim/d has no row",
            "theory/six.cpp includes from sim/fit (sim/plan/five.hpp, sim/fit/four.hpp)",
            "sim/c has a row in a README and no C++ files",
            f"sim/b has {MOST + 2} files",
        ]:
            assert expected in found, f"not found: {expected}\nin:\n{found}"


def main():
    test_of_the_test()
    faults = faults_of(pathlib.Path(sys.argv[1]))
    print("\n".join(faults) or "every folder uses what its plan says")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
