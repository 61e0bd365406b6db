import errno
import fcntl
import multiprocessing

import pytest

from workflow_scripts.data.one_at_a_time import one_at_a_time


def _enter(path, entered, leave):
    with one_at_a_time(path):
        entered.set()
        leave.wait(30)


def test_a_second_process_waits_until_the_first_has_left(tmp_path):
    context = multiprocessing.get_context("spawn")
    entered, leave = context.Event(), context.Event()
    process = context.Process(target=_enter, args=(tmp_path / "a/lock", entered, leave))
    process.start()
    assert entered.wait(30)
    with open(tmp_path / "a/lock") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    leave.set()
    with one_at_a_time(tmp_path / "a/lock"):
        process.join(30)
    assert process.exitcode == 0


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_where_there_are_no_locks_nobody_waits_and_the_log_says_so(tmp_path, monkeypatch, caplog, code):
    def flock(*_):
        raise OSError(code, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    done = False
    with one_at_a_time(tmp_path / "lock"):
        done = True
    assert done and "knows no locks" in caplog.text


def test_another_error_is_no_missing_lock(tmp_path, monkeypatch):
    def flock(*_):
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="broken disk"), one_at_a_time(tmp_path / "lock"):
        pass
