"""The lesson's page: page.py CORE.wasm DATA.json OUT.html. One file, the same bytes each time.

The modules of page/ become one script, each a function of its own that returns what it exports; the core goes in
compressed and as base64.
"""

import base64
import gzip
import json
import pathlib
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parent / "page"


def module(name, done, out):
    """Appends the module behind those that it imports."""
    if name in done:
        return
    done.add(name)
    text = (PAGE / f"{name}.js").read_text()
    lines = []
    for imported, source in re.findall(r'^import (.+?) from "\./([\w-]+)\.js";', text, re.MULTILINE):
        module(source, done, out)
        what = imported.removeprefix("* as ")
        lines.append(f'const {what} = modules["{source}"];')
    body = re.sub(r"^import .+\n", "", text, flags=re.MULTILINE)
    exports = re.findall(r"^export (?:async )?(?:const|function|class|let) (\w+)", body, re.MULTILINE)
    # Constants that one line declares together.
    for declared in re.findall(r"^export const (.+?);\s*$", body, re.MULTILINE):
        exports += [name for name in re.findall(r", (\w+) = \"", declared)]
    for listed in re.findall(r"^export \{ (.+?) \};", body, re.MULTILINE):
        exports += listed.split(", ")
    body = re.sub(r"^export \{.+\};\n", "", body, flags=re.MULTILINE)
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    out.append(f'modules["{name}"] = (() => {{\n' + "\n".join(lines) + f"\n{body}\nreturn {{ {', '.join(dict.fromkeys(exports))} }};\n}})();")


def main():
    core, numbers, out = sys.argv[1:4]
    still = json.loads(subprocess.run(["node", PAGE / "still.mjs", core, numbers], check=True, capture_output=True, text=True).stdout)
    # Comments and indentation stay here.
    parts = ['"use strict";\nconst modules = {};']
    module("main", set(), parts)
    parts = [re.sub(r"(?m)\s+// [^\"'`\n]*$", "", part) for part in parts]
    script = re.sub(r"\n\s*(//[^\n]*\n\s*)*", "\n", "\n".join(parts))
    if "</script" in script:
        sys.exit("page.py: '</script' in a module would end the script")
    fields = {**still, "style": re.sub(r"\s*\n\s*", "", (PAGE / "style.css").read_text()), "script": script,
              "data": pathlib.Path(numbers).read_text().replace("</", "<\\/"),
              "core": base64.b64encode(gzip.compress(pathlib.Path(core).read_bytes(), 9, mtime=0)).decode()}
    page = re.sub(r"\{\{(\w+)\}\}", lambda m: fields[m.group(1)], (PAGE / "page.html").read_text())
    pathlib.Path(out).write_text(page)
    print(f"{out}: {len(page.encode())} bytes, {len(gzip.compress(page.encode(), 9))} compressed")


if __name__ == "__main__":
    main()
