"""Fetching data files from a hub: whole or not at all, resumed, checked, and each failure in one line."""

import errno
import gzip
import json
import threading
import time

import huggingface_hub
import pytest
from hub_case import COMMIT, serve

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.file_set import BESIDE, FileSet, check_fetched, matching, read_manifest
from workflow_scripts.fetch_data import fetch_data

SHARDS = {f"miracl-corpus-v1.0-sw/docs-{n}.jsonl.gz": gzip.compress(bytes(range(256)) * 40 * (n + 1)) for n in range(3)}
CORPUS = SHARDS | {"README.md": b"# A corpus", "miracl-corpus-v1.0-swa/docs-0.jsonl.gz": b"another language's"}
TOPICS = {
    "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv": b"1\tNini?\n",
    "miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv": b"1\tQ0\t1#0\t1\n",
}
PATTERN = "miracl-corpus-v1.0-sw/docs-*.jsonl.gz"
SHARD = "datasets/miracl/miracl-corpus/miracl-corpus-v1.0-sw/docs-1.jsonl.gz"


@pytest.fixture
def hub(monkeypatch):
    # The library and we wait before another attempt; here nothing is gained by waiting.
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    huggingface_hub.close_session()
    with serve({"datasets/miracl/miracl-corpus": CORPUS, "datasets/miracl/miracl": TOPICS}) as server:
        server.waits = waits
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server
    huggingface_hub.close_session()


@pytest.fixture
def fetch(tmp_path):
    def run(hub="miracl/miracl-corpus", revision=COMMIT, patterns=(PATTERN,)):
        files = FileSet(hub, revision, tuple(patterns))
        fetch_data(hub=hub, revision=revision, patterns=list(patterns), path_to_manifest=files.manifest(tmp_path))
        return files.manifest(tmp_path)

    return run


def arrived(manifest):
    folder = manifest.parents[1]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and BESIDE not in path.parts
    }


def beside(manifest):
    return sorted(path.name.removeprefix(manifest.stem) for path in manifest.parent.iterdir())


def test_a_set_arrives_as_it_lies_in_the_repository_and_nothing_else(hub, fetch):
    manifest = fetch()
    assert arrived(manifest) == SHARDS
    assert list(read_manifest(manifest)) == sorted(SHARDS)
    assert beside(manifest) == [".json", ".listing", ".lock", "locks"]
    check_fetched([str(manifest)])


def test_the_endpoint_may_end_in_a_slash(hub, fetch, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.endpoint}/")
    assert arrived(fetch()) == SHARDS


def test_a_second_call_asks_the_hub_for_nothing(hub, fetch):
    manifest = fetch()
    before, asked = manifest.read_bytes(), dict(hub.asked)
    manifest.unlink()  # as Snakemake does before it runs a job again
    assert fetch().read_bytes() == before
    assert hub.asked == asked


def test_an_interrupted_fetch_goes_on_with_the_first_file_that_is_missing(hub, fetch, tmp_path):
    hub.faults[SHARD] = [404] * 9
    with pytest.raises(InputError, match="lacks a file that it lists"):
        fetch()
    manifest = FileSet("miracl/miracl-corpus", COMMIT, (PATTERN,)).manifest(tmp_path)
    assert not manifest.exists()
    first = "miracl-corpus-v1.0-sw/docs-0.jsonl.gz"
    (manifest.parents[1] / first).parent.mkdir(parents=True, exist_ok=True)
    (manifest.parents[1] / first).write_bytes(SHARDS[first])
    hub.faults.clear()
    hub.asked.clear()
    assert arrived(fetch()) == SHARDS
    assert f"datasets/miracl/miracl-corpus/{first}" not in hub.asked
    assert hub.asked[SHARD] == 1


def test_a_file_that_was_damaged_on_disk_is_fetched_again(hub, fetch):
    manifest = fetch()
    broken = manifest.parents[1] / "miracl-corpus-v1.0-sw/docs-1.jsonl.gz"
    broken.write_bytes(broken.read_bytes()[::-1])
    with pytest.raises(InputError, match=r"docs-1\.jsonl\.gz: is not the file that was fetched; remove .*\.json"):
        check_fetched([str(manifest)])
    assert arrived(fetch()) == SHARDS
    broken.write_bytes(b"short")
    with pytest.raises(InputError, match=r"docs-1\.jsonl\.gz: is not the file that was fetched; remove .*\.json"):
        check_fetched([str(manifest)])


def test_a_connection_that_breaks_is_resumed_where_it_broke(hub, fetch, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 64)  # what the library writes at once
    hub.faults[SHARD] = [("cut", 128), ("cut", 64)]
    assert arrived(fetch()) == SHARDS
    assert hub.ranges == ["bytes=128-", "bytes=192-"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_hub_is_asked_again_after_a_while(hub, fetch, status):
    hub.faults["datasets/miracl/miracl-corpus/tree"] = [status] * 2
    hub.faults[SHARD] = [status] * 2
    assert arrived(fetch()) == SHARDS
    assert hub.asked[SHARD] == 3
    assert len(hub.waits) >= 4


def test_a_transfer_that_stalls_is_begun_again(hub, fetch, monkeypatch):
    for name in ("HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_ETAG_TIMEOUT"):
        monkeypatch.setattr(huggingface_hub.constants, name, 0.2)
    huggingface_hub.close_session()
    hub.faults[SHARD] = [("stall", 128, 1.0)] * 2
    assert arrived(fetch()) == SHARDS
    assert hub.asked[SHARD] == 3


@pytest.mark.parametrize(
    ("fault", "says"),
    [(429, "the hub answered HTTP 429"), (503, "the hub answered HTTP 503"), (("cut", 128), "cannot be fetched")],
)
def test_a_hub_that_never_gets_well_ends_in_one_line(hub, fetch, tmp_path, monkeypatch, fault, says):
    hub.faults[SHARD] = [fault] * 1000
    with pytest.raises(InputError, match=says) as caught:
        fetch()
    assert "\n" not in str(caught.value)
    assert 3 <= hub.asked[SHARD] < 100 and len(hub.waits) >= 4
    assert not list(tmp_path.rglob("docs-1*")) and not list(tmp_path.rglob("*.partial"))
    hub.faults.clear()
    assert arrived(fetch()) == SHARDS


def test_a_full_disk_is_not_taken_for_a_network_that_fails(hub, fetch, monkeypatch):
    def download(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "downloads/shard")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    with pytest.raises(InputError, match="downloads/shard: No space left on device; free some space"):
        fetch()


def test_a_file_unlike_the_hubs_listing_is_refused_and_leaves_nothing(hub, fetch, tmp_path):
    hub.faults[SHARD] = [lambda content: content[::-1]]
    with pytest.raises(
        InputError, match=r"docs-1\.jsonl\.gz did not arrive as the hub lists it: it has another SHA-256"
    ):
        fetch()
    assert not list(tmp_path.rglob("docs-1*"))
    assert not list(tmp_path.rglob("*.partial"))
    assert arrived(fetch()) == SHARDS


def test_small_files_are_checked_against_gits_digest(hub, fetch):
    hub.faults[f"datasets/miracl/miracl/{next(iter(TOPICS))}"] = [lambda content: content[::-1]]
    with pytest.raises(InputError, match="it has another git hash"):
        fetch("miracl/miracl", patterns=TOPICS)
    assert arrived(fetch("miracl/miracl", patterns=TOPICS)) == TOPICS


@pytest.mark.parametrize(
    ("repository", "revision", "patterns", "says"),
    [
        ("miracl/miracl-corpus", "main", [PATTERN], "'main' is not a commit of 40 hexadecimal digits; a branch or tag"),
        ("miracl/miracl-corpus", "f" * 40, [PATTERN], f"miracl/miracl-corpus: has no commit {'f' * 40}; check the rev"),
        ("miracl/absent", COMMIT, [PATTERN], r"miracl/absent: no such repository, or a private one \(HTTP 404\)"),
        ("miracl/private", COMMIT, [PATTERN], r"no such repository, or a private one \(HTTP 401\)"),
        ("miracl/gated", COMMIT, [PATTERN], r"is gated \(HTTP 403\); ask for access on its page .* then set HF_TOKEN"),
        ("miracl/forbidden", COMMIT, [PATTERN], r"the hub answered HTTP 403; try again later"),
        (
            "miracl/miracl",
            COMMIT,
            [PATTERN],
            r"has no file miracl-corpus-v1.0-sw/docs-\*.jsonl.gz; it has miracl-v1.0-sw/qrels/.*; check hub and",
        ),
        ("miracl/miracl", COMMIT, ["a.txt|b.txt"], r"has no file a.txt or b.txt"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line_and_leaves_nothing(
    hub, fetch, tmp_path, repository, revision, patterns, says
):
    with pytest.raises(InputError, match=says) as caught:
        fetch(repository, revision, patterns)
    assert "\n" not in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_no_network(hub, fetch, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: nobody listens
    with pytest.raises(
        InputError,
        match=r"cannot be fetched .*check the network and run again, or use a copy .* with path: instead",
    ) as caught:
        fetch()
    assert "\n" not in str(caught.value)


def test_offline_mode(hub, fetch, monkeypatch):
    manifest = fetch()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()
    manifest.unlink()
    assert arrived(fetch()) == SHARDS  # what is there needs no network
    with pytest.raises(InputError, match="cannot be fetched while HF_HUB_OFFLINE is set"):
        fetch("miracl/miracl", patterns=TOPICS)


def test_two_experiments_that_fetch_the_same_set_fetch_it_once(hub, fetch):
    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert arrived(fetch()) == SHARDS
    assert {hub.asked[f"datasets/miracl/miracl-corpus/{name}"] for name in SHARDS} == {1}


def test_a_file_that_several_sets_hold_is_fetched_once(hub, fetch):
    name = "miracl-corpus-v1.0-sw/docs-1.jsonl.gz"
    sets = [(name, other) for other in ("README.md", "miracl-corpus-v1.0-swa/docs-0.jsonl.gz")]

    def slowly(content):
        threading.Event().wait(0.5)  # the other asks for it meanwhile
        return content

    hub.faults[SHARD] = [slowly]
    threads = [threading.Thread(target=fetch, kwargs={"patterns": patterns}) for patterns in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert arrived(fetch(patterns=sets[0])) == {path: CORPUS[path] for path in (*sets[0], sets[1][1])}
    assert hub.asked[SHARD] == 1


def test_names_of_sets_are_readable_and_differ_with_their_patterns():
    names = [FileSet("a/b", COMMIT, patterns).name for patterns in [(PATTERN,), (PATTERN, "x"), ("x",)]]
    assert len(set(names)) == 3
    assert names[0].startswith("miracl-corpus-v1.0-sw-docs-.jsonl.gz-")


def test_a_star_stays_within_a_name_and_the_first_fruitful_alternative_counts():
    names = ["a/b.txt", "a/c/b.txt", "b.txt"]
    assert matching(names, "a/*.txt") == ["a/b.txt"]
    assert matching(names, "*.txt") == ["b.txt"]
    assert matching(names, "x.txt|a/*/b.txt|*.txt") == ["a/c/b.txt"]
    assert matching(names, "x") == []


def test_a_manifest_is_the_same_whatever_was_fetched_when(hub, fetch, tmp_path):
    manifest = fetch()
    content = json.loads(manifest.read_text())
    assert set(content) == {"patterns", "files"}
    assert content["files"]["miracl-corpus-v1.0-sw/docs-0.jsonl.gz"]["digest"].startswith("sha256:")
