"""Translation models of the real architectures, trained in seconds to a toy mapping: every word has one translation.

English words are two syllables; Swahili here is those syllables in the other order, Spanish each with an ending. The
languages are told as each family tells them, so a wrong tag gives the wrong language.
"""

import json
import random
import warnings

import sentencepiece
import tokenizers
import torch
import transformers

SYLLABLES = ("ba", "de", "fi", "go")
WORDS = [first + second for first in SYLLABLES for second in SYLLABLES if first != second]
BATCH, LONGEST = 32, 2  # sentences, words


def translated(text, lang):
    """What a model that has learnt the mapping makes of a text of WORDS and full stops."""
    turn = {"sw": lambda word: word[2:] + word[:2], "es": lambda word: f"{word}s"}[lang]
    return " ".join(turn(word.rstrip(".").lower()) + "." * word.count(".") for word in text.split())


def sentence(draw, longest=LONGEST):
    return " ".join(draw.sample(WORDS, draw.randint(1, longest))) + "."


def _corpus():
    forms = [form for word in WORDS for form in (word, translated(word, "sw"), translated(word, "es"))]
    return [*dict.fromkeys(forms), "."]


def _train(model, tokenize, learning_rate=6e-3, forced=0, after_step=None):
    """Teach ``model`` the mapping until it has it; ``tokenize(sources, targets, lang)`` returns ids of both sides.

    The first ``forced`` tokens of an output are the language, which nothing foretells.
    """
    torch.set_num_threads(1)  # more wait for each other longer than they work
    draw = random.Random(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 20) / (1 + step / 300))
    model.train()
    right = 0
    for _ in range(3000):
        lang = draw.choice(("sw", "es"))
        sources = [sentence(draw) for _ in range(BATCH)]
        ids, labels = tokenize(sources, [translated(text, lang) for text in sources], lang)
        pad = model.config.pad_token_id
        ids, labels = _padded(ids, pad), _padded(labels, -100)
        output = model(input_ids=ids, attention_mask=(ids != pad).long(), labels=labels)
        wrong = (output.logits.argmax(-1) != labels) & (labels != -100)
        wrong = wrong[:, forced:]
        right = 0 if wrong.any() else right + 1
        if right == 12:
            return model.eval()
        optimizer.zero_grad()
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if after_step:
            after_step()
    raise AssertionError("the model did not learn the mapping")


def _padded(rows, value):
    longest = max(map(len, rows))
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])


def _sentencepiece(path, **options):
    """Train a SentencePiece model whose pieces include every word, and return its pieces."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_corpus() * 3),
        model_prefix=str(path.with_suffix("")),
        model_type="bpe",
        vocab_size=400,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
        **options,
    )
    path.with_suffix(".vocab").unlink()
    path.with_suffix(".model").rename(path)
    model = sentencepiece.SentencePieceProcessor(str(path))
    return [model.id_to_piece(i) for i in range(model.get_piece_size())]


def _bpe():
    """Return vocabulary and merges of a byte-pair encoding whose tokens include every word."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False
    )
    tokenizer.train_from_iterator(_corpus() * 3, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


_M2M = {
    "d_model": 48,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 96,
    "decoder_ffn_dim": 96,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "encoder_layerdrop": 0.0,
    "decoder_layerdrop": 0.0,
    "init_std": 0.1,  # narrow models learn little from the usual 0.02
    "max_position_embeddings": 512,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "bos_token_id": 0,
    "decoder_start_token_id": 2,
}


def nllb(folder):
    """NLLB-200's tokenizer, with all its languages, and architecture."""
    vocabulary, merges = _bpe()
    tokenizer = transformers.NllbTokenizer(vocab=vocabulary, merges=merges, src_lang="eng_Latn")
    model = transformers.M2M100ForConditionalGeneration(transformers.M2M100Config(vocab_size=len(tokenizer), **_M2M))
    tags = {"sw": "swh_Latn", "es": "spa_Latn"}

    def tokenize(sources, targets, lang):
        tokenizer.tgt_lang = tags[lang]
        rows = tokenizer(sources, text_target=targets)
        return rows["input_ids"], rows["labels"]

    return _save(_train(model, tokenize, forced=1), tokenizer, folder)


def m2m100(folder):
    """M2M-100's tokenizer, with all its languages, and architecture."""
    folder.mkdir(parents=True)
    pieces = _sentencepiece(folder / "sentencepiece.bpe.model")
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = special + [piece for piece in pieces if piece not in special]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(vocabulary)}))
    tokenizer = transformers.M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"), src_lang="en"
    )
    size = len(vocabulary) + len(tokenizer.lang_token_to_id) + tokenizer.num_madeup_words
    model = transformers.M2M100ForConditionalGeneration(transformers.M2M100Config(vocab_size=size, **_M2M))

    def tokenize(sources, targets, lang):
        tokenizer.tgt_lang = lang
        rows = tokenizer(sources, text_target=targets)
        return rows["input_ids"], rows["labels"]

    return _save(_train(model, tokenize, forced=1), tokenizer, folder)


def madlad400(folder):
    """T5's tokenizer with ``<2xx>`` tokens, and the T5 architecture of MADLAD-400: gated, embeddings untied."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = tokenizers.trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(_corpus() * 3, trainer)
    pieces = json.loads(tokenizer.to_str())["model"]["vocab"][1:]
    words = [(f"▁{form}", -1.0) for form in _corpus()[:-1]] + [(".", -1.0)]
    known = {piece for piece, _ in words}
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary = special + words + [(piece, score - 20) for piece, score in pieces if piece not in known]
    tokenizer = transformers.T5Tokenizer(vocab=vocabulary, extra_ids=0)
    tokenizer.add_tokens(["<2sw>", "<2es>", "<2en>"])
    model = transformers.T5ForConditionalGeneration(
        transformers.T5Config(
            vocab_size=len(tokenizer),
            d_model=64,
            d_kv=32,
            d_ff=128,
            num_layers=2,
            initializer_factor=0.5,
            num_heads=2,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu",
            tie_word_embeddings=False,  # of which transformers 5 keeps but that outputs are not scaled
            pad_token_id=0,
            eos_token_id=1,
            decoder_start_token_id=0,
        )
    )
    model.lm_head = torch.nn.Linear(64, len(tokenizer), bias=False)

    def tokenize(sources, targets, lang):
        rows = tokenizer([f"<2{lang}> {text}" for text in sources])["input_ids"]
        return rows, tokenizer(targets)["input_ids"]

    return _save(_train(model, tokenize, learning_rate=3e-3), tokenizer, folder)


def opus_mt(folder):
    """Marian's tokenizer and architecture, with several target languages."""
    folder.mkdir(parents=True)
    pieces = _sentencepiece(folder / "source.spm")
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    tags = {"sw": ">>swh<<", "es": ">>spa<<"}
    vocabulary = ["</s>", "<unk>", *(piece for piece in pieces if piece[0] != "<"), *tags.values(), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(vocabulary)}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = transformers.MarianTokenizer(
            str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json")
        )
    pad = len(vocabulary) - 1
    model = transformers.MarianMTModel(
        transformers.MarianConfig(
            **_M2M
            | {
                "vocab_size": len(vocabulary),
                "decoder_vocab_size": len(vocabulary),
                "pad_token_id": pad,
                "eos_token_id": 0,
                "bos_token_id": 0,
                "decoder_start_token_id": pad,
                "activation_function": "swish",
                "scale_embedding": True,
                "static_position_embeddings": True,
            }
        )
    )

    def tokenize(sources, targets, lang):
        rows = tokenizer([f"{tags[lang]} {text}" for text in sources], text_target=targets)
        return rows["input_ids"], rows["labels"]

    def begin_with_nothing():
        # Marian has no token to begin with: transformers' stand-in, padding, is a vector of zeros.
        with torch.no_grad():
            model.model.shared.weight[pad] = 0.0

    begin_with_nothing()
    model.generation_config.bad_words_ids = [[pad]]  # as OPUS-MT models say
    return _save(_train(model, tokenize, after_step=begin_with_nothing), tokenizer, folder)


def _save(model, tokenizer, folder):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
