"""The core builds for WebAssembly as it is, and its fits have the bits of the build for this machine; with one function of
another library in it, they have not.

core_test.py SOURCE_DIR WORK_DIR. Skipped (77) without emscripten or node.
"""

import pathlib
import shutil
import subprocess
import sys

source, work = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
sys.path.insert(0, str(source / "sim/web"))
from build import build  # noqa: E402

ELEMENTARY = "sim/numerics/elementary.cpp"
for tool, package in (("emcc", "emscripten"), ("node", "nodejs")):
    if not shutil.which(tool):
        print(f"skipped: no {tool} here (Debian's package {package})")
        sys.exit(77)


def equal(core):
    teaching = source / "results/teaching"
    return subprocess.run(["node", source / "tests/web/hashes.mjs", teaching / "lesson.html", teaching / "hashes.json", core]).returncode == 0


work.mkdir(parents=True, exist_ok=True)
build(work / "laboratory.wasm", work)
assert equal(work / "laboratory.wasm"), "the fits are not those of this build"

# The comparison can fail: exponentials of arrays by libm.
text = (source / ELEMENTARY).read_text()
own = "TWOSTAGE_ELEMENTWISE(exp_kernel, exp)"
assert own in text
other = work / "elementary_with_libm.cpp"
other.write_text(text.replace(own, "TWOSTAGE_ELEMENTWISE(exp_kernel, std::exp)"))
build(work / "libm.wasm", work, instead={ELEMENTARY: other})
assert not equal(work / "libm.wasm"), "libm's exponential passes unnoticed"
