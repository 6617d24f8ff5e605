"""The table of the paper's claims: every study and claim that it names exists, every study stands in it, and verdicts say no more
than their claims."""

import sys
import tomllib
from pathlib import Path

HOME = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(HOME / "results/report"))
import paper  # noqa: E402

table = tomllib.loads(paper.TABLE.read_text())["claims"]
claims = {study.parent.name: [claim["id"] for claim in tomllib.loads(study.read_text())["claims"]]
          for study in (HOME / "experiments/studies").glob("*/study.toml")}
named = set()
for row in table:
    assert set(row) <= {"name", "claim", "theirs", "ours", "agree", "differ", "see"} and row["claim"] and row["ours"], row
    for name in row.get("agree", []) + row.get("differ", []):
        study, _, claim = name.partition(":")
        assert claim in claims.get(study, []), f"{name}: no such claim; that study has {claims.get(study)}"
        named.add(study)
    for study in row.get("see", []):
        assert study in claims, f"{study}: no such study"
        named.add(study)
names = [row["name"] for row in table if "name" in row]
assert len(names) == len(set(names)) and not set(names) & set(claims), "a name means one thing"
assert named == set(claims), f"in no row: {set(claims) - named}"

for agree, differ, word in (([], [], "open"), (["upheld"], [], "agrees"), (["upheld", "upheld"], ["refuted"], "agrees"),
                            (["upheld", "open"], [], "open"), (["upheld", "refuted"], [], "in part"),
                            (["upheld"], ["upheld"], "in part"), (["refuted"], [], "differs"), (["open"], ["upheld"], "differs"),
                            ([], ["upheld"], "differs"), ([], ["refuted"], "open"), (["open"], [], "open")):
    assert paper.verdict(agree, differ) == word, (agree, differ, word)

walk = dict(configuration='[world]\nfamily = "tokens"\n[[variants]]\nname = "a"\n[[variants]]\nname = "b"\n[variants.world]\nfamily = "walk"\n')
assert paper.families(walk) == ["tokens", "walk"]
assert paper.families(dict(configuration='[world]\nfamily = "maze"\n')) == ["maze"]
assert paper.families(dict(configuration="not = [toml")) == []
