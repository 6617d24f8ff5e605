"""The report of results made by hand: order, summary, anchors, landmarks, and titles that only verdicts can earn.

Exit code 77 when modules are missing.
"""

import json
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

try:
    import jinja2  # noqa: F401, the report imports them
    import numpy as np
    import xarray
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

REPORT = Path(__file__).resolve().parents[3] / "results/report/report.py"


def verdict(name, outcome, **more):
    return dict(id=name, statement=f"Claim {name}.", explanation="", claim="x > 0", outcome=outcome, estimate=2.0, low=1.5,
                high=None, level=0.99, replicates=40, cells=1, evidence="", parts=[],
                post_hoc="", tally=None) | more


def result(path, study, verdicts, run=None):
    dims = ("horizon", "replicate", "arm")
    data = xarray.Dataset(
        dict(status=(dims, np.zeros((1, 2, 1), np.uint8), dict(flag_values=np.array([0, 3], np.uint8),
                                                               flag_meanings="ok failed")),
             regret=(dims, np.ones((1, 2, 1)), dict(definition="a loss"))),
        coords=dict(horizon=[2], arm=["dpo"]),
        attrs=dict(study=study, title=f"Title of {study}", question=f"Question of {study}?", references="none",
                   source="twostage 0", content_hash="c" * 64))
    data.to_netcdf(path, engine="h5netcdf")
    if verdicts is not None:
        path.with_suffix(".verdicts.json").write_text(json.dumps(dict(study=study, alpha=0.01, verdicts=verdicts)))
    if run is not None:
        path.with_suffix(".run.json").write_text(run)


class Page(HTMLParser):
    """Tags in order, ids, links, and the text of headings."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.headings, self._open = [], [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        if tag in ("h1", "h2", "h3"):
            self._open = tag
            self.headings.append((tag, ""))

    def handle_endtag(self, tag):
        self._open = None if tag == self._open else self._open

    def handle_data(self, data):
        if self._open:
            self.headings[-1] = (self._open, self.headings[-1][1] + data)


with tempfile.TemporaryDirectory() as scratch:
    folder = Path(scratch)
    # Given against the order of the argument; two results of one study; a study that nobody knows; a hostile name.
    result(folder / "a.h5", "law", [verdict("right-winner", "supported"), verdict("law-within-ten-percent", "refuted")])
    result(folder / "b.h5", "mine", [verdict("first", "inconclusive", estimate=None, low=None, level=None)],
           run='{"command": "twostage run mine.toml", "revision": "abc123+"}')
    result(folder / "c.h5", "horizon", [verdict("two-stage-wins", "supported", high=3.0)], run="{ not json")
    result(folder / "d.h5", "horizon", None)
    result(folder / "e.h5", "../<b>x</b>", [verdict("t", "fails")])
    figures = folder / "c.figures"
    figures.mkdir()
    for extension, text in dict(svg="<svg xmlns='http://www.w3.org/2000/svg'/>", png="p", pdf="p", txt="Question of horizon? (a) DPO ahead.\n").items():
        (figures / f"horizon.{extension}").write_text(text)
    out = folder / "page"
    done = subprocess.run([sys.executable, REPORT, out, *sorted(folder.glob("?.h5"))], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (out / "index.html").read_text()
    page = Page(text)

    sections = [a["id"] for tag, a in page.tags if tag == "section"]
    assert sections[:3] == ["summary", "paper", "verdicts"] and sections[-1] == "metrics"
    assert sections[3:6] == ["horizon", "horizon-2", "law"] and sections[6] == "mine", sections
    assert re.fullmatch(r"[\w.-]+", sections[7]) and not sections[7].startswith(".")
    assert len(page.ids) == len(set(page.ids)), "an id twice"
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids), "a link to nowhere"
    assert {"horizon.two-stage-wins", "law.right-winner", "mine.first"} <= set(page.ids)

    # The lesson replays the data of some studies.
    screens = [link for link in page.links if "lesson.html" in link]
    assert [link.rsplit("#", 1)[1] for link in screens] == ["s=1", "s=2", "s=3"] * 2, screens
    assert all((out / link.split("#")[0]).resolve().exists() for link in screens)

    # A title is a hypothesis: only horizon, whose every claim is upheld, is headed by it.
    heads = [words for tag, words in page.headings if tag == "h2"]
    assert "Title of horizon" in heads and "Question of horizon?" in heads  # judged, and not judged
    assert "Question of law?" in heads and "Title of law" not in heads and "Question of mine?" in heads

    names = [tag for tag, _ in page.tags]
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert names.count(landmark) == 1, landmark
    assert all("alt" in a for tag, a in page.tags if tag == "img") and names.count("img") == 1
    assert 'content="width=device-width' in text and "prefers-color-scheme: dark" in text and "@media print" in text
    assert "<b>x</b>" not in text

    summary = re.search(r'<section id="summary".*?</section>', text, re.S)[0]
    assert "5 claims on 5 results: 2 upheld, 2 refuted, 1 open." in summary
    order = [re.search(rf"Claim {name}\.", summary).start() for name in ("two-stage-wins", "right-winner", "first")]
    assert order == sorted(order) and len(re.findall("<li>", summary)) == 4 and "law-within" not in summary
    assert "(2, interval [1.5, 3])" in summary and "[1.5, ]" not in text and not re.search(r"\bnan\b", text, re.I)

    # The paper's table: what was not run says so, and what was refuted is no agreement.
    table = re.search(r'<section id="paper".*?</section>', text, re.S)[0]
    cells = {re.search(r">(.*?)</th>", row, re.S)[1][:2]: row for row in table.split("<tr>")[2:]}
    assert "not run: equivalence" in table and ">not run<" in table and ">agrees<" not in table.split("<tbody>")[1]
    assert "✓ law: right-winner" in cells["H6"] and "✗ law: law-within-ten-percent" in cells["H6"] and ">open<" in cells["H6"]
    assert "✓ horizon: two-stage-wins</a> [1.5, 3]" in cells["H3"]

    assert (out / "horizon.svg").exists() and "(a) DPO ahead." in text and "As <a" in text
    assert text.count("No figure was drawn") == 4 and text.count("No verdicts were written") == 1
    assert "abc123+" in text and "twostage run mine.toml" in text and "not recorded" in text
    assert f"twostage reproduce {folder / 'a.h5'}" in text
