"""A key that stands twice in a config file is refused: the parser would keep the last and say nothing."""

from pathlib import Path

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.config_files import check_repeated_keys

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "path",
    [
        path
        for pattern in ("*.yaml", "experiments/*.yaml", "expected/*.yaml", "profiles/*/*.yaml", "envs/*.yaml")
        for path in sorted(ROOT.glob(pattern))
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_yaml_file_of_ours_repeats_a_key(path):
    check_repeated_keys(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", r"line 3: the key 'a' stands in line 1 already"),
        (
            "models:\n  s: {rate: 1}\n  m:\n    rate: 1\n    rate: 2\n",
            r"line 5: the key 'rate' stands in line 4 already",
        ),
        ("list:\n- {x: 1, x: 2}\n", r"line 2: the key 'x' stands in line 2 already"),
        ('{"a": 1, "a": 2}', r"line 1: the key 'a'"),
        ("a: [1\nb: 2\n", r"line 2: not YAML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, says):
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        check_repeated_keys(file)
    assert "\n" not in str(caught.value)


def test_equal_keys_of_different_mappings_merge_keys_and_an_empty_file_are_fine(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\nc: {<<: *a}\n", encoding="utf-8")
    check_repeated_keys(file)
    file.write_text("", encoding="utf-8")
    check_repeated_keys(file)
