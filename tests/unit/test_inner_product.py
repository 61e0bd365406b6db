import numpy as np
import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.retrieval.inner_product import InnerProductEncoder


class Given:
    """An encoder of rows that are the vectors."""

    dimension = 5

    def encode_rows(self, rows):
        return np.array(rows, dtype=np.float32)


@pytest.fixture
def texts():
    chance = np.random.default_rng(1)
    # Lengths differ by a factor of ten, so that the order by dot product is another than that by cosine.
    passages = chance.normal(size=(200, 5)) * chance.uniform(0.3, 3, (200, 1))
    return chance.normal(size=(20, 5)).astype(np.float32), passages.astype(np.float32)


def test_the_order_by_cosine_is_that_by_dot_product(texts):
    queries, passages = texts
    lifted = [
        InnerProductEncoder(Given(), kind, max_norm=20).encode_rows(list(rows))
        for kind, rows in (("queries", queries), ("passages", passages))
    ]
    assert all(vectors.shape[1] == 6 and np.allclose(np.linalg.norm(vectors, axis=1), 1) for vectors in lifted)
    expected = np.argsort(-(queries.astype(np.float64) @ passages.T.astype(np.float64)), axis=1)[:, :10]
    assert (np.argsort(-(lifted[0].astype(np.float64) @ lifted[1].T), axis=1)[:, :10] == expected).all()
    cosines = passages / np.linalg.norm(passages, axis=1, keepdims=True)
    assert (np.argsort(-(queries @ cosines.T), axis=1)[:, :10] != expected).any()


def test_a_longer_passage_is_refused_and_a_null_vector_is_not_a_number_apart(texts):
    _, passages = texts
    with pytest.raises(InputError, match=r"max_norm 1: a passage's vector has norm [\d.]+; raise it"):
        InnerProductEncoder(Given(), "passages", max_norm=1).encode_rows(list(passages))
    zero = [np.zeros(5, dtype=np.float32)]
    assert InnerProductEncoder(Given(), "passages", max_norm=1).encode_rows(zero)[0, -1] == 1
    assert np.isfinite(InnerProductEncoder(Given(), "queries", max_norm=1).encode_rows(zero)).all()
