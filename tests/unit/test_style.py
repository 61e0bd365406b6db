from workflow_scripts.reporting.labels import count_label, metric_label
from workflow_scripts.reporting.style import strategy_styles

STRATEGIES = ["untuned", "english", "mono", "cross", "hybrid", "codeswitch"]


def _luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_strategies_differ_in_colour_marker_and_line_so_that_grey_prints_read():
    styles = strategy_styles([*STRATEGIES, "hybrid-30", "hybrid-70", "own"]).values()
    assert len({style.marker for style in styles}) == len(styles)
    assert len({(style.color, style.linestyle) for style in styles}) == len(styles)


def test_a_strategys_style_does_not_depend_on_what_stands_beside_it():
    assert strategy_styles(["hybrid"])["hybrid"] == strategy_styles(["own", *STRATEGIES])["hybrid"]


def test_every_line_stands_out_from_white_paper():
    for style in strategy_styles(STRATEGIES).values():
        assert 1.05 / (_luminance(style.color) + 0.05) >= 2.0


def test_labels():
    assert metric_label("ndcg@10") == "nDCG@10"
    assert metric_label("own") == "own"
    assert [count_label(size) for size in (512, 25_123, 156_000, 999_700, 85_600_000, 1.2e9)] == [
        "512",
        "25.1 k",
        "156 k",
        "1 M",
        "85.6 M",
        "1.2 G",
    ]
