"""The page that the repository holds: page_test.py SOURCE_DIR BUILD_DIR WORK_DIR CASE.

numbers   every number in it is that of its presets' results, and each of its hashes is that of this build
node      its core, under node, has the bits of this build in every replicate of every preset
selftest  in a browser it finds so itself; and a page with one wrong hash fails
prose     texts about it (README, plan, sheet) say the numbers that it holds
size      it is small, reaches for nothing outside, and opens on the median data set

Skipped (77) where node or chromium is missing, with the reason.
"""

import gzip
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

source, build, work = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
page, hashes = source / "results/teaching/lesson.html", source / "results/teaching/hashes.json"
text = page.read_text()


def embedded():
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL).group(1).replace("<\\/", "</"))


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            print(f"skipped: no {tool} here")
            sys.exit(77)


def numbers():
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, source / "sim/web/data.py", build, work / "hashes.json", work / "data.json"], check=True)
    assert json.loads((work / "hashes.json").read_text()) == json.loads(hashes.read_text()), "hashes.json is out of date: make page"
    now, then = json.loads((work / "data.json").read_text()), embedded()
    for key in now:
        for identity in now[key]:
            assert now[key][identity] == then[key][identity], f"{key} of {identity} are out of date in the page: make page"


def node():
    need("node")
    subprocess.run(["node", source / "tests/web/hashes.mjs", page, hashes], check=True)


class Chromium:
    """By its debugging protocol over two pipes, JSON ended by zeros: answers are waited for, however long a machine takes."""

    def __init__(self, profile):
        (theirs_in, self.to), (self.of, theirs_out) = os.pipe(), os.pipe()

        def arrange():  # the protocol's pipes are numbers 3 and 4
            for place, there in ((13, theirs_in), (14, theirs_out), (3, 13), (4, 14)):
                os.dup2(there, place)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={profile}"],
            preexec_fn=arrange, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in), os.close(theirs_out)
        self.rest, self.sent = b"", 0

    def __call__(self, method, session=None, **parameters):
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                more = os.read(self.of, 65536)
                if not more:
                    raise RuntimeError("chromium is gone")
                self.rest += more
            line, self.rest = self.rest.split(b"\0", 1)
            answer = json.loads(line)
            if answer.get("id") == self.sent:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, address):
        target = self("Target.createTarget", url=address)["targetId"]
        return self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, session, expression):
        return self("Runtime.evaluate", session, expression=expression, returnByValue=True)["result"].get("value")

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def browser_says(html):
    work.mkdir(parents=True, exist_ok=True)
    place = work / "page.html"
    place.write_text(html)
    browser = Chromium(work / "profile")
    try:
        session = browser.open(f"file://{place}?selftest")
        for _ in range(600):
            said = browser.ask(session, "document.querySelector('#selftest')?.textContent || document.querySelector('#notice')?.textContent")
            if said:
                return said
            time.sleep(0.5)
        return "no answer"
    finally:
        browser.close()


def selftest():
    need("chromium")
    said = browser_says(text)
    print(said)
    assert said.startswith("selftest: passed"), said
    first = embedded()["hashes"]["twins"][0]
    other = ("0" if first[0] != "0" else "1") + first[1:]
    said = browser_says(text.replace(first, other))
    print(said)
    assert said.startswith("selftest: FAILED"), said


def prose():
    here, results = source / "results/teaching", embedded()["results"]
    judge, price, chart = results["wrong-judge"], results["price"], results["map"]

    def three(x):
        return f"{float(f'{x:.3g}'):,.0f}".replace(",", " ") if x >= 1e4 else f"{float(f'{x:.3g}'):.0f}"

    def needed(curve, level=0.1):
        pairs = [point["pairs"] for point in embedded()["presets"]["race"]["points"]]
        k = next(k for k in range(1, len(pairs)) if curve[k]["estimate"] <= level)
        part = math.log(curve[k - 1]["estimate"] / level) / math.log(curve[k - 1]["estimate"] / curve[k]["estimate"])
        return pairs[k - 1] * (pairs[k] / pairs[k - 1]) ** part

    decided = [(m["lower"] > 1, m["estimate"] and chart["crossing"][i // 8] > embedded()["presets"]["map"]["points"][i % 8]["pairs"])
               for i, m in enumerate(chart["ratio"]) if m["estimate"] is not None and (m["lower"] > 1 or (m["upper"] is not None and m["upper"] < 1))]
    readme = re.search(r"<!-- numbers -->(.*?)<!-- end -->", (here / "README.md").read_text(), re.DOTALL).group(1)
    crossing, theory = judge["crossing"], {float(x): at for x, at in judge["theory"].items()}
    for said in [f"data set {results['twins']['opening']} of 200", "{} and {} |".format(*results["twins"]["better"]),
                 ", ".join(["1", *(f"{m['estimate']:.2f}" for m in price["ratio"][1:])]), ", ".join(f"{x:.2f}" for x in price["theory"][1:]),
                 f"× {needed(results['race']['dpo']) / needed(results['race']['rm']):.1f} at",
                 f"theory {three(theory[0.12]['crossing'])}, measured {three(crossing['estimate'])} [{three(crossing['lower'])}, {three(crossing['upper'])}] |",
                 f"floor {theory[0.12]['floor']:.2g}; crossing from {three(theory[0.045]['crossing'])} to {three(theory[0.35]['crossing'])} |",
                 f"{len(decided)} of 64 fields decided, theory right in {sum(a == b for a, b in decided)} |"]:
        assert said in readme, f"README.md does not say “{said}”"
    sheet = (here / "sheet.html").read_text()
    for said in [f"theory for a mistake of 0.25 says {theory[0.25]['crossing']:,.0f}".replace(",", " "), f"({three(theory[0.12]['crossing'])} / 4"]:
        assert said in sheet, f"sheet.html does not say “{said}”"


def size():
    whole, packed = len(text.encode()), len(gzip.compress(text.encode(), 9))
    print(f"{whole} bytes, {packed} compressed")
    assert whole <= 250_000 and packed <= 100_000
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|\bfetch\(|XMLHttpRequest|localStorage|import\(""", text)
    assert "default-src 'none'" in text
    opening = embedded()["results"]["twins"]["opening"]
    assert f"--replicate {opening}</code>" in text


{"numbers": numbers, "node": node, "selftest": selftest, "prose": prose, "size": size}[sys.argv[4]]()
