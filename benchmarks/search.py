"""Exact search in fp16 vectors on disk, beside faiss's IndexFlatIP in memory; its time and memory as passages grow.

    export PYTHONPATH=.
    python benchmarks/search.py prepare --folder /tmp/vectors --passages 1000000
    python benchmarks/search.py compare --folder /tmp/vectors
    python benchmarks/search.py scale --folder /tmp/vectors --passages 100000 1000000 --plot scale.svg
    python benchmarks/search.py kinds --folder /tmp/vectors --passages 1000000

Vectors are made: unit vectors with a common direction and a thousand clusters, so that cosines lie around .4 and
differ as those of an encoder do. `compare` alternates the two in one run; ours is a process of its own each time, so
that its peak memory is its own, and its seconds go from vectors and ids on disk, the former compared with their
digests, to the file of hits; faiss's are its search alone, its index being in memory. Some queries' hits are compared
with an fp64 product over all passages. `kinds` builds each faiss kind of `search.kind` with the config's defaults,
searches it as rule `search` does, and compares its hits with those of exact search.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

DEPTH = 1000
CUTOFFS = (10, 100, 1000)
KINDS = ("flat", "fp16", "sq8", "ivf-flat", "ivf-pq", "hnsw")
SCHEMA = Path(__file__).parents[1] / "config.schema.yaml"
ROWS = 50_000
MATRICES = ("passages.npy", "queries.npy")


def make_vectors(rng: np.random.Generator, rows: int, centres: np.ndarray, common: np.ndarray) -> np.ndarray:
    """Return fp16 unit vectors [rows, d], each near one of ``centres``."""
    dimension = centres.shape[1]
    vectors = rng.standard_normal((rows, dimension), dtype=np.float32) / np.sqrt(dimension)
    vectors += 0.8 * centres[rng.integers(0, len(centres), rows)] + common
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def prepare(folder: Path, passages: int, queries: int, dimension: int) -> None:
    """Write passages.npy, queries.npy and ids.parquet."""
    from workflow_scripts.data.neutral_id import neutral_id
    from workflow_scripts.data.tables import VECTOR_IDS, write_table

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((1000, dimension), dtype=np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    common = rng.standard_normal(dimension, dtype=np.float32)
    common /= np.linalg.norm(common)
    np.save(folder / "queries.npy", make_vectors(rng, queries, centres, common))
    shape = (passages, dimension)
    matrix = np.lib.format.open_memmap(folder / "passages.npy", mode="w+", dtype=np.float16, shape=shape)
    for first in range(0, passages, ROWS):
        matrix[first : first + ROWS] = make_vectors(rng, min(ROWS, passages - first), centres, common)
    matrix.flush()
    ids = [f"{row}#0" for row in range(passages)]
    neutral = [neutral_id("c", "en", name) for name in ids]
    table = pa.table({"id": ids, "lang": ["en"] * passages, "neutral_id": neutral})
    write_table(table, folder / "ids.parquet", VECTOR_IDS)
    for name in MATRICES:
        keep_digest(folder / name)


def first_passages(folder: Path, passages: int) -> Path:
    """Return a folder with the first passages alone: a search hashes the whole file that it reads."""
    matrix = np.load(folder / "passages.npy", mmap_mode="r")
    part = folder / f"first-{passages}"
    if passages == len(matrix):
        return folder
    if (part / "passages.npy.digest").exists():  # written last
        return part
    from workflow_scripts.data.tables import VECTOR_IDS, read_table, write_table

    part.mkdir(exist_ok=True)
    np.save(part / "queries.npy", np.load(folder / "queries.npy"))
    np.save(part / "passages.npy", matrix[:passages])
    write_table(read_table(folder / "ids.parquet", VECTOR_IDS).slice(0, passages), part / "ids.parquet", VECTOR_IDS)
    for name in reversed(MATRICES):
        keep_digest(part / name)
    return part


def faiss_settings() -> dict[str, int]:
    """Return the config's defaults of ``search.faiss``."""
    section = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]["search"]["properties"]["faiss"]
    return {name: described["default"] for name, described in section["properties"].items()}


def hits_of(folder: Path, kind: str) -> Path:
    """Where a search of ``kind`` writes its hits."""
    return folder / ("hits.parquet" if kind == "exact" else f"{kind}.hits.parquet")


def index_of(folder: Path, kind: str) -> Path:
    """Where the index of ``kind`` is written."""
    return folder / f"{kind}.index"


def keep_digest(path: Path) -> None:
    """Write a file's digest, which rules read from manifests, beside it."""
    from workflow_scripts.data.manifest import digest_file

    Path(f"{path}.digest").write_text(digest_file(path), encoding="utf-8")


def digest_of(path: Path) -> str:
    """Return the digest that was written beside a file."""
    return Path(f"{path}.digest").read_text(encoding="utf-8")


def build_once(folder: Path, passages: int, kind: str) -> None:
    """Build an index of the first passages and print, as JSON, seconds and peak memory."""
    began = time.perf_counter()
    from workflow_scripts.retrieval.faiss_index import write_faiss_index
    from workflow_scripts.retrieval.stored_vectors import StoredVectors

    shape = np.load(folder / "passages.npy", mmap_mode="r").shape
    vectors = StoredVectors(folder / "passages.npy", shape, 0, passages)
    write_faiss_index(vectors, kind, faiss_settings(), "passages", index_of(folder, kind))
    keep_digest(index_of(folder, kind))
    print_facts({"all": time.perf_counter() - began})


def print_facts(facts: dict[str, float]) -> None:
    """Print ``facts`` as JSON with this process's seconds of the processor and its peak memory."""
    # Not ru_maxrss, which a process inherits from the one that started it.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) * 1024 / 1e9
    print(json.dumps(facts | {"processor": time.process_time(), "peak_gb": peak}))


def search_once(folder: Path, passages: int, memory_gb: float, kind: str) -> None:
    """Search the first passages and print, as JSON, seconds (all, and of the ranking alone) and peak memory."""
    began = time.perf_counter()
    from workflow_scripts.data.checked_reading import checked_reading
    from workflow_scripts.data.hit_lists import hits_file
    from workflow_scripts.data.tables import VECTOR_IDS, read_table
    from workflow_scripts.retrieval.blocks import Blocks
    from workflow_scripts.retrieval.dense_vectors import DenseScorer
    from workflow_scripts.retrieval.faiss_index import FaissCandidates
    from workflow_scripts.retrieval.full_search import Search
    from workflow_scripts.retrieval.passages import PassageIds
    from workflow_scripts.retrieval.ranking import neutral_numbers
    from workflow_scripts.retrieval.stored_vectors import StoredVectors
    from workflow_scripts.retrieval.worker_threads import thread_count

    shape = np.load(folder / "passages.npy", mmap_mode="r").shape
    ids = read_table(folder / "ids.parquet", VECTOR_IDS, ["id", "neutral_id"]).slice(0, passages)
    numbers = np.concatenate([neutral_numbers(piece, "passages") for piece in ids["neutral_id"].chunks])
    queries = {"en": np.load(folder / "queries.npy")}
    scorer = DenseScorer(queries, {"en": StoredVectors(folder / "passages.npy", shape, 0, passages)})
    names = {"en": [f"q{row:04d}" for row in range(len(queries["en"]))]}
    known = {"en": PassageIds.of(ids["id"].chunks, numbers, "passages")}
    blocks = Blocks.within(memory_gb, DEPTH, 1, shape[1], thread_count())
    finder = None
    if kind != "exact":
        index = index_of(folder, kind)
        entry = {"file": index, "digest": digest_of(index)}
        finder = FaissCandidates(queries, {"en": [entry]}, faiss_settings(), DEPTH)
    loaded = time.perf_counter()
    digests = {folder / name: digest_of(folder / name) for name in MATRICES}
    with hits_file(hits_of(folder, kind), DEPTH) as append, checked_reading(digests):
        Search(scorer, names, known, scorer, known, ["monolingual"], {}, DEPTH, finder=finder).run(blocks, append)
    ended = time.perf_counter()
    print_facts({"search": ended - loaded, "all": ended - began})


def ours(folder: Path, passages: int, memory_gb: float, kind: str = "exact", what: str = "once") -> dict:
    """Run ``search_once``, or ``build_once``, in a process of its own."""
    command = [sys.executable, __file__, what, "--folder", str(folder), "--passages", str(passages), "--kinds", kind]
    done = subprocess.run([*command, "--memory-gb", str(memory_gb)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def check_hits(folder: Path, passages: int, chosen: list[int]) -> None:
    """Compare some queries' hits with those of an fp64 product over all passages."""
    import pyarrow.parquet as pq

    from workflow_scripts.data.neutral_id import neutral_id

    matrix = np.load(folder / "passages.npy", mmap_mode="r")[:passages]
    queries = np.load(folder / "queries.npy")[chosen].astype(np.float64)
    scores = np.concatenate(
        [
            (queries @ matrix[first : first + ROWS].astype(np.float64).T).astype(np.float32)
            for first in range(0, passages, ROWS)
        ],
        axis=1,
    )
    hits = pq.read_table(folder / "hits.parquet").to_pandas()
    for query, row in zip(chosen, scores, strict=True):
        mine = hits[hits["query_id"] == f"q{query:04d}"]
        near = np.argpartition(row, -2 * DEPTH)[-2 * DEPTH :]
        expected = sorted(((row[i], neutral_id("c", "en", f"{i}#0")) for i in near), reverse=True)[:DEPTH]
        if [*zip(mine["score"], mine["neutral_id"], strict=True)] != expected:
            raise SystemExit(f"query {query}: hits differ from those of an fp64 product")


def compare(folder: Path, passages: int, repetitions: int, memory_gb: float) -> None:
    """Print seconds of both, by turns in one run."""
    import faiss

    matrix = np.load(folder / "passages.npy", mmap_mode="r")[:passages]
    queries = np.load(folder / "queries.npy").astype(np.float32)
    index = faiss.IndexFlatIP(matrix.shape[1])
    for first in range(0, passages, ROWS):
        index.add(matrix[first : first + ROWS].astype(np.float32))
    theirs, processor, found = [], [], []
    for _ in range(repetitions):
        began, began_processor = time.perf_counter(), time.process_time()
        index.search(queries, DEPTH)
        theirs.append(time.perf_counter() - began)
        processor.append(time.process_time() - began_processor)
        found.append(ours(folder, passages, memory_gb))
        print(f"faiss {theirs[-1]:.2f} s, ours {found[-1]}", flush=True)
    check_hits(folder, passages, [0, len(queries) // 2, len(queries) - 1])
    faiss_seconds = statistics.median(theirs)
    print(versions())
    print(f"{len(queries)} queries, {passages} x {matrix.shape[1]}, top {DEPTH}; median of {repetitions}\n")
    print("| | seconds | ratio | peak memory, GB |\n| --- | ---: | ---: | ---: |")
    print(f"| faiss IndexFlatIP, fp32 in memory | {faiss_seconds:.2f} | 1 | {2 * matrix.nbytes / 1e9:.2f} |")
    for what, name in (("search", "ours, to the file of hits"), ("all", "ours, the whole process")):
        seconds = statistics.median(run[what] for run in found)
        ratio = statistics.median(run[what] / peer for run, peer in zip(found, theirs, strict=True))
        print(f"| {name} | {seconds:.2f} | {ratio:.2f} | {max(run['peak_gb'] for run in found):.2f} |")
    print(f"\nfastest: faiss {min(theirs):.2f} s, ours {min(run['search'] for run in found):.2f} s")
    mine = statistics.median(run["processor"] for run in found)
    print(f"processor seconds, median: faiss {statistics.median(processor):.2f}, ours (whole process) {mine:.2f}")


def scale(folder: Path, sizes: list[int], repetitions: int, memory_gb: float, path_to_plot: Path | None) -> None:
    """Print, and plot, seconds and peak memory by the number of passages."""
    print(versions())
    print("| passages | seconds | microseconds a passage | peak memory, GB |\n| ---: | ---: | ---: | ---: |")
    rows = []
    for passages in sizes:
        first = first_passages(folder, passages)
        runs = [ours(first, passages, memory_gb) for _ in range(repetitions)]
        seconds = statistics.median(run["search"] for run in runs)
        rows.append((passages, seconds, max(run["peak_gb"] for run in runs)))
        print(f"| {passages} | {seconds:.2f} | {1e6 * seconds / passages:.2f} | {rows[-1][2]:.2f} |", flush=True)
    if path_to_plot:
        plot_scale(rows, path_to_plot)


def plot_scale(rows: list[tuple[int, float, float]], path: Path) -> None:
    """Draw seconds and memory by passages, on logarithmic axes."""
    import matplotlib.pyplot as plt

    passages, seconds, memory = zip(*rows, strict=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    left.loglog(passages, seconds, "o-", label="measured")
    left.loglog(passages, [seconds[-1] * n / passages[-1] for n in passages], ":", color="grey", label="linear")
    left.set(xlabel="passages", ylabel="seconds")
    left.legend(frameon=False)
    right.semilogx(passages, memory, "o-")
    right.set(xlabel="passages", ylabel="peak memory, GB", ylim=(0, None))
    figure.savefig(path)


def kinds(folder: Path, passages: int, chosen: list[str], repetitions: int, memory_gb: float) -> None:
    """Print what each kind of index takes to build, to search and to keep, and which of the exact hits it finds."""
    import pyarrow.parquet as pq

    from workflow_scripts.retrieval.index_recall import best_ids, share_found

    print(versions())
    print(f"{passages} passages, top {DEPTH}; {faiss_settings()}; searches: median of {repetitions}\n")
    cutoffs = " | ".join(f"recall@{k}" for k in CUTOFFS)
    print(f"| kind | build, s | CPU s | search, s | whole process, s | CPU s | {cutoffs} | GB on disk | resident GB |")
    print(f"| --- |{' ---: |' * (7 + len(CUTOFFS))}")
    exact: dict[tuple, list[str]] = {}
    for kind in ("exact", *chosen):
        built, size = {"all": 0.0, "processor": 0.0}, 0.0
        if kind != "exact":
            built = ours(folder, passages, memory_gb, kind, "build")
            size = index_of(folder, kind).stat().st_size / 1e9
        runs = [ours(folder, passages, memory_gb, kind) for _ in range(repetitions)]
        index_of(folder, kind).unlink(missing_ok=True)  # as large as the vectors, and no other kind needs it
        found = best_ids([pq.read_table(hits_of(folder, kind))])
        exact = exact or found
        shares = (
            statistics.mean(share_found(best[:k], found.get(key, [])[:k]) for key, best in exact.items())
            for k in CUTOFFS
        )
        cells = [f"{built[name]:.0f}" for name in ("all", "processor")]
        cells += [f"{statistics.median(run[name] for run in runs):.1f}" for name in ("search", "all", "processor")]
        cells += [f"{share:.4f}" for share in shares]
        cells += [f"{size:.2f}", f"{max(run['peak_gb'] for run in runs):.2f}"]
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)


def versions() -> str:
    """Name what was measured with."""
    import faiss

    from workflow_scripts.retrieval.worker_threads import thread_count

    return (
        f"{thread_count()} threads, {platform.processor() or platform.machine()}, Python {platform.python_version()}, "
        f"numpy {np.__version__}, faiss {faiss.__version__}"
    )


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["prepare", "compare", "scale", "kinds", "once", "build"])
    parser.add_argument("--folder", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--passages", type=int, nargs="+", default=[1_000_000], metavar="N")
    parser.add_argument("--queries", type=int, default=500, metavar="N")
    parser.add_argument("--dimension", type=int, default=768, metavar="N")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument("--memory-gb", type=float, default=1.5, metavar="X")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=["exact", *KINDS])
    parser.add_argument("--plot", type=Path, metavar="F.svg")
    flags = parser.parse_args()
    if flags.what == "prepare":
        prepare(flags.folder, flags.passages[0], flags.queries, flags.dimension)
    elif flags.what == "compare":
        first = first_passages(flags.folder, flags.passages[0])
        compare(first, flags.passages[0], flags.repetitions, flags.memory_gb)
    elif flags.what == "scale":
        scale(flags.folder, flags.passages, flags.repetitions, flags.memory_gb, flags.plot)
    elif flags.what == "kinds":
        first = first_passages(flags.folder, flags.passages[0])
        kinds(first, flags.passages[0], flags.kinds, flags.repetitions, flags.memory_gb)
    elif flags.what == "build":
        build_once(flags.folder, flags.passages[0], flags.kinds[0])
    else:
        search_once(flags.folder, flags.passages[0], flags.memory_gb, flags.kinds[0])


if __name__ == "__main__":
    main()
