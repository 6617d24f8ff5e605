"""A process of its own for each figure, as many at a time as there are processors.

What matplotlib keeps from one figure would otherwise reach the files of the next. The processes are forked from one
that has imported everything, which takes longer than most figures.
"""

import os
import sys
import traceback


class _Run:
    """One call, whose output is kept in memory until it is asked for."""

    def __init__(self, action, job):
        self.name = str(job[0])
        self.outputs = [os.memfd_create("output"), os.memfd_create("errors")]
        _flush()
        self.process = os.fork()
        if self.process == 0:
            code = 1
            try:
                for number, descriptor in enumerate(self.outputs, start=1):
                    os.dup2(descriptor, number)
                code = _code(action, job)
                _flush()
            finally:  # whatever a script does, the child never goes on as its parent
                os._exit(code)

    def end(self, code):
        """Says what the call said; True when it succeeded."""
        said = []
        for stream, descriptor in zip((sys.stdout, sys.stderr), self.outputs):
            os.lseek(descriptor, 0, os.SEEK_SET)
            with os.fdopen(descriptor, encoding="utf-8", errors="replace") as output:
                said.append(output.read())
            _say(stream, said[-1])
        if code != 0 and not said[1]:
            _say(sys.stderr, f"{self.name}: drawing ended " + (f"by signal {-code}\n" if code < 0 else f"with code {code}\n"))
        return code == 0


def _say(stream, text):
    """That it cannot be said stops no figure."""
    try:
        stream.write(text)
        stream.flush()
    except (AttributeError, OSError, ValueError):  # closed, or never there
        pass


def _flush():
    for stream in (sys.stdout, sys.stderr):
        _say(stream, "")


def _code(action, job):
    """The exit code of a process that does `action(job)`: as Python's own, but never 0 where something failed."""
    try:
        action(job)
    except SystemExit as ended:
        if ended.code is None or ended.code == 0:
            return 0
        if isinstance(ended.code, int):
            return ended.code & 0xFF or 1
        _say(sys.stderr, f"{ended.code}\n")
        return 1
    except BaseException:
        _say(sys.stderr, traceback.format_exc())
        return 1
    return 0


def run_each(action, jobs):
    """Calls `action(job)` for every job, and says what each said in the order of the jobs; True if all succeeded.

    The first word of a job is its name.
    """
    at_most = len(os.sched_getaffinity(0))
    waiting, running, ended = list(jobs), {}, {}
    first, good = 0, True
    started = []
    while waiting or running:
        while waiting and len(running) < at_most:
            run = _Run(action, waiting.pop(0))
            started.append(run)
            running[run.process] = run
        process, status = os.wait()
        ended[running.pop(process)] = os.waitstatus_to_exitcode(status)
        while first < len(started) and started[first] in ended:
            good &= started[first].end(ended[started[first]])
            first += 1
    return good
