"""The lesson's page: page.py CORE.wasm DATA.json OUT.html. One file, the same bytes each time.

The modules of page/ become one script, each a function of its own that returns what it exports; the core goes in
compressed (unpack.js) and as base64.
"""

import base64
import gzip
import json
import lzma
import os
import pathlib
import posixpath
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parent / "page"
LZMA = [{"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "lc": 3, "lp": 0, "pb": 2}]
IMPORT = r'^import (.+?) from "([^"]+)\.js";\n'
# What pool.js makes the text of its workers of.
TEXTS_OF_WORKERS = "openLaboratory,Laboratory"
# What a reader clicks on to learn what a counter of identical data sets says.
BITS = """<p>Your browser has drawn these data sets and fitted them anew. Each fit (its regret, its fitted numbers, its policy) is
compared with the fit in the result file of the command at the foot, in all 64 bits of every number.</p>"""


def module(name, done, out):
    """Appends the module behind those that it imports."""
    if name in done:
        return
    done.add(name)
    text = (PAGE / f"{name}.js").read_text()
    lines = []
    for imported, source in re.findall(IMPORT, text, re.MULTILINE):
        other = posixpath.normpath(posixpath.join(posixpath.dirname(name), source))
        module(other, done, out)
        lines.append(f'const {imported.removeprefix("* as ")} = modules["{other}"];')
    body = re.sub(IMPORT, "", text, flags=re.MULTILINE)
    exports = re.findall(r"^export (?:async )?(?:const|function|class) (\w+)", body, re.MULTILINE)
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    out.append(f'modules["{name}"] = (() => {{\n' + "\n".join(lines) + f"\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();")


def dense_script(text):
    """What the script says, in as few bytes as terser needs. The layout of texts that it writes into the page goes, too."""
    text = re.sub(r"\n\s*", "\n", text)
    modules = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}  # where Debian has terser's; a node from elsewhere does not look there
    return subprocess.run(["terser", "--module", "--compress", "passes=3", "--mangle", f"reserved=[{TEXTS_OF_WORKERS}]"], input=text, env=modules, check=True, capture_output=True, text=True).stdout


def dense_style(css):
    """Without the layout: spaces beside braces, semicolons and commas, and behind the colon of a declaration."""
    return re.sub(r"\s*([{};,])\s*|(?<=:)\s+|\s*\n\s*", lambda found: found[1] or "", css)


def main():
    core, numbers, out = sys.argv[1:4]
    still = json.loads(subprocess.run(["node", PAGE / "still.mjs", core, numbers], check=True, capture_output=True, text=True).stdout)
    parts = ["const modules = {};"]
    module("main", set(), parts)
    script = dense_script("\n".join(parts))
    if "</script" in script:
        sys.exit("page.py: '</script' in a module would end the script")
    wasm = pathlib.Path(core).read_bytes()
    fields = {**still, "bits": BITS, "style": dense_style((PAGE / "style.css").read_text()), "script": script,
              "data": pathlib.Path(numbers).read_text().replace("</", "<\\/"),
              "core": base64.b64encode(lzma.compress(wasm, lzma.FORMAT_RAW, filters=LZMA)).decode(), "size": str(len(wasm))}
    page = re.sub(r"\{\{(\w+)\}\}", lambda m: fields[m.group(1)], (PAGE / "page.html").read_text())
    pathlib.Path(out).write_text(page)
    print(f"{out}: {len(page.encode())} bytes, {len(gzip.compress(page.encode(), 9))} compressed")


if __name__ == "__main__":
    main()
