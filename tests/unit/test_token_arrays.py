"""Token arrays: what is written is what is read, in bounded memory, and by those alone who may read it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_case import FORM, MODEL, write_tokenizer

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.data.npy_stream import NpyStream
from workflow_scripts.data.token_arrays import JoinedTokens, TokenArrays, TokenWriter
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.token_folder import read_token_facts, token_facts
from workflow_scripts.encoders.tokenization import TextTokenizer, vocabulary_digest

ROWS = st.lists(st.lists(st.integers(0, 299), max_size=5), max_size=12)


@given(pieces=st.lists(ROWS, max_size=4))
def test_what_is_written_piece_by_piece_is_read_again(tmp_path_factory, pieces):
    folder = tmp_path_factory.mktemp("tokens")
    with TokenWriter(folder, "texts", 300) as writer:
        for rows in pieces:
            writer.append(rows)
    read = TokenArrays.open(folder, "texts")
    wanted = [row for rows in pieces for row in rows]
    assert [row.tolist() for row in read.rows(np.arange(len(wanted)))] == wanted
    assert read.lengths().tolist() == [len(row) for row in wanted]
    assert read.ids.dtype == np.uint16


@given(arrays=st.lists(ROWS, min_size=1, max_size=4), data=st.data())
def test_joined_arrays_count_through(arrays, data):
    joined = JoinedTokens([TokenArrays.of(rows) for rows in arrays])
    wanted = [row for rows in arrays for row in rows]
    numbers = data.draw(st.lists(st.integers(0, len(wanted) - 1), max_size=9)) if wanted else []
    found = joined.rows(np.array(numbers, dtype=np.int64))
    assert [row.tolist() for row in found] == [wanted[number] for number in numbers]
    assert len(joined) == len(wanted)


@pytest.mark.parametrize(("vocabulary", "kind"), [(256, np.uint8), (65_536, np.uint16), (250_002, np.uint32)])
def test_ids_take_the_smallest_type_that_holds_the_vocabulary(tmp_path, vocabulary, kind):
    with TokenWriter(tmp_path, "texts", vocabulary) as writer:
        writer.append([[0, vocabulary - 1]])
    read = TokenArrays.open(tmp_path, "texts")
    assert read.ids.dtype == kind and read.ids.tolist() == [0, vocabulary - 1]


def test_a_column_that_was_not_completed_is_not_read(tmp_path):
    with TokenWriter(tmp_path, "texts", 300) as writer:
        writer.append([[1, 2, 3]])
    with pytest.raises(RuntimeError), NpyStream(tmp_path / "texts.ids.npy", np.uint16) as stream:
        stream.append(np.arange(3))
        raise RuntimeError
    with pytest.raises(InputError, match="does not fit"):
        TokenArrays.open(tmp_path, "texts")
    (tmp_path / "texts.ids.npy").write_bytes(b"")
    with pytest.raises(InputError, match="not a readable array"):
        TokenArrays.open(tmp_path, "texts")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tokenizer(tmp_path_factory.mktemp("tokenizer") / "made")


def changed(folder, target, change):
    target.mkdir()
    state = json.loads((folder / "tokenizer.json").read_text())
    change(state)
    (target / "tokenizer.json").write_text(json.dumps(state, indent=1))
    return target


def test_the_digest_is_of_what_decides_ids(folder, tmp_path):
    def layout(state):
        state["truncation"] = {"direction": "Right", "max_length": 7, "strategy": "LongestFirst", "stride": 0}
        state["version"] = "2.0"
        state["model"]["merges"] = [
            merge if isinstance(merge, str) else " ".join(merge) for merge in state["model"]["merges"]
        ]

    def vocabulary(state):
        names = sorted(state["model"]["vocab"], key=state["model"]["vocab"].get)
        state["model"]["vocab"] |= {names[-1]: len(names) - 2, names[-2]: len(names) - 1}

    digest = vocabulary_digest(folder)
    assert vocabulary_digest(changed(folder, tmp_path / "a", layout)) == digest
    assert vocabulary_digest(changed(folder, tmp_path / "b", vocabulary)) != digest
    assert vocabulary_digest(changed(folder, tmp_path / "c", lambda state: state.update(normalizer=None))) != digest


def test_a_model_with_another_tokenizer_or_form_is_refused_in_one_line(folder, tmp_path):
    form = TextForm.from_entry(MODEL)
    (tmp_path / "tokens").mkdir()
    write_manifest(tmp_path / "tokens", inputs=[], **token_facts(folder, form))
    assert read_token_facts([tmp_path / "tokens"], folder, form)[0]["form"] == {name: MODEL[name] for name in FORM}
    other = changed(folder, tmp_path / "other", lambda state: state.update(normalizer=None))
    with pytest.raises(InputError, match=r"its tokenizer is not the one that made .*family") as error:
        read_token_facts([tmp_path / "tokens"], other, form)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="form"):
        read_token_facts([tmp_path / "tokens"], folder, TextForm.from_entry(MODEL | {"max_query_length": 9}))


def test_texts_that_are_cut_are_counted(folder):
    tokenizer = TextTokenizer(folder, TextForm.from_entry(MODEL))
    texts = ["", "ka", "the city of kalu has 5 people", "the city " * 40]
    whole = [len(row) for row in tokenizer.tokenize(texts, 500)]
    for longest in (3, *whole[1:], whole[2] + 1):
        rows, cut = tokenizer.tokenize_and_count(texts, longest)
        assert cut == sum(length > longest for length in whole)
        assert [len(row) for row in rows] == [min(length, longest) for length in whole]


@pytest.mark.parametrize("side", ["query", "passage"])
def test_a_prefix_that_leaves_no_room_for_text_is_refused(folder, side):
    """All queries would be cut to the same tokens, and every one of them would find the same."""
    prefix = "the city of kalu has people: "
    tokens = len(TextTokenizer(folder, TextForm.from_entry(MODEL)).tokenize([prefix], 500)[0])
    changes = {f"{side}_prefix": prefix, f"max_{side}_length": tokens}
    says = rf"models\.<name>\.{side}_prefix: '{prefix}' is {tokens} tokens .*; raise max_{side}_length or shorten it"
    with pytest.raises(InputError, match=says):
        TextTokenizer(folder, TextForm.from_entry(MODEL | changes))
    tokenizer = TextTokenizer(folder, TextForm.from_entry(MODEL | changes | {f"max_{side}_length": tokens + 1}))
    rows = tokenizer.tokenize([f"{prefix}{text}" for text in ("ka", "lu")], tokens + 1)
    assert rows[0] != rows[1]
