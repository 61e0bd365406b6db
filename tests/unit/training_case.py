"""A tiny tokenizer, encoder and set of pairs on disk, for the tests of training."""

import json
from pathlib import Path

import pyarrow as pa

from workflow_scripts.data.tables import OVERLAPS, PAIRS, TEXTS, write_table

LANGS = {"en": "the city of {} has {} people", "sw": "mji wa {} una watu {}", "hi": "{} शहर में {} लोग हैं"}
ASKED = {"en": "how many people has {}", "sw": "{} ina watu wangapi", "hi": "{} में कितने लोग हैं"}
MODEL = {
    "learning_rate": 5e-3,
    "pooling": "mean",
    "query_prefix": "",
    "passage_prefix": "",
    "max_query_length": 16,
    "max_passage_length": 24,
    "normalise": True,
    "processes": 1,
    "sharded": False,
}
FORM = ("query_prefix", "passage_prefix", "max_query_length", "max_passage_length")
SHAPE = {"layers": 1, "hidden": 16, "heads": 2, "intermediate": 32, "learning_rate": 5e-3}
PRETRAINING = {
    "tau": 0.5,
    "steps": 6,
    "batch_size": 8,
    "max_length": 24,
    "warmup_share": 0.1,
    "weight_decay": 0.01,
    "mask_share": 0.3,
    "contrast_weight": 1.0,
    "temperature": 0.05,
    "seed": 1,
}
TRAINING = {
    "steps": 12,
    "batch_size": 8,
    "chunk_tokens": 4096,
    "temperature": 0.05,
    "hard_negatives": 0,
    "symmetric": False,
    "tau": 0.5,
    "draw_order": "source-first",
    "cross_pairs": "example",
    "warmup_share": 0.1,
    "weight_decay": 0.01,
    "max_gradient_norm": 1.0,
    "dtype": "float32",
}
CHECKPOINT_EVERY = 3


def name(number):
    """A made-up place name, another for each number."""
    syllables = ["ka", "lu", "mi", "ro", "se", "tan", "vo", "zi"]
    return "".join(syllables[(number // 8**place) % 8] for place in range(4))


def pair_rows(lang, count=60):
    return [
        {
            "pair_id": f"p{number}",
            "group_id": f"made:{number // 2}",
            "source": "made",
            "lang": lang,
            "origin": "native",
            "query": ASKED[lang].format(name(number)),
            "title": name(number),
            "passage": LANGS[lang].format(name(number), 100 + number),
        }
        for number in range(count)
    ]


def write_case(folder):
    """Write pairs/, texts/ and overlaps/ of three languages; return their paths by kind."""
    for lang in LANGS:
        rows = pair_rows(lang)
        for number, row in enumerate(rows):  # the passages of two other pairs, for every second row
            others = [rows[(number + ahead) % len(rows)] for ahead in (7, 11)] if number % 2 else []
            row["negatives"] = [{"title": other["title"], "passage": other["passage"]} for other in others]
        write_table(pa.Table.from_pylist(rows, schema=PAIRS), folder / "pairs" / f"{lang}.parquet", PAIRS)
        texts = [
            {
                "text_id": row["pair_id"],
                "group_id": row["group_id"],
                "source": "made",
                "lang": lang,
                "text": row["passage"],
            }
            for row in rows
        ]
        write_table(pa.Table.from_pylist(texts, schema=TEXTS), folder / "texts" / f"{lang}.parquet", TEXTS)
    overlap = {"source": "made", "lang": "en", "reason": "exact", "share": 1.0, "collection": "c", "matched": "q:1"}
    rows = [{"kind": "pairs", "id": "p3", **overlap}, {"kind": "texts", "id": "p5", **overlap}]
    write_table(pa.Table.from_pylist(rows, schema=OVERLAPS), folder / "overlaps" / "en.parquet", OVERLAPS)
    return {kind: sorted(map(str, (folder / kind).glob("*.parquet"))) for kind in ("pairs", "texts", "overlaps")}


def write_tokens(base, paths_to_pairs, folder, form=MODEL):
    """Write the token arrays of each of ``paths_to_pairs``; return their folders."""
    from workflow_scripts.tokenize_pairs import tokenize_pairs

    settings = {name: form[name] for name in FORM}
    folders = [folder / Path(path).stem for path in paths_to_pairs]
    for path, output in zip(paths_to_pairs, folders, strict=True):
        tokenize_pairs(path_to_tokenizer=Path(base), path_to_pairs=Path(path), settings=settings, path_to_output=output)
    return list(map(str, folders))


def write_tokenizer(folder):
    """Train a tokenizer of 600 entries on the case's text and save it."""
    from workflow_scripts.training.tokenizer_training import tokenizer_config, train_tokenizer

    folder.mkdir(parents=True)
    texts = {lang: [row[side] for row in pair_rows(lang) for side in ("query", "passage")] for lang in LANGS}
    train_tokenizer(texts, "bpe", 600, 0.5).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config()))
    return folder


def write_encoder(folder, seed=0):
    """Save a tiny untrained encoder with its tokenizer."""
    import torch

    from workflow_scripts.encoders.model_folder import save_encoder
    from workflow_scripts.training.pretraining import make_model

    write_tokenizer(folder)
    torch.manual_seed(seed)
    save_encoder(make_model(SHAPE, 600).encoder, folder)
    return folder
