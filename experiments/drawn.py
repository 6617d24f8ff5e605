"""What studies whose points are drawn at random have in common: draws by address, the text of a variant, and what
the theory says of a point (`predict --json`), so that no point is chosen by its data."""

import json
import math
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHUNK = 150  # points that the program is asked about at once


class Draw:
    """Draws that depend on the address alone, not on the version of Python's library."""

    def __init__(self, *address):
        self.source = random.Random("/".join(str(part) for part in address))

    def uniform(self, low, high):
        return float(f"{low + (high - low) * self.source.random():.3g}")

    def log_uniform(self, low, high):
        return float(f"{low * math.exp(math.log(high / low) * self.source.random()):.3g}")

    def integer(self, low, high):
        return low + int((high - low + 1) * self.source.random())

    def one_of(self, *choices):
        return choices[self.integer(0, len(choices) - 1)]

    def maybe(self, probability=0.5):
        return self.source.random() < probability


def of_class(name, **knobs):
    return {"class": name, **knobs}


def to_text(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def table(settings):
    return "{ " + ", ".join(f"{key} = {to_text(value)}" for key, value in settings.items()) + " }"


def ask(program, name, study, texts, arms):
    """Predictions of variants (their texts), in their order: a tuple over the arms each.

    `study`: text of study.toml; `name`: of the study, which addresses the worlds.
    """
    answers = []
    asked = re.sub(r"(?m)^name .*$", f'name = "{name}"', study, count=1)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        place.mkdir()
        (place / "study.toml").write_text(asked)
        for begin in range(0, len(texts), CHUNK):
            (place / "cells.toml").write_text("\n".join(texts[begin:begin + CHUNK]))
            run = subprocess.run([program, "predict", str(place / "study.toml"), "--json"],
                                 capture_output=True, text=True)
            if run.returncode != 0:
                sys.exit(run.stderr)
            rows = json.loads(run.stdout)
            answers += list(zip(*(rows[arm::arms] for arm in range(arms))))
    return answers
