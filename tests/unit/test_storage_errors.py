"""A disk that is full or may not be written to: one line that names the file and says what to do."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest

from workflow_scripts import command_line
from workflow_scripts.data.atomic import atomic_file, atomic_folder
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.storage_errors import storage_error
from workflow_scripts.retrieval.faiss_index import write_faiss_index

FULL = Path("/dev/full")  # every write to it fails as on a full disk
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


def by_python(path):
    path.write_text("x")


def by_tokenizers(path):
    from tokenizers import Tokenizer, models

    Tokenizer(models.BPE()).save(str(path))


def by_arrow(path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": list(range(10))}), path)


def by_matplotlib(path):
    from matplotlib.figure import Figure

    Figure().savefig(path, format="png")


@needs_full
@pytest.mark.parametrize("write", [by_python, by_tokenizers, by_arrow, by_matplotlib])
def test_a_full_disk_is_said_in_one_line_whoever_writes(write, tmp_path):
    path = tmp_path / "out"
    with (
        pytest.raises(
            InputError, match=r"out: No space left on device; free some space on its disk and rerun"
        ) as caught,
        atomic_file(path) as temporary,
    ):
        temporary.symlink_to(FULL)
        write(temporary)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@needs_full
def test_a_faiss_index_that_found_no_room_is_not_taken_for_whole(tmp_path):
    (tmp_path / ".sw.index.partial").symlink_to(FULL)
    vectors = np.full((8, 4), 0.5, dtype=np.float16)
    settings = {"pq_pieces": 1, "pq_bits": 1, "nlist": 0, "hnsw_links": 2}
    with pytest.raises(InputError, match=r"sw\.index: No space left on device"):
        write_faiss_index(vectors, "flat", settings, "passages of sw", tmp_path / "sw.index")
    assert list(tmp_path.iterdir()) == []


@needs_full
def test_a_folder_that_could_not_be_written_whole_is_gone(tmp_path):
    with pytest.raises(InputError, match="No space left on device"), atomic_folder(tmp_path / "model") as folder:
        (folder / "weights").symlink_to(FULL)
        (folder / "weights").write_text("x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "remedy"), [(13, "give yourself the right"), (30, "have its disk mounted for writing")]
)
def test_what_may_not_be_written_is_named(number, remedy):
    error = OSError(number, os.strerror(number), "results/model")
    assert str(storage_error(error)).startswith("results/model: ") and remedy in str(storage_error(error))


def test_causes_count_and_other_errors_do_not():
    try:
        try:
            raise OSError(28, os.strerror(28))
        except OSError as error:
            raise RuntimeError("writing failed") from error
    except RuntimeError as error:
        assert "No space left" in str(storage_error(error, "out"))
    error = RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")  # safetensors'
    assert str(storage_error(error, "out")).startswith("out: No space left on device")
    assert storage_error(ValueError("28")) is None
    assert storage_error(FileNotFoundError(2, "No such file or directory", "x")) is None
    complaint = InputError("a complaint stays as it is")
    complaint.__cause__ = OSError(28, os.strerror(28))
    assert storage_error(complaint) is None


def test_the_command_line_ends_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)

    def main():
        raise OSError(28, os.strerror(28), "results/log")

    with pytest.raises(SystemExit) as caught:
        command_line.run(main)
    assert caught.value.code == "error: results/log: No space left on device; free some space on its disk and rerun"

    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command_line.run(broken)


def of_python():
    bytes(1 << 62)


def of_torch():
    import torch

    torch.empty(1 << 60, dtype=torch.uint8)


def of_a_gpu():
    import torch

    raise torch.OutOfMemoryError


def of_onednn():
    raise RuntimeError("could not create a primitive")


@pytest.mark.parametrize("main", [of_python, of_torch, of_a_gpu, of_onednn])
def test_memory_that_runs_out_ends_in_one_line_that_says_so(main):
    with pytest.raises(SystemExit, match=r"^error: memory ran out; .* and rerun$"):
        command_line.run(main)


@pytest.mark.parametrize(
    "said", ["could not create a primitive descriptor for a product", "shapes cannot be multiplied"]
)
def test_another_error_of_a_library_stays_what_it_is(said):
    def main():
        raise RuntimeError(said)

    with pytest.raises(RuntimeError, match=said):
        command_line.run(main)
