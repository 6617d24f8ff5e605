"""Keeps README.md, and other pages, true: runs its commands and compares what they print with what the page shows.

    check.py README.md DIRECTORY_OF_TWOSTAGE          compare; exit code 1 and a diff where they differ
    check.py README.md DIRECTORY_OF_TWOSTAGE --update rewrite the page with what was printed

Blocks are run from top to bottom in one scratch folder:
- ```console : lines that start with "$ " are commands for bash, the other lines what they print (stderr is not
  shown), 80 places wide. Blocks whose first command is `make` or `git` are set-up for the reader and only checked for the existence
  of their make targets.
- ```python  : run as a script; a ```text block that follows holds what it prints.
- ```toml    : written to the file named in its first line (`# path`).
- <!-- include: PATH --> before a block: the block must equal that file of the source tree.
- <!-- algorithms --> … <!-- end -->: the table of `twostage list algorithms`.
- <!-- paper --> … <!-- end -->: the paper's claims and the studies that answer them (experiments/paper.toml).
- A picture from experiments/studies/STUDY must be drawn from a whole run, with every point of the study's axes.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

BLOCK = re.compile(r"^(?:<!-- include: (?P<include>\S+) -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.M | re.S)

ALGORITHMS = re.compile(r"(?<=<!-- algorithms -->\n).*?(?=<!-- end -->)", re.S)

PAPER = re.compile(r"(?<=<!-- paper -->\n).*?(?=<!-- end -->)", re.S)


def run(argv, cwd, env, **kwargs):
    done = subprocess.run(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **kwargs)
    if done.returncode != 0:
        sys.exit(f"README: {argv} failed with exit code {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def console(body, cwd, env, makefile):
    commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
    if commands[0].startswith(("make", "git")):
        for target in re.findall(r"\bmake (\w+)", body):
            if not re.search(rf"^{target}:", makefile, re.M):
                sys.exit(f"README: there is no make target '{target}'")
        return body
    out = ""
    for command in commands:
        out += f"$ {command}\n" + run(["bash", "-c", command], cwd, env)
    return out


def algorithms(env):
    """The registry as a table, from a listing so wide that every algorithm has a line of its own."""
    listed = run(["twostage", "list", "algorithms"], None, dict(env, COLUMNS="100000"))
    rows = re.findall(r"^  (\S+) +(\S.*) \((\w+); (.*?); aims at: (.*)\)$", listed, flags=re.M)
    if not rows:
        sys.exit("README: no algorithm was found in what `twostage list algorithms` prints")
    out = "| algorithm | what it does | aims at | status | source |\n|---|---|---|---|---|\n"
    for name, summary, status, source, target in rows:
        source = re.sub(r"^(\d{4}\.\d{5})", r"[\1](https://arxiv.org/abs/\1)", source)
        cells = [f"`{name}`", summary, target, status, source]
        out += "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
    return out


def paper(source):
    """experiments/paper.toml as a table, each study a link."""
    out = "| the paper | its answer | here | studies |\n|---|---|---|---|\n"
    for claim in tomllib.loads((source / "experiments/paper.toml").read_text(encoding="utf-8"))["claims"]:
        asked = [name.split(":")[0] for name in [*claim.get("agree", []), *claim.get("differ", [])]]
        studies = list(dict.fromkeys(asked + claim.get("see", [])))
        links = ", ".join(f"[{name}](experiments/studies/{name}/README.md)" for name in studies)
        out += "| " + " | ".join([claim["claim"], claim.get("theirs", ""), claim["ours"], links]) + " |\n"
    return out


def check_picture(path):
    """The picture says what it was drawn from (results/figures/save.py): as many points as the study's axes?"""
    found = re.search(rb"tEXtSource\0([\w-]+): ([^;]*);", path.read_bytes())
    if not found:
        sys.exit(f"README: {path} does not say what it was drawn from")
    drawn = {int(entry.split()[-1]) for entry in found[2].decode().split(", ")}
    axes = tomllib.loads((path.parent / "study.toml").read_text())["axes"]
    for axis, values in axes.items():
        if len(values) not in drawn:
            sys.exit(f"README: {path} is drawn from {found[2].decode()}, not from the {len(values)} values of {axis}")


def main():
    readme, binaries = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    source = next(folder for folder in readme.parents if (folder / "Makefile").exists())
    text = readme.read_text()
    env = dict(os.environ, PATH=f"{binaries}:/usr/bin:{os.environ['PATH']}", COLUMNS="80")
    for picture in re.findall(r"!\[.*?\]\((experiments/studies/\S+\.png)\)", text):
        check_picture(source / picture)
    pieces, end, printed = [], 0, None
    with tempfile.TemporaryDirectory() as scratch:
        for match in BLOCK.finditer(text):
            kind, body = match["kind"], match["body"]
            if match["include"]:
                body = (source / match["include"]).read_text()
            elif kind == "console":
                body = console(body, scratch, env, (source / "Makefile").read_text())
            elif kind == "python":
                printed = run(["/usr/bin/python3", "-c", body], scratch, env)
            elif kind == "text" and printed is not None:
                body, printed = printed, None
            elif kind == "toml":
                (Path(scratch) / body.split("\n", 1)[0].removeprefix("# ")).write_text(body)
            pieces += [text[end:match.start("body")], body]
            end = match.end("body")
    fresh = "".join(pieces) + text[end:]
    if ALGORITHMS.search(fresh):
        table = algorithms(env)
        fresh = ALGORITHMS.sub(lambda _: table, fresh, count=1)
    if PAPER.search(fresh):
        rows = paper(source)
        fresh = PAPER.sub(lambda _: rows, fresh, count=1)
    if "--update" in sys.argv:
        readme.write_text(fresh)
    elif fresh != text:
        sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), fresh.splitlines(True), readme.name,
                                                   "what the commands print"))
        sys.exit(1)


if __name__ == "__main__":
    main()
