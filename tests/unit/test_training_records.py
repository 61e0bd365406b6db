import json

import numpy as np
import pandas as pd
import pytest
from synthetic_analysis import figure_files, settings

from workflow_scripts.data.errors import InputError
from workflow_scripts.plot_batches import plot_batches
from workflow_scripts.plot_training import plot_training
from workflow_scripts.reporting.batch_plot import CROSS_LINGUAL, MONOLINGUAL, draw_batches
from workflow_scripts.reporting.labels import Labels
from workflow_scripts.reporting.training_plot import smooth
from workflow_scripts.reporting.training_records import read_batch_shares, read_losses
from workflow_scripts.training.batches import HybridBatches, SamplerSettings, SourcePairs, realised_counts


def _write(folder, run, name, content):
    path = folder / run / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def _counts(*rows):
    names = ("regime", "query_lang", "passage_lang", "examples")
    return json.dumps({"examples": [dict(zip(names, row, strict=True)) for row in rows]})


def test_an_example_counts_half_for_either_language_and_runs_count_alike(tmp_path):
    first = _counts((MONOLINGUAL, "en", "en", 50), (CROSS_LINGUAL, "en", "sw", 30), (CROSS_LINGUAL, "sw", "en", 20))
    second = _counts((MONOLINGUAL, "sw", "sw", 7))
    paths = [_write(tmp_path, f"s/hybrid/{seed}", "batches.json", text) for seed, text in ((1, first), (2, second))]
    shares = read_batch_shares(paths).set_index(["strategy", "regime", "lang"])["share"]
    assert shares.to_dict() == pytest.approx(
        {
            ("hybrid", CROSS_LINGUAL, "en"): 0.125,
            ("hybrid", CROSS_LINGUAL, "sw"): 0.125,
            ("hybrid", MONOLINGUAL, "en"): 0.25,
            ("hybrid", MONOLINGUAL, "sw"): 0.5,
        }
    )


def test_what_training_writes_is_what_the_figure_reads(tmp_path):
    texts = np.arange(40).reshape(2, 20)
    source = SourcePairs("atlas", queries=texts, passages=texts, groups=np.arange(20))
    batches = iter(HybridBatches([source], SamplerSettings(4, 0.5, "source-first", "example"), alpha=0.5, seed=1))
    counts = realised_counts([next(batches) for _ in range(8)], [source], ["en", "sw"])
    path = _write(tmp_path, "atlas-s/hybrid/1", "batches.json", json.dumps(counts))
    shares = read_batch_shares([path])
    assert set(shares["regime"]) == {MONOLINGUAL, CROSS_LINGUAL}
    assert shares.groupby("regime")["share"].sum().to_dict() == pytest.approx({MONOLINGUAL: 0.5, CROSS_LINGUAL: 0.5})


def test_bars_of_both_regimes_are_stacked(tmp_path):
    shares = pd.DataFrame(
        [
            {"strategy": "hybrid", "regime": MONOLINGUAL, "lang": "en", "share": 0.4},
            {"strategy": "hybrid", "regime": CROSS_LINGUAL, "lang": "en", "share": 0.1},
            {"strategy": "hybrid", "regime": CROSS_LINGUAL, "lang": "zz", "share": 0.5},
        ]
    )
    panel = draw_batches(shares, Labels.from_settings(settings(), "atlas")).axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["English", "zz"]
    bars = [(bar.get_x(), bar.get_width()) for bar in panel.patches]
    assert np.array(bars) == pytest.approx(np.array([(0, 0.4), (0, 0), (0.4, 0.1), (0, 0.5)]))


def test_losses_are_read_with_their_run_and_averaged_in_windows(tmp_path):
    lines = "".join(json.dumps({"step": step, "loss": float(step % 2)}) + "\n" for step in range(1, 601))
    losses = read_losses([_write(tmp_path, f"s/mono/{seed}", "metrics.jsonl", lines) for seed in (1, 2)])
    assert set(losses["seed"]) == {"1", "2"} and len(losses) == 1200
    curve = smooth(losses)
    assert len(curve) == 60
    # 0 and 1 in turn average to a half wherever a window holds both equally often.
    assert curve["loss"].to_numpy() == pytest.approx(0.5, abs=0.03)


def test_both_figures_are_drawn(tmp_path):
    out = {
        "files": figure_files(tmp_path),
        "settings": settings(),
    }
    lines = "".join(json.dumps({"step": step, "loss": 3 / step}) + "\n" for step in range(1, 50))
    runs = [f"{model}/{strategy}/1" for model in ("atlas-s", "atlas-l") for strategy in ("mono", "hybrid")]
    plot_training(path_to_metrics=[_write(tmp_path, run, "metrics.jsonl", lines) for run in runs], **out)
    first = (tmp_path / "a.svg").read_bytes()
    counts = _counts((MONOLINGUAL, "en", "en", 50))
    plot_batches(path_to_batches=[_write(tmp_path, run, "batches.json", counts) for run in runs], **out)
    assert first != (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize("line", ["{", '{"step": 1}', '{"step": 1, "loss": null}', "[1, 2]"])
def test_a_broken_line_is_named(tmp_path, line):
    path = _write(tmp_path, "s/mono/1", "metrics.jsonl", '{"step": 1, "loss": 2.0}\n' + line + "\n")
    with pytest.raises(InputError, match="line 2"):
        read_losses([path])


@pytest.mark.parametrize("content", ["{", "{}", '{"examples": [{"regime": "monolingual"}]}'])
def test_broken_counts_are_named(tmp_path, content):
    with pytest.raises(InputError, match=r"batches\.json"):
        read_batch_shares([_write(tmp_path, "s/mono/1", "batches.json", content)])


def test_runs_that_the_settings_do_not_name_are_no_figure(tmp_path):
    out = {
        "files": figure_files(tmp_path),
        "settings": settings(),
    }
    with pytest.raises(InputError, match="no logged step"):
        plot_training(
            path_to_metrics=[_write(tmp_path, "other/mono/1", "metrics.jsonl", '{"step": 1, "loss": 2.0}\n')], **out
        )
