"""Writing files whole, over nothing but files of our own: the rule of store/replaceable.hpp for what Python writes.

``write(path, ours, produce)`` lets ``produce(file)`` fill a new temporary file beside ``path`` and renames it. What lies
there is replaced if it is empty or ``ours(its bytes)``; a file of somebody else's, a link, a folder or a device is not.
"""

import errno
import fcntl
import os
import re
import secrets
import stat


class NotOurs(OSError):
    """`filename` lies in the way; `strerror` says why it is not replaced."""


def _refuse(path, why):
    raise NotOurs(errno.EEXIST, why, path)


def require_replaceable(path, ours):
    path = os.fspath(path)
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(there.st_mode):
        _refuse(path, "is a symbolic link, and is not replaced")
    if not stat.S_ISREG(there.st_mode):
        _refuse(path, "is no file, and is not replaced")
    if there.st_size > 0:
        with open(path, "rb") as file:
            if not ours(file.read()):
                _refuse(path, "was not written by twostage for this purpose, and is not replaced; move it away")


def _lock(descriptor):
    """False when another process has it, None when there are no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    except OSError:
        return None


def _remove_stale(path):
    """Temporary files of writers that were killed: nobody holds their lock."""
    name = re.compile(re.escape(os.path.basename(path)) + r"\.[0-9a-f]{16}\.tmp")
    for entry in os.scandir(os.path.dirname(path) or "."):
        if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            descriptor = os.open(entry.path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            if _lock(descriptor):
                os.unlink(entry.path)
            os.close(descriptor)


def _temporary(path):
    while True:
        name = f"{path}.{secrets.token_hex(8)}.tmp"
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink > 0:
            return name, descriptor
        os.close(descriptor)  # somebody who clears up took it for a dead one


def write(path, ours, produce):
    path = os.fspath(path)
    require_replaceable(path, ours)
    _remove_stale(path)
    temporary, descriptor = _temporary(path)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            produce(file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def remove(path, ours):
    """Removes what lies at `path` if it is `ours(its bytes)`, and leaves everything else."""
    path = os.fspath(path)
    try:
        require_replaceable(path, ours)
        os.unlink(path)
    except (NotOurs, FileNotFoundError):
        pass


def is_figure(content):
    """Names the result that it was drawn from, as figures/save.py has it do. (A PDF may hold that in UTF-16.)"""
    return re.search(rb"; configuration [0-9a-f]{64}", content.replace(b"\0", b"")) is not None


def is_report(content):
    return b'<meta name="generator" content="twostage">' in content or b"<title>twostage: report</title>" in content
