"""The laboratory as WebAssembly: build.py OUT.wasm [WORK_FOLDER], with Debian's emscripten.

Compiled are laboratory.cpp and, wherever one includes a header, the source beside it; the linker, which optimises the whole,
keeps what is called. Everything is built for size: README.md has what that costs and gains.
Objects whose sources are unchanged are kept in the work folder. Exit code 77 without emscripten.
"""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parents[2]
LABORATORY = "sim/web/laboratory.cpp"
# Sources without a header of their own name, of functions that the laboratory calls.
NAMED_OTHERWISE = """sim/world/walk.cpp sim/world/tokens.cpp sim/preference/pair_table.cpp sim/plan/pullbacks.cpp""".split()
# No address of a constant is compared, and nobody asks what went wrong in a square root.
FLAGS = """-std=c++20 -ffp-contract=off -DEIGEN_DONT_VECTORIZE -DEIGEN_NO_CPUID -DEIGEN_DONT_PARALLELIZE -DEIGEN_MPL2_ONLY
-DNDEBUG -Wno-pass-failed -Oz -flto -fno-rtti -fno-threadsafe-statics -fno-math-errno -fmerge-all-constants -I.""".split()
# So that virtual functions that nobody calls stay out.
WHOLE = "-fvisibility=hidden -fwhole-program-vtables -fvirtual-function-elimination -fstrict-vtable-pointers".split()
FORCED = ["sim/web/browser/older_libcxx.hpp", "sim/web/browser/no_errors.hpp"]
LINK = """-Oz -flto -sSTANDALONE_WASM --no-entry -sALLOW_MEMORY_GROWTH=1 -sMALLOC=emmalloc -sINITIAL_MEMORY=4194304
-sTOTAL_STACK=1048576""".split()
# Binaryen's own passes over the linked core: two percent less.
POLISH = "-Oz --converge --flatten --rereloop -Oz --converge --optimize-instructions --precompute-propagate -Oz -Oz".split()


def includes(path):
    return re.findall(r'^#include "([^"]+)"', (HOME / path).read_text(), re.MULTILINE)


def sources():
    """The sources to compile, and for each the files that it is made of."""
    waiting, made_of = [LABORATORY, *NAMED_OTHERWISE], {}
    while waiting:
        source = waiting.pop()
        files, open_files = set(), [source]
        while open_files:
            file = open_files.pop()
            if file not in files:
                files.add(file)
                open_files += includes(file)
        made_of[source] = sorted(files)
        for header in files:
            body = header.removesuffix(".hpp") + ".cpp"
            if header.endswith(".hpp") and (HOME / body).exists() and body not in made_of and body not in waiting:
                waiting.append(body)
    return made_of


def code(file):
    """The file without comments and layout: an object does not depend on them."""
    return " ".join(re.sub(r"//[^\n]*", "", (HOME / file).read_text()).split())


def compile_source(source, files, work, flags):
    key = " ".join([pathlib.Path(source).name, *FLAGS, *WHOLE, *map(code, [source, *files, *FORCED])])
    key = hashlib.sha256(key.encode()).hexdigest()[:16]
    made = work / (key + ".o")
    if not made.exists():
        new = made.with_suffix(f".{os.getpid()}.tmp.o")
        done = subprocess.run(["emcc", *flags, "-c", source, "-o", new], cwd=HOME, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"build.py: {source} does not compile\n{done.stderr}")
        new.rename(made)
    return made


def exports():
    header = (HOME / "sim/web/laboratory.hpp").read_text()
    return ",".join("_" + name for name in re.findall(r"^\S.*\b(lab_\w+)\(", header, re.MULTILINE))


def build(out, work, instead=None):
    """Links OUT; `instead` has files that are compiled in the place of sources."""
    work.mkdir(parents=True, exist_ok=True)
    # Nothing else of /usr/include may be seen.
    system = work / "include"
    system.mkdir(exist_ok=True)
    for name, place in (("boost", "/usr/include/boost"), ("eigen3", "/usr/include/eigen3")):
        if not (system / name).exists():
            (system / name).symlink_to(place)
    flags = [*FLAGS, *WHOLE, *(word for file in FORCED for word in ("-include", file)), "-isystem", str(system),
             "-isystem", str(system / "eigen3")]
    made_of = sources()
    for source, other in (instead or {}).items():
        made_of[str(other)] = made_of.pop(source)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda item: compile_source(*item, work, flags), sorted(made_of.items())))
    done = subprocess.run(["emcc", *LINK, *WHOLE, f"-sEXPORTED_FUNCTIONS={exports()}", *objects, "-o", out], cwd=HOME,
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"build.py: the link fails\n{done.stderr}")
    subprocess.run(["wasm-opt", *POLISH, out, "-o", out], check=True)
    print(f"{out}: {out.stat().st_size} bytes from {len(objects)} files")


def main():
    if not shutil.which("emcc"):
        print("build.py: no emscripten here (Debian's package emscripten)", file=sys.stderr)
        sys.exit(77)
    build(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else HOME / "build/web").resolve())


if __name__ == "__main__":
    main()
