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
        self.outputs = [os.memfd_create("output"), os.memfd_create("errors")]
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self.process = os.fork()
        if self.process == 0:
            for number, descriptor in enumerate(self.outputs, start=1):
                os.dup2(descriptor, number)
            os._exit(_code(action, job))

    def end(self, code):
        """Says what the call said; True when it succeeded."""
        for stream, descriptor in zip((sys.stdout, sys.stderr), self.outputs):
            os.lseek(descriptor, 0, os.SEEK_SET)
            with os.fdopen(descriptor, encoding="utf-8", errors="replace") as said:
                stream.write(said.read())
            stream.flush()
        return code == 0


def _code(action, job):
    """The exit code of a process that does `action(job)`."""
    code = 1
    try:
        action(job)
        code = 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        else:
            code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def run_each(action, jobs):
    """Calls `action(job)` for every job, and says what each said in the order of the jobs; True if all succeeded."""
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
