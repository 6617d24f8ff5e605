"""Replicates of presets in the build that makes results, by the C interface: replay(PROGRAM, preset) (tests/web/replay.cpp).

Gives {"regret": [replicate][point][arm], "hash": [group][replicate]}, the hashes as sim/web/page/laboratory.js makes them.
"""

import subprocess

MASK, PRIME, OFFSET = (1 << 64) - 1, 0x100000001B3, 0xCBF29CE484222325


def settings(part, values):
    for key, value in values.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        yield f"number {part} {key} {value!r}" if number else f"text {part} {key} {value}"


def opening(preset, point):
    yield "clear"
    yield from settings(0, {**preset["world"], **point["world"]})
    for a, arm in enumerate(preset["arms"]):
        yield from settings(1 + 4 * a, {"algorithm": arm["algorithm"]})
        for offset, part in enumerate(("reward", "policy", "penalty"), 2):
            yield from settings(offset + 4 * a, arm[part])
    yield f"open {preset['seed']} {preset['name']}"


def replay(program, preset):
    lines, arms, replicates = [], range(len(preset["arms"])), range(preset["replicates"])
    for point in preset["points"]:
        lines += opening(preset, point)
        for r in replicates:
            lines += [f"replicate {r}", f"draw {point['pairs']}", *(f"fit {a}" for a in arms), "digest"]
    printed = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = iter(printed.stdout.split())
    regret = [[None] * len(preset["points"]) for _ in replicates]
    digest = [[None] * len(preset["points"]) for _ in replicates]
    for p in range(len(preset["points"])):
        for r in replicates:
            regret[r][p] = [float(next(answers)) for _ in arms]
            digest[r][p] = int(next(answers), 16)
    hashes = []
    for group in preset["groups"]:
        of_group = []
        for r in replicates:
            h = OFFSET
            for p in group:
                h = ((h ^ digest[r][p]) * PRIME) & MASK
            of_group.append(f"{h:016x}")
        hashes.append(of_group)
    return {"regret": regret, "hash": hashes}
