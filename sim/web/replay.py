"""Replicates of presets in the build that makes results, by the C interface: replay(PROGRAM, preset) (tests/web/replay.cpp).

Gives {"regret": [replicate][point][arm], "hash": [group][replicate]}, the hashes as sim/web/page/laboratory.js makes them.
"""

import subprocess

MASK, PRIME, OFFSET = (1 << 64) - 1, 0x100000001B3, 0xCBF29CE484222325


def opening(preset, point):
    yield "clear"
    world = {**preset["world"], **point["world"]}
    for key, value in world.items():
        if key != "family":
            yield f"text {key} {value}" if isinstance(value, str) else f"number {key} {value!r}"
    for arm in preset["arms"]:
        penalty = arm["penalty"]
        yield f"arm {arm['algorithm']} {penalty['kind']} {arm.get('degree', 0)} {penalty.get('lambda', 0)} {arm['of']}"
    yield f"open {preset['seed']} {preset['name']} {world['family']}"


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
