"""A block of code that one process of all that name the same file runs at a time."""

import errno
import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger(__name__)
# Of file systems that know no locks, as Lustre does where it is mounted without them.
_NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait for whoever is in such a block with the lock file ``path``, which is made and stays.

    A process that is killed in the block has left it. On a file system without locks nobody waits, and the log says so.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            _log.warning("%s: this file system knows no locks; let no two runs fetch the same at once", path.parent)
        yield
