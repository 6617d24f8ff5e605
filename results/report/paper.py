"""The paper's claims as rows of the report: experiments/paper.toml beside the verdicts that there are."""

import tomllib
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "experiments" / "paper.toml"


def families(study):
    """The families of worlds that a result is about, in order: those of its configuration and of its variants."""
    try:
        configuration = tomllib.loads(study["configuration"])
    except tomllib.TOMLDecodeError:
        return []
    own = configuration.get("world", {})
    worlds = [variant.get("world", own) for variant in configuration.get("variants", [])] or [own]
    found = [world.get("family", own.get("family")) for world in worlds if isinstance(world, dict)]
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def verdict(agree, differ):
    """How the paper's word fares: agree and differ are kinds of verdicts (upheld, refuted, open) of claims that say what it says,
    and of claims that say otherwise."""
    if not agree and not differ:
        return "open"
    against = "refuted" in agree or "upheld" in differ
    if "upheld" in agree and against:
        return "in part"
    if against:
        return "differs"
    return "agrees" if agree and all(kind == "upheld" for kind in agree) else "open"


def rows(studies, kind):
    """One for each claim of the table: its texts, what speaks for and against it (study, verdict), its verdict, and families.
    `kind` sorts outcomes. Of several results of one study the first counts."""
    by_name = {}
    for study in studies:
        by_name.setdefault(study["name"], study)
    out = []
    for claim in tomllib.loads(TABLE.read_text(encoding="utf-8"))["claims"]:
        asked = [*claim.get("agree", []), *claim.get("differ", [])]
        names = list(dict.fromkeys([name.split(":")[0] for name in asked] + claim.get("see", [])))

        def judged(key):
            found = []
            for name in claim.get(key, []):
                study, _, wanted = name.partition(":")
                verdicts = by_name.get(study, {}).get("verdicts") or []
                found += [(by_name[study], v) for v in verdicts if v["id"] == wanted]
            return found

        agree, differ = judged("agree"), judged("differ")
        there = [by_name[name] for name in names if name in by_name]
        complete = len(agree) + len(differ) == len(asked)
        word = verdict([kind(v["outcome"]) for _, v in agree], [kind(v["outcome"]) for _, v in differ])
        out.append(dict(
            claim=claim["claim"], theirs=claim.get("theirs", ""), ours=claim["ours"], evidence=agree + differ, studies=there,
            missing=[name for name in names if name not in by_name],
            verdict="–" if not asked else word if complete else "open" if agree or differ else "not run",
            families=list(dict.fromkeys(family for study in there for family in families(study)))))
    return out
