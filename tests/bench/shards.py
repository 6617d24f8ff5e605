"""What a run by many processes in one folder costs beside its fits: start-up, files, status and merge, against the number
of shards.

    shards.py TWOSTAGE [--shards 10,100,1000,10000] [--batches 100000] [--at-once 2]

Each shard is a process of its own with one batch of one tiny replicate, so that nearly all that it does is what every
shard has to do. A row of --batches is a folder that one process filled: for the merge it is the same, and sooner there.
Times are seconds of processors, memory is the largest resident set; of the first and of the last ten shards the median
is shown. The folder lies in TMPDIR. What is merged is compared with the result of one process, byte for byte.
"""

import argparse
import concurrent.futures
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

STUDY = """
title = "Tiny"
question = "What does a shard cost beside its fits?"
name = "tiny"
world = { family = "tokens", horizon = 2, degree = 1, headroom = 0.5 }
penalty = { kind = "reference-kl", lambda = 4.0 }
pairs = 10
predictions = false
batch = 1
replicates = 1
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "tabular" }
"""

HEAD = ["shards", "the first, the last", "memory", "together", "folder", "`status`", "`merge`", "memory"]


# A process that starts another one and measures it: memory is counted from the fork, so this one has to be small.
SMALL = ("import os, sys; _, status, used = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0); "
         "print(used.ru_utime + used.ru_stime, used.ru_maxrss); sys.exit(os.waitstatus_to_exitcode(status))")


def measured(command, cwd):
    """Seconds of processors and bytes of memory of a process, which must succeed."""
    done = subprocess.run([sys.executable, "-S", "-c", SMALL] + command, cwd=cwd, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command} failed with exit code {done.returncode}:\n{done.stderr}")
    seconds, kilobytes = done.stdout.split()[-2:]
    return float(seconds), int(kilobytes) * 1024


def row(twostage, folder, count, shards, at_once):
    """The texts of a row: `count` batches, made by so many shards, or by one process where `shards` is 0."""
    (folder / "tiny.toml").write_text(STUDY)
    run = [twostage, "run", "tiny.toml", f"replicates={count}", "--threads", "1"]
    parts = [["--shard", f"{k}/{shards}"] for k in range(1, shards + 1)] or [[]]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        each = list(pool.map(lambda part: measured(run + ["--into", "runs"] + part, folder), parts))
    files = [file.stat() for file in os.scandir(folder / "runs")]
    kilobytes = sum(file.st_blocks * 512 for file in files) / len(files) / 1e3
    status, _ = measured([twostage, "status", "runs"], folder)
    merge, most = measured([twostage, "merge", "runs", "--out", "merged.h5"], folder)
    measured(run + ["--out", "alone.h5"], folder)
    if (folder / "merged.h5").read_bytes() != (folder / "alone.h5").read_bytes():
        sys.exit(f"{count} batches: the merged file is another one than that of one process")
    seconds = [one[0] for one in each]
    first_and_last = f"{statistics.median(seconds[:10]):.3f}, {statistics.median(seconds[-10:]):.3f} s"
    return [f"{len(parts)}", first_and_last if shards else "", f"{max(one[1] for one in each) / 1e6:.0f} MB",
            f"{sum(seconds):.1f} s", f"{len(files) - 1} x {kilobytes:.0f} KB", f"{status:.2f} s", f"{merge:.2f} s",
            f"{most / 1e6:.0f} MB"]


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def print_row(texts):
    print("| " + " | ".join(texts) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("twostage")
    parser.add_argument("--shards", type=numbers, default=[10, 100, 1000, 10000])
    parser.add_argument("--batches", type=numbers, default=[])
    parser.add_argument("--at-once", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    print_row(HEAD)
    print_row(["---"] * len(HEAD))
    for count, shards in [(n, n) for n in chosen.shards] + [(n, 0) for n in chosen.batches]:
        with tempfile.TemporaryDirectory() as scratch:
            print_row(row(os.path.abspath(chosen.twostage), pathlib.Path(scratch), count, shards, chosen.at_once))


if __name__ == "__main__":
    main()
