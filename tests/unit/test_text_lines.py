import gzip
import json
from hashlib import sha256

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.text_lines import filled_field, read_columns, read_json, read_json_lines, read_lines


@pytest.fixture
def write(tmp_path):
    def write(content, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def test_line_ends_and_byte_order_mark_are_no_text(write):
    path = write(b"\xef\xbb\xbfone\r\ntwo\nthree\xe2\x80\xa8still three")
    assert list(read_lines(path)) == [(1, "one"), (2, "two"), (3, "three\u2028still three")]


def test_a_byte_order_mark_inside_stays(write):
    assert list(read_lines(write("a\n\ufeffb\n".encode()))) == [(1, "a"), (2, "\ufeffb")]


def test_bytes_that_are_not_utf8_are_placed(write):
    with pytest.raises(InputError, match=r"file\.txt: line 2: byte 3 is not UTF-8"):
        list(read_lines(write(b"fine\nno\xff\n")))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.txt: no such file"):
        list(read_lines(tmp_path / "absent.txt"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-4],
        lambda packed: b"no gzip at all",
        lambda packed: packed[:200] + bytes(50) + packed[250:],
    ],
    ids=["cut in half", "cut in the trailer", "no gzip", "overwritten"],
)
def test_a_damaged_gzip_is_an_error_with_file_and_line(write, damage):
    lines = "".join(f"line {number} {sha256(str(number).encode()).hexdigest()}\n" for number in range(2000)).encode()
    with pytest.raises(InputError, match=r"file\.gz: line \d+: (the gzip is damaged|byte)"):
        list(read_lines(write(damage(gzip.compress(lines)), "file.gz")))


def test_columns_are_counted(write):
    path = write(b"q1\tfirst\nq2\tsec\tond\n")
    with pytest.raises(InputError, match=r"line 2: has 3 tab-separated columns, not 2"):
        list(read_columns(path, 2))
    with pytest.raises(InputError, match=r"line 1: has 1 tab-separated columns"):
        list(read_columns(write(b"\n"), 2))


def test_json_lines_name_the_line(write):
    path = write(b'{"a": 1}\n{"a": \n')
    with pytest.raises(InputError, match=r"line 2: is not JSON"):
        list(read_json_lines(path))
    with pytest.raises(InputError, match=r"line 1: is not a JSON object"):
        list(read_json_lines(write(b"[1]\n")))
    with pytest.raises(InputError, match=r"line 2: is not JSON \(it is empty\)"):
        list(read_json_lines(write(b'{"a": 1}\n\r\n\n{"a": 2}\n')))
    assert list(read_json_lines(write(b'{"a": 1}\n\r\n \n'))) == [(1, {"a": 1})]


def test_json_documents_name_the_line(write):
    assert read_json(write(json.dumps({"é": [1]}, ensure_ascii=False).encode("utf-8-sig"))) == {"é": [1]}
    with pytest.raises(InputError, match=r"line 3: is not JSON"):
        read_json(write(b'{\n"a": 1,\n]'))


@pytest.mark.parametrize(("value", "reason"), [(None, "missing"), (7, "no text"), ("  ", "empty")])
def test_a_field_must_hold_text(value, reason):
    with pytest.raises(InputError, match=f"here: 'id' is .*{reason}"):
        filled_field({"id": value}, "id", "here")
