"""The fingerprint of an entry module: what changes it and what does not."""

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.fingerprint import FingerprintCache, code_fingerprint

NEAR = '''VALUE = 1


def late():
    """Say."""
    from workflow_scripts.wing.far import SECRET
    return SECRET
'''


@pytest.fixture
def package(tmp_path):
    """A package of an entry module that imports ``far`` by way of ``near``, and a module that nobody imports."""

    def write(**changes):
        # Each version lies in its own folder, as each parse of a Snakefile is its own process.
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        files = {
            "__init__": '"""Package."""\n',
            "entry": "from workflow_scripts.wing import near\n\n\ndef main():\n    return near.VALUE\n",
            "wing/__init__": "",
            "wing/near": NEAR,
            "wing/far": "SECRET = 1  # why\n",
            "wing/unused": "OTHER = 1\n",
        } | changes
        for name, text in files.items():
            path = root / "workflow_scripts" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return code_fingerprint("entry", root)

    return write


def test_it_names_every_file_of_the_import_closure_and_no_other(package):
    assert [line.split("@")[0] for line in package()] == [
        "workflow_scripts/__init__.py",
        "workflow_scripts/entry.py",
        "workflow_scripts/wing/__init__.py",
        "workflow_scripts/wing/far.py",
        "workflow_scripts/wing/near.py",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"wing/far": "# another comment\nSECRET   =   1\n"},
        {"wing/near": NEAR.replace("Say.", "Say it otherwise.")},
        {"wing/unused": "OTHER = 2\n"},
    ],
    ids=["comment and layout", "docstring", "a file that is not imported"],
)
def test_what_does_not_change_the_result_does_not_change_it(package, change):
    assert package() == package(**change)


@pytest.mark.parametrize(
    ("change", "file"),
    [
        ({"wing/far": "SECRET = 2\n"}, "far"),
        ({"entry": "from workflow_scripts.wing import near\n\n\ndef main():\n    return -near.VALUE\n"}, "entry"),
    ],
)
def test_a_change_two_imports_away_changes_that_files_line_alone(package, change, file):
    changed = set(package()) ^ set(package(**change))
    assert {line.split("@")[0].rsplit("/", 1)[1] for line in changed} == {f"{file}.py"}


def test_an_unknown_entry_module_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such entry module"):
        code_fingerprint("nobody", tmp_path)


def test_a_cache_file_gives_the_same_and_notices_every_change(tmp_path):
    module = tmp_path / "workflow_scripts" / "entry.py"
    module.parent.mkdir()
    path = tmp_path / "cache" / "fingerprints.json"
    found = []
    for text in ("A = 1\n", "A = 1\n", "A = 2\n", "A = 1\n"):
        module.write_text(text)
        found.append(code_fingerprint("entry", tmp_path, FingerprintCache.read(path)))
        assert found[-1] == code_fingerprint("entry", tmp_path)
    assert found[0] == found[1] == found[3] != found[2]
    assert len(FingerprintCache.read(path).known) == 2


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": ["b"]}'])
def test_a_broken_cache_file_counts_as_empty(tmp_path, content):
    (tmp_path / "workflow_scripts").mkdir()
    (tmp_path / "workflow_scripts" / "entry.py").write_text("A = 1\n")
    path = tmp_path / "fingerprints.json"
    path.write_text(content)
    assert code_fingerprint("entry", tmp_path, FingerprintCache.read(path)) == code_fingerprint("entry", tmp_path)
    assert len(FingerprintCache.read(path).known) == 1
