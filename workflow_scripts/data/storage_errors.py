"""What a disk that is full or may not be written to does to a job, in one line that says what to do."""

import errno
import os

from workflow_scripts.data.errors import InputError

_REMEDIES = {
    errno.ENOSPC: "free some space on its disk",
    errno.EDQUOT: "free some space, or ask for more",
    errno.EROFS: "have its disk mounted for writing",
    errno.EACCES: "give yourself the right to its folder",
    errno.EPERM: "give yourself the right to its folder",
    errno.EIO: "have its disk checked",
}


def storage_error(error: BaseException | None, path: str | os.PathLike | None = None) -> InputError | None:
    """Return the complaint about an error that comes from the disk, or whose cause does; None for any other.

    ``path`` is what was being written, where the error does not say. Libraries in Rust and C++ raise exceptions of
    their own, whose text holds the system's.
    """
    while error is not None and not isinstance(error, InputError):
        number = _number(error)
        if number:
            where = getattr(error, "filename", None) or path or "a file"
            return InputError(f"{os.fsdecode(where)}: {os.strerror(number)}; {_REMEDIES[number]} and rerun")
        error = error.__cause__ or error.__context__
    return None


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        return error.errno
    if isinstance(error, OSError):
        return None
    for number in _REMEDIES:
        if f"(os error {number})" in str(error) or (number != errno.EPERM and os.strerror(number) in str(error)):
            return number
    return None
