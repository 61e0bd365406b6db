"""Files that are compared with their digests while they are read: nothing is made of damaged ones."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import check_digest

_AT_ONCE = 4  # files; a processor hashes about as fast as a disk gives


@contextmanager
def checked_reading(digests: Mapping[Path, str]) -> Iterator[None]:
    """Compare files with their ``digests`` in threads beside the block, which must not yet write its result.

    The block's end waits for it. Raises InputError where a file is missing or has another digest; instead of what the
    block itself raises as InputError, which damaged content brings about.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        checking = [pool.submit(check_digest, path, digest) for path, digest in digests.items()]
        try:
            yield
        except InputError:
            for check in checking:
                check.result()
            raise
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        for check in checking:
            check.result()
