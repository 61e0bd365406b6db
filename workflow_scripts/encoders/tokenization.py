"""Text to token ids, by the ``tokenizers`` library alone (importing torch takes seconds).

``tokenizer.json`` is read as it stands: normaliser, pre-tokeniser and the template of special
tokens are part of it, so the ids are those of ``AutoTokenizer`` (a test compares them).
"""

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.text_format import passage_text, query_text
from workflow_scripts.encoders.settings import TextForm

TOKENIZER = "tokenizer.json"


class TextTokenizer:
    """Tokenise queries and passages for one model folder."""

    def __init__(self, path_to_folder: str | Path, form: TextForm) -> None:
        """Read ``tokenizer.json``; raise InputError where it is missing, unreadable, or a prefix leaves no room."""
        self.form = form
        self.tokenizer = load_tokenizer(path_to_folder)
        self.tokenizer.no_padding()
        self._folder = Path(path_to_folder)
        for side in ("query", "passage"):
            self._check_room(side)

    def _check_room(self, side: str) -> None:
        # Else all texts would be cut to the same prefix, and have one vector.
        prefix, longest = getattr(self.form, f"{side}_prefix"), getattr(self.form, f"max_{side}_length")
        self.tokenizer.no_truncation()
        tokens = len(self.tokenizer.encode(prefix).ids)
        if prefix and tokens >= longest:
            raise InputError(
                f"models.<name>.{side}_prefix: {prefix!r} is {tokens} tokens with the special ones and leaves no room "
                f"for text among {longest}; raise max_{side}_length or shorten it"
            )

    @cached_property
    def pad_id(self) -> int:
        """What fills rows up to a batch's longest, by the folder's ``config.json``."""
        return read_config(self._folder).get("pad_token_id") or 0

    @property
    def vocabulary(self) -> int:
        """The number of ids."""
        return self.tokenizer.get_vocab_size()

    def tokenize(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        """Return each text's ids with special tokens, cut to ``max_length`` tokens (the closing one is kept)."""
        return self.tokenize_and_count(texts, max_length)[0]

    def tokenize_and_count(self, texts: Sequence[str], max_length: int) -> tuple[list[list[int]], int]:
        """Return what ``tokenize`` does, and how many texts were cut."""
        self.tokenizer.enable_truncation(max_length)
        encodings = self.tokenizer.encode_batch_fast(list(texts))
        cut = sum(1 for encoding in encodings if len(encoding.ids) == max_length and encoding.overflowing)
        return [encoding.ids for encoding in encodings], cut

    def tokenize_queries(self, texts: Iterable[str]) -> list[list[int]]:
        """Return ids of queries behind the model's query prefix, cut to ``max_query_length``."""
        formatted = [query_text(text, self.form.query_prefix) for text in texts]
        return self.tokenize(formatted, self.form.max_query_length)

    def tokenize_passages(self, titles: Iterable[str | None], texts: Iterable[str]) -> list[list[int]]:
        """Return ids of title and text behind the model's passage prefix, cut to ``max_passage_length``."""
        prefix = self.form.passage_prefix
        formatted = [passage_text(title, text, prefix) for title, text in zip(titles, texts, strict=True)]
        return self.tokenize(formatted, self.form.max_passage_length)


def load_tokenizer(path_to_folder: str | Path) -> Tokenizer:
    """Read a folder's ``tokenizer.json``; raise InputError where there is none."""
    path = Path(path_to_folder) / TOKENIZER
    if not path.is_file():
        raise InputError(f"{path}: no such file; save the model with its fast tokenizer")
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception on a bad file
        raise InputError(f"{path}: not a tokenizer ({error})") from error


def vocabulary_digest(path_to_folder: str | Path) -> str:
    """Return a digest of all in ``tokenizer.json`` that decides ids: equal digests, equal ids for every text.

    Neither is the file's layout in it, nor the truncation and padding that its last user had switched on, nor how its
    version of the library writes a merge. Raises InputError where there is no such file or it is not JSON.
    """
    path = Path(path_to_folder) / TOKENIZER
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        content = {key: value for key, value in state.items() if key not in ("version", "truncation", "padding")}
        merges = content["model"].get("merges")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; save the model with its fast tokenizer") from None
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: not a tokenizer ({error})") from error
    if merges is not None:
        joined = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
        content["model"] = content["model"] | {"merges": joined}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_config(path_to_folder: str | Path) -> dict:
    """Read a model folder's ``config.json``; raise InputError where it is missing or not JSON."""
    path = Path(path_to_folder) / "config.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give a transformers model folder") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON ({error})") from None


def pad(
    rows: Sequence[Sequence[int] | np.ndarray], pad_id: int, multiple: int = 1, max_length: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return ids and attention mask, both int64 [rows, tokens], padded on the right.

    They are as wide as the longest row, rounded up to a ``multiple`` but not beyond ``max_length``.
    """
    lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    longest = int(lengths.max(initial=0))
    width = -(-longest // multiple) * multiple
    mask = np.arange(width if max_length is None else max(longest, min(width, max_length))) < lengths[:, None]
    ids = np.full(mask.shape, pad_id, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows]) if len(rows) else []
    return ids, mask.astype(np.int64)
