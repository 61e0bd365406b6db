"""A subword tokenizer with XLM-R's special tokens, trained on temperature-balanced text.

Text is put into Unicode NFC, white space is one space, words are split at spaces (kept as ``▁``)
and at punctuation. Splitting by "letters", as byte-level BPE does, would cut Indic words at their
vowel signs, which are marks and not letters; so characters are the alphabet, and a character that
training has not kept becomes its UTF-8 bytes (``<0x00>``…``<0xFF>``), never ``<unk>``.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.keyed_random import permutation
from workflow_scripts.training.draws import shares

# XLM-R's ids for the first four (its <mask> is the last of 250,002; here it follows at once).
SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
KINDS = ("bpe", "unigram")
SPACE = "▁"
_LONGEST_PIECE = 16  # characters, as in SentencePiece: languages without spaces would else learn whole phrases


def balanced_counts(sizes: Sequence[int], tau: float) -> list[int]:
    """Return how many texts to draw of each language: as many in all as there are, in proportion to size^tau."""
    return [max(1, round(sum(sizes) * share)) for share in shares(sizes, tau)]


def balanced_texts(texts_by_lang: dict[str, list[str]], tau: float) -> Iterator[str]:
    """Yield texts so that each language's share is proportional to size^tau, a function of the texts alone.

    A language drawn beyond its size is repeated whole; the remainder is a seeded choice.
    """
    counts = balanced_counts([len(texts) for texts in texts_by_lang.values()], tau)
    for (lang, texts), count in zip(texts_by_lang.items(), counts, strict=True):
        order = permutation(len(texts), "tokenizer", lang)
        for position in range(count):
            yield texts[order[position % len(texts)]]


def train_tokenizer(texts_by_lang: dict[str, list[str]], kind: str, vocabulary: int, tau: float) -> Tokenizer:
    """Train a tokenizer of ``vocabulary`` entries (5 special tokens and 256 bytes among them).

    ``kind`` is ``bpe`` (arXiv 1508.07909) or ``unigram`` (arXiv 1804.10959). Raises InputError on a
    bad kind or a vocabulary too small for the bytes.
    """
    if kind not in KINDS:
        raise InputError(f"pretraining.tokenizer.kind: {kind!r} is not one of {', '.join(KINDS)}")
    reserved = [*SPECIAL_TOKENS, *BYTES]
    if vocabulary < 2 * len(reserved):
        raise InputError(
            f"pretraining.tokenizer.vocabulary: {vocabulary} is too small; use {2 * len(reserved)} or more"
        )
    texts = list(balanced_texts(texts_by_lang, tau))
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>") if kind == "bpe" else models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always"), pre_tokenizers.Punctuation()]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", SPECIAL_TOKENS.index("<s>")), ("</s>", SPECIAL_TOKENS.index("</s>"))],
    )
    texts = [tokenizer.normalizer.normalize_str(text) for text in texts]
    alphabet = _alphabet(texts, limit=(vocabulary - len(reserved)) // 2)
    tokenizer.train_from_iterator(_within(texts, alphabet), _trainer(kind, vocabulary, reserved, alphabet))
    return _with_byte_fallback(tokenizer, kind)


def _alphabet(texts: list[str], limit: int) -> list[str]:
    # The trainer breaks ties between rare characters by the order of a hash table; this is a fixed order.
    counts = Counter(character for text in texts for character in text)
    counts[SPACE] = counts.pop(" ", 0)
    return [character for character, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]]


def _within(texts: list[str], alphabet: list[str]) -> list[str]:
    # A character outside the alphabet ends a word: pieces learned across it could never be used.
    outside = {character for text in texts for character in text} - {*alphabet, " "}
    table = str.maketrans(dict.fromkeys(outside, " "))
    return [text.translate(table) for text in texts]


def _trainer(kind: str, vocabulary: int, reserved: list[str], alphabet: list[str]) -> trainers.Trainer:
    if kind == "bpe":
        return trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=reserved,
            initial_alphabet=alphabet,
            limit_alphabet=len(alphabet),
            max_token_length=_LONGEST_PIECE,
            show_progress=False,
        )
    return trainers.UnigramTrainer(
        vocab_size=vocabulary,
        special_tokens=reserved,
        initial_alphabet=alphabet,
        unk_token="<unk>",
        max_piece_length=_LONGEST_PIECE,
        show_progress=False,
    )


def _with_byte_fallback(tokenizer: Tokenizer, kind: str) -> Tokenizer:
    # The library trains no byte tokens: they are reserved as special tokens, then made ordinary ones,
    # or the literal text "<0x41>" would be taken for the byte.
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] in SPECIAL_TOKENS]
    state["model"]["byte_fallback"] = True
    if kind == "unigram":
        state["model"]["unk_id"] = SPECIAL_TOKENS.index("<unk>")
    return Tokenizer.from_str(json.dumps(state))


def tokenizer_config() -> dict:
    """Return ``tokenizer_config.json``: what AutoTokenizer adds to ``tokenizer.json``."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "mask_token": "<mask>",
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        "padding_side": "right",
        "truncation_side": "right",
    }
