import re
from pathlib import Path
from types import SimpleNamespace

import docutils.core
import jinja2
import pytest
import yaml

from workflow_scripts.evaluation.bias import GOLD_RANK, MAP_GAP, POOL_SHARE, TIED_SHARE, TOP10_SHARE, TOP10_VARIATION
from workflow_scripts.reporting.tables import NEAR_BEST

ROOT = Path(__file__).parents[2]
CAPTIONS = sorted((ROOT / "resources" / "captions").glob("*.rst"))


class Job:
    """What Snakemake hands a caption."""

    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    wildcards = SimpleNamespace(collection="atlas")


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_a_caption_renders_without_a_warning(path):
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(path.read_text(encoding="utf-8"))
    strict = {"halt_level": 2, "report_level": 2}
    body = docutils.core.publish_parts(template.render(snakemake=Job), writer="html", settings_overrides=strict)["body"]
    assert len(re.sub("<[^>]*>", "", body).split()) > 8


def test_rules_and_captions_name_each_other():
    named = {
        name
        for rules in (ROOT / "rules").glob("*.smk")
        for name in re.findall(r'captions/(\w+)\.rst"', rules.read_text(encoding="utf-8"))
    }
    assert named == {path.stem for path in CAPTIONS}


def test_captions_of_tables_speak_of_what_the_tables_hold():
    measures = {GOLD_RANK, TOP10_SHARE, POOL_SHARE, TOP10_VARIATION, MAP_GAP, TIED_SHARE}
    about_bias, about_results = (
        (ROOT / f"resources/captions/{name}.rst").read_text(encoding="utf-8") for name in ("bias", "table")
    )
    assert set(re.findall("``(.*?)``", about_bias)) == measures
    assert NEAR_BEST in about_results and "``low``" not in about_results
