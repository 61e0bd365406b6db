"""Ids that stand twice are found by their hashes, and complained of only where they are equal."""

import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.data import distinct_ids
from workflow_scripts.data.distinct_ids import DistinctIds, id_hashes
from workflow_scripts.data.errors import InputError


def test_ids_like_miracls_have_different_hashes():
    ids = [f"{article}#{number}" for article in range(50_000) for number in range(4)] + ["x" * n for n in range(1, 600)]
    assert len(np.unique(id_hashes(pa.array(ids)))) == len(ids)
    sliced = pa.array(ids)[1000:2000]
    assert np.array_equal(id_hashes(sliced), id_hashes(pa.array(ids))[1000:2000])


def check(names):
    ids = DistinctIds()
    for name in names:
        ids.add(name)
    ids.check("id", lambda: ((f"line {number}", name) for number, name in enumerate(names, 1)))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=3)))
def test_what_stands_twice_is_complained_of_whatever_the_characters(names):
    if len(set(names)) == len(names):
        check(names)
        return
    second = next(n for n in range(len(names)) if names[n] in names[:n])
    with pytest.raises(InputError) as caught:
        check(names)
    first = names.index(names[second])
    assert str(caught.value) == f"line {second + 1}: id {names[second]!r} stands already in line {first + 1}"


def test_case_and_normal_form_tell_ids_apart():
    check(["caf\u00e9", "cafe\u0301", "Caf\u00e9", "a", "a\0", "a ", ""])


def test_over_several_blocks_the_places_are_those_of_the_ids(monkeypatch):
    monkeypatch.setattr(distinct_ids, "_AT_ONCE", 3)
    check([str(n) for n in range(10)])
    with pytest.raises(InputError, match="line 8: id '0' stands already in line 1"):
        check([*map(str, range(7)), "0"])


def test_an_id_takes_sixteen_bytes():
    """Names are made as they are read, so that what is measured is what is kept of them."""
    first = DistinctIds()
    first.add("0#1")
    first.check("id", lambda: iter(()))  # imports what pyarrow needs, if nobody has
    ids, number = DistinctIds(), 400_000
    tracemalloc.start()
    for n in range(number):
        ids.add(f"{n}#1")
    ids.check("id", lambda: iter(()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A block of 65,536 names, and its hashes while they are made, come on top.
    assert most < 16 * number + 20_000_000
