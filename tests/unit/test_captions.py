import re
from pathlib import Path
from types import SimpleNamespace

import docutils.core
import jinja2
import pytest
import yaml

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
