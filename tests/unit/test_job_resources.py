"""What jobs ask for, counted by hand."""

import math

import pytest

from workflow_scripts.data.bit_filter import BitFilter
from workflow_scripts.planning import job_resources
from workflow_scripts.planning.token_arrays import longest_texts
from workflow_scripts.retrieval import faiss_index

XLMR_BASE = {
    "size_m": 86,
    "processes": 1,
    "nodes": 1,
    "max_passage_length": 256,
    "sharded": False,
    "gradient_checkpointing": False,
}


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
    assert job_resources.trec_disk_mb(13_495 * 1000) == megabytes(945e6)
    parameters = 86e6 + 250_000 * 776
    assert job_resources.model_disk_mb(XLMR_BASE, 8000) == megabytes(4 * parameters)
    # The model, three checkpoints of weights and two moments.
    assert job_resources.training_disk_mb(XLMR_BASE, 8000) == megabytes(40 * parameters)
    assert job_resources.translator_disk_mb({"size_m": 600}) == megabytes(2.4e9)


def test_pairs_have_a_negative_each_or_as_many_as_their_source_has():
    assert job_resources.pairs_disk_mb(1e6, 0) == job_resources.pairs_disk_mb(1e6, 1) == megabytes(1.2e9)
    assert job_resources.pairs_disk_mb(1e6, 7) == megabytes(8 * 600e6)
    assert job_resources.pair_tokens_disk_mb(1e6, (32, 128), 1) == megabytes(1e6 * ((32 + 2 * 128) * 4 + 48))
    assert job_resources.pair_tokens_disk_mb(1e6, (32, 128), 7) == megabytes(1e6 * ((32 + 8 * 128) * 4 + 144))


def test_an_exact_index_takes_nothing_and_faiss_s_as_much_as_its_vectors():
    faiss = {"kind": "hnsw", "faiss": {"hnsw_links": 32}}
    assert job_resources.index_disk_mb({"kind": "exact"}, XLMR_BASE, 1e9) == 50
    assert job_resources.index_disk_mb(faiss, XLMR_BASE, 1e6) == megabytes(1e6 * (4 * 776 + 256))


def faiss(kind, **changes):
    settings = {"nlist": 0, "pq_pieces": 96, "pq_bits": 8, "hnsw_links": 32}
    return {"kind": kind, "faiss": settings | changes}


def test_an_index_is_made_in_the_memory_of_its_sample_or_of_its_codes_twice():
    def made(kind, rows, **changes):
        return job_resources.faiss_memory_mb(faiss(kind, **changes), 768, rows)

    block, sample = 150 + 16_384 * 768 * 6 / 1e6, 200_000 * 768 * 6 / 1e6
    # All of 200,000 vectors are fewer than 256 for each of 1,789 lists.
    lists, pieces = 3 * 4 * 200_000**0.5 * 768 * 4 / 1e6, 2 * 65_536 * 768 * 4 / 1e6
    assert made("flat", 2e5) == round(block + 2 * 2e5 * 768 * 4 / 1e6)
    assert made("fp16", 2e5) == round(block + 2 * 2e5 * 768 * 2 / 1e6)
    assert made("sq8", 2e5) == round(block + sample)
    assert made("ivf-flat", 2e5) == round(block + 2 * 2e5 * (768 * 4 + 8) / 1e6)
    assert made("ivf-pq", 2e5) == round(block + sample + lists + pieces)
    assert made("ivf-pq", 2e5, nlist=100) == round(block + (65_536 * 6 + 300 * 4) * 768 / 1e6 + pieces)
    assert made("hnsw", 2e5) == round(block + 2 * 2e5 * (768 * 4 + 384) / 1e6)
    assert made("flat", 0) == made("ivf-pq", 0) == round(block)


@pytest.mark.parametrize(
    ("kind", "rows", "megabytes"),
    [
        ("flat", 140_000, 970),
        ("flat", 200_000, 1016),
        ("fp16", 200_000, 589),
        ("sq8", 200_000, 1010),
        ("ivf-flat", 60_000, 379),
        ("ivf-flat", 200_000, 1011),
        ("ivf-pq", 60_000, 507),
        ("hnsw", 20_000, 218),
    ],
)
def test_what_was_measured_of_making_an_index_of_768_components_has_room(kind, rows, megabytes):
    assert megabytes < job_resources.faiss_memory_mb(faiss(kind), 768, rows) < 1.8 * megabytes


def test_faiss_is_counted_as_it_is_called():
    counted = (job_resources.FAISS_BLOCK, job_resources.TRAINED_ON, job_resources.LEAST_TRAINED_ON)
    assert counted == (faiss_index._ROWS_AT_ONCE, faiss_index._TRAINED_ON, faiss_index._LEAST_TRAINED_ON)


def test_a_search_holds_a_faiss_index_once():
    assert job_resources.faiss_search_mb(faiss("flat"), 768, 1e6) == round(1.1 * 768 * 4)
    assert job_resources.faiss_search_mb(faiss("ivf-pq"), 768, 1e6) == round(1.1 * 104)
    assert job_resources.faiss_search_mb(faiss("hnsw"), 64, 1e6) == round(1.1 * (256 + 384))


def test_search_holds_the_ids_of_its_passages_and_bm25_their_words_too():
    search = {"memory_gb": 2}
    assert job_resources.search_memory_mb(search, 0) == 2300
    assert job_resources.search_memory_mb(search, 33e6) == 2300 + 3300
    assert job_resources.lexical_memory_mb(search, 500_000) == 2300 + 50 + 500


def test_decontamination_holds_bits_of_training_text_up_to_a_largest_table_and_some_of_evaluation_text():
    assert job_resources.decontamination_memory_mb(0, 0) == 400
    assert job_resources.decontamination_memory_mb(100_000, 20_000) == 400 + 80 + 6
    most = job_resources.decontamination_memory_mb(1e9, 0)
    assert most == 400 + job_resources.LARGEST_FILTER_MB
    assert job_resources.decontamination_memory_mb(1e9, 33e6) == most + 9_900
    # Training text is read twice; 3,000 texts a second, three times over, and a quarter of an hour.
    assert job_resources.decontamination_minutes(3000 * 600, 3000 * 600) == 15 + 3 * 30


def test_the_table_of_bits_is_no_larger_than_is_asked_for():
    """At the lengths that a plan takes for granted: a word in six bytes of a text."""
    sizes = (1_000, 30_000, 500_000, 10_000_000)
    expected = {texts: BitFilter(texts * job_resources.TEXT_BYTES // 6)._table.nbytes / 1e6 for texts in sizes}
    assert all(size <= job_resources.decontamination_memory_mb(texts, 0) - 400 for texts, size in expected.items())
    assert expected[10_000_000] == pytest.approx(job_resources.LARGEST_FILTER_MB, abs=1)


def test_the_time_limit_of_a_translation_grows_with_its_model_its_pairs_and_its_beam():
    nllb = {"size_m": 600}
    # 1,000 pairs of 300 tokens, read once and written four times, at 2e13 operations a second; three times over.
    operations = 2 * 600e6 * 1000 * 300 * 5
    assert job_resources.translation_minutes(nllb, 1000, 4) == 15 + math.ceil(3 * operations / 2e13 / 60)
    assert job_resources.translation_minutes(nllb, 100_000, 4) > job_resources.translation_minutes(nllb, 100_000, 1)
    assert job_resources.comparing_minutes(XLMR_BASE, 100_000) == 15 + math.ceil(3 * 4 * 86e6 * 3e7 / 2e13 / 60)


def test_the_time_limit_of_an_index_grows_with_what_faiss_does_for_it():
    def minutes(kind, *passages, **faiss):
        faiss = {"nlist": 0, "pq_bits": 8, "hnsw_links": 32, "ef_construction": 200} | faiss
        return job_resources.indexing_minutes({"kind": kind, "faiss": faiss}, XLMR_BASE, passages)

    def by_hand(products):
        return 15 + math.ceil(3 * products * 2 * 776 / 1e10 / 60)

    assert minutes("exact") == minutes("flat", 1e6) == 15
    # 4,000 lists of a million passages; all of these are trained on, 25 times, and each is put into a list.
    assert minutes("ivf-flat", 1e6) == by_hand(26 * 4000 * 1e6)
    assert minutes("ivf-flat", 1e6, nlist=100) == by_hand(100 * 1e6 + 25 * 100 * 25_600)
    assert minutes("ivf-pq", 1e6) == by_hand(26 * 4000 * 1e6 + 256 * (1e6 + 25 * 65_536))
    # Hours, where a profile gives half an hour to rules that ask for none: ten times slower, 200 x 64 products a node.
    assert minutes("hnsw", 1e6) == by_hand(10 * 1e6 * 200 * 64) > 12 * 60
    assert minutes("hnsw", 5e5, 5e5) == minutes("hnsw", 1e6)


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
    assert job_resources.training_memory_mb(XLMR_BASE, 8000) == round(900 + 4 * weights)
    assert job_resources.encoding_memory_mb(XLMR_BASE, 8000) > 900 + weights
    halves = XLMR_BASE | {"processes": 2, "sharded": True}
    assert job_resources.training_memory_mb(halves, 8000) == round(2 * (900 + 2 * weights + weights))


def test_training_holds_its_pairs_too_in_each_process():
    training = {"steps": 1000, "batch_size": 100}

    def held(sources, alpha):
        return job_resources.pairs_memory(sources, alpha, training)

    batches = 1000 * (1000 + 56 * 100)
    # 3 M rows and 2 M negatives; 8 bytes of each pair in a language, and of each in two languages, twice.
    two = [([2e6, 1e6], 2e6)]
    assert held(two, 1.0) == batches + 1.2e9 + 80e6 + 8 * 3e6
    assert held(two, 0.0) == batches + 1.2e9 + 80e6 + 8 * 2 * 1e6
    assert held(two, 0.5) == batches + 1.2e9 + 80e6 + 8 * (3e6 + 2e6)
    assert held([([1e6] * 13, 0)], 0.5) == batches + 5.2e9 + 8 * 169 * 1e6
    assert held([], 0.5) == held([([], 0)], 0.5) == batches
    alone, data = job_resources.training_memory_mb(XLMR_BASE, 8000), held(two, 0.5)
    # A small experiment's tables are in the 900 MB.
    assert job_resources.training_memory_mb(XLMR_BASE, 8000, 150e6) == alone
    assert job_resources.training_memory_mb(XLMR_BASE, 8000, data) == pytest.approx(alone + data / 1e6 - 150, abs=1)
    four = job_resources.training_memory_mb(XLMR_BASE | {"processes": 4}, 8000, data)
    assert four == pytest.approx(4 * (alone + data / 1e6 - 150), abs=2)


def test_judging_translations_holds_every_pair_and_takes_its_time():
    assert job_resources.judging_memory_mb(0) == 300
    # 1.7 GB were measured of 200,000 pairs.
    assert job_resources.judging_memory_mb(200_000) == 2300
    assert job_resources.judging_minutes(532_751) == 15 + 89


def test_tokenising_pairs_holds_a_digest_of_each_text_and_the_tokens_of_some_rows():
    rows = 8192 * 200 * 165 / 1e6
    assert job_resources.pair_tokens_memory_mb(0, 0) == 300
    assert job_resources.pair_tokens_memory_mb(1e6, 0) == round(300 + 400 + rows)
    assert job_resources.pair_tokens_memory_mb(1e6, 7) == round(300 + 1800 + 7 * rows)


def test_gpus_are_as_large_as_a_translator_and_its_largest_batch():
    def asked(size_m, **changes):
        settings = {"precision": "bfloat16", "beam": 4, "batch_tokens": 4096, "output_ratio": 3.0} | changes
        return job_resources.translation_gpu_memory_gb({"size_m": size_m}, settings)

    # 2 GB, 1.2 of weights, 6.4 of 65,536 tokens' keys and values (24 vectors of 2,040 in 16 bits), 0.6 of the source's
    # activations and 2 of scores: 12.2.
    assert asked(600) == 16
    assert asked(600, precision="float32") == 24  # twice the weights, keys and values: 19.8
    assert asked(2940, batch_tokens=16384) == 80
    assert asked(600, beam=1, batch_tokens=16384) == 16
    assert asked(4) == 0


def test_gpus_are_as_large_as_what_training_and_encoding_hold():
    def trained(tokens, dtype, **changes):
        return job_resources.training_gpu_memory_gb(XLMR_BASE | changes, 8000, tokens, dtype)

    # 2 GB, 4.5 of weights, gradients and moments, and 12 layers' activations: 0.31 MB a token in 16 bits.
    assert [trained(tokens, "bfloat16") for tokens in (1, 25_000, 100_000)] == [16, 16, 40]
    assert [trained(tokens, "float32") for tokens in (25_000, 50_000, 100_000)] == [24, 40, 80]
    assert trained(100_000, "float32", gradient_checkpointing=True) == 16
    assert trained(1_000_000, "float32") > max(job_resources.GPU_MEMORY_CLASSES)
    # XLM-R XL on one GPU: all of it learns, adapters alone, a half of it on each of two GPUs.
    large = {"size_m": 2800, "gradient_checkpointing": True}
    assert trained(8192, "bfloat16", **large) == 80
    assert trained(8192, "bfloat16", **large, lora={"rank": 8}) == 24
    assert trained(8192, "bfloat16", **large, sharded=True, processes=4) == 40
    assert job_resources.encoding_gpu_memory_gb(XLMR_BASE, 8000, 8192) == 16
    assert trained(8192, "float32", size_m=1) == job_resources.encoding_gpu_memory_gb({"size_m": 1}, 8000, 8192) == 0


def test_pretraining_computes_scores_of_all_words_for_hidden_tokens():
    shape = {"layers": 6, "hidden": 384, "intermediate": 1536}
    model = {"pretrain": shape, "processes": 1, "sharded": False, "gradient_checkpointing": False}
    settings = {"steps": 1000, "batch_size": 256, "max_length": 128, "mask_share": 0.3}

    def asked(words, model=model):
        return job_resources.pretraining_gpu_memory_gb(model, settings | {"tokenizer": {"vocabulary": words}})

    # 2 GB, 10.3 of 65,536 tokens' activations in fp32, and of 32,000 words 7.5 of scores beside 0.4 of weights.
    assert [asked(1000), asked(32_000), asked(64_000)] == [16, 24, 40]
    assert asked(32_000, {**model, "pretrain": shape | {"layers": 1}}) == 0
    operations = 6 * (6 * 12 * 384**2 + 0.3 * 32_000 * 384) * 65_536 * 1000
    minutes = job_resources.pretraining_minutes(model, settings | {"tokenizer": {"vocabulary": 32_000}})
    assert minutes == 15 + math.ceil(3 * operations / 2e13 / 60)


def test_a_small_model_asks_for_no_gpus_on_any_machine():
    assert job_resources.gpus_of_each_node(XLMR_BASE | {"size_m": 1, "processes": 2, "nodes": 2}) is None
