"""The lesson's page in WebKitGTK, through its WebDriver: webkit_test.py PAGE.html. All of the race runs there, to the bits of
the result. Skipped (77) without Debian's webkit2gtk-driver, its MiniBrowser, or, where there is no screen, xvfb.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request

PORT = 2829


class Browser:
    def __init__(self, program):
        options = {"binary": str(program), "args": ["--automation"]}
        self.session = ""
        for _ in range(60):
            try:
                answer = self("POST", "", capabilities={"alwaysMatch": {"webkitgtk:browserOptions": options}})
                break
            except OSError:
                time.sleep(1)
        else:
            raise RuntimeError("WebKitWebDriver does not answer")
        self.session = "/" + answer["sessionId"]

    def __call__(self, method, path, **body):
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}/session{self.session}{path}", method=method,
                                         data=json.dumps(body).encode() if method == "POST" else None)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def ask(self, script):
        return self("POST", "/execute/sync", script=script, args=[])

    def until(self, script, wanted):
        for _ in range(240):
            said = self.ask(script)
            if str(said).startswith(wanted):
                return said
            time.sleep(1)
        raise RuntimeError(f"{script} gives {said!r}, not {wanted!r}")


def main():
    program = next(pathlib.Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)
    needed = {"WebKitWebDriver": shutil.which("WebKitWebDriver"), "MiniBrowser": program,
              "Xvfb": os.environ.get("DISPLAY") or shutil.which("Xvfb")}
    for name, there in needed.items():
        if not there:
            print(f"skipped: no {name} here (Debian's packages webkit2gtk-driver and xvfb)")
            return 77
    page = pathlib.Path(sys.argv[1]).resolve()
    started, environment = [], dict(os.environ)
    try:
        if not environment.get("DISPLAY"):
            environment["DISPLAY"] = ":93"
            started.append(subprocess.Popen(["Xvfb", ":93", "-screen", "0", "1280x800x24"], stderr=subprocess.DEVNULL))
        started.append(subprocess.Popen(["WebKitWebDriver", f"--port={PORT}"], env=environment))
        browser = Browser(program)
        browser("POST", "/url", url=f"file://{page}#s=4&saves=2&workers=2")
        browser.until("return document.documentElement.dataset.ready", "1")
        browser.ask("document.querySelector('[data-action=all]').click()")
        print("WebKitGTK:", browser.until("return document.querySelector('[data-bind=same4]').innerText", "54 of 54"))
        browser("DELETE", "")
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
