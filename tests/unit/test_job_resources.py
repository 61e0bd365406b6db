"""What jobs ask for, counted by hand."""

import pytest

from workflow_scripts.planning import job_resources
from workflow_scripts.planning.token_arrays import longest_texts

XLMR_BASE = {"size_m": 86, "processes": 1, "nodes": 1, "max_passage_length": 256}


def megabytes(content):
    """As the module has it: a quarter more, and 50 MB."""
    return pytest.approx(50 + 1.25 * content / 1e6, abs=1)


def test_vectors_of_a_million_passages_take_their_components_and_ids():
    width = job_resources.vector_width(XLMR_BASE)
    assert width == 776  # of 12 layers, 86 million parameters; it is 768
    assert job_resources.encoding_disk_mb(XLMR_BASE, 1e6) == megabytes(1e6 * (2 * width + 40))


def test_texts_tokens_hits_and_models_by_hand():
    assert job_resources.collection_disk_mb(1e6) == megabytes(1.2e9)
    assert job_resources.tokens_disk_mb(1e6, 256) == megabytes(1e6 * (0.6 * 256 * 4 + 48))
    assert job_resources.hits_disk_mb(1000 * 100) == megabytes(2.4e6)
    parameters = 86e6 + 250_000 * 776
    assert job_resources.model_disk_mb(XLMR_BASE, 8000) == megabytes(4 * parameters)
    # The model, three checkpoints of weights and two moments.
    assert job_resources.training_disk_mb(XLMR_BASE, 8000) == megabytes(40 * parameters)
    assert job_resources.translator_disk_mb({"size_m": 600}) == megabytes(2.4e9)


def test_an_exact_index_takes_nothing_and_faiss_s_as_much_as_its_vectors():
    faiss = {"kind": "hnsw", "faiss": {"hnsw_links": 32}}
    assert job_resources.index_disk_mb({"kind": "exact"}, XLMR_BASE, 1e9) == 50
    assert job_resources.index_disk_mb(faiss, XLMR_BASE, 1e6) == megabytes(1e6 * (4 * 776 + 256))


def test_search_holds_the_ids_of_its_passages_and_bm25_their_texts_too():
    search = {"memory_gb": 2}
    assert job_resources.search_memory_mb(search, 0) == 2300
    assert job_resources.search_memory_mb(search, 33e6) == 2300 + 3300
    assert job_resources.lexical_memory_mb(search, 500_000) == 2300 + 50 + 4000


def test_a_model_that_is_made_here_has_the_experiment_s_vocabulary():
    made = {"pretrain": {"layers": 2, "hidden": 64, "intermediate": 256}}
    parameters = 2 * (4 * 64**2 + 2 * 64 * 256) + 8000 * 64
    assert job_resources.total_parameters(made, 8000) == parameters


def test_the_lengths_stand_in_a_form_s_name():
    assert longest_texts("q32-p128") == (32, 128)


@pytest.mark.parametrize(("processes", "nodes"), [(2, 2), (4, 2), (16, 2), (3, 3), (12, 3)])
def test_a_process_has_as_many_threads_however_many_machines(processes, nodes):
    alone = XLMR_BASE | {"processes": processes}
    spread = alone | {"nodes": nodes}
    on_each = processes // nodes
    assert job_resources.training_threads(spread) // on_each == job_resources.training_threads(alone) // processes
    assert job_resources.training_gpus(spread) == job_resources.training_gpus(alone) == processes
    memory = job_resources.training_memory_mb(spread, 8000)
    assert memory * nodes == pytest.approx(job_resources.training_memory_mb(alone, 8000), abs=nodes)
    assert job_resources.gpus_of_each_node(spread) == f"--gpus-per-node={on_each}"


def test_training_holds_embeddings_and_their_moments_too():
    weights = 4 * job_resources.total_parameters(XLMR_BASE, 8000) / 1e6
    assert job_resources.training_memory_mb(XLMR_BASE | {"processes": 1, "nodes": 1}, 8000) > 900 + 4 * weights
    assert job_resources.encoding_memory_mb(XLMR_BASE, 8000) > 900 + weights


def test_a_small_model_asks_for_no_gpus_on_any_machine():
    assert job_resources.gpus_of_each_node(XLMR_BASE | {"size_m": 1, "processes": 2, "nodes": 2}) is None
