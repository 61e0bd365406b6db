"""Text to tokens and back for each family of translation models: how the languages are told, and where.

- NLLB-200, M2M-100: the source language stands before the source text, the target language is the first token out.
- MADLAD-400: ``<2xx>`` before the source text.
- OPUS-MT: ``>>xxx<<`` before the source text where the model knows several target languages, else nothing.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.translation_languages import ARCHITECTURES, Tags, language_names
from workflow_scripts.encoders.tokenization import read_config

_TOKENIZERS = {
    "nllb": "NllbTokenizer",
    "m2m100": "M2M100Tokenizer",
    "madlad400": "T5Tokenizer",
    "opus-mt": "MarianTokenizer",
}


class ModelTokens:
    """The tokenizer of one translation model, for one direction.

    ``forced`` is the id with which each output begins, or None; ``positions`` how long a sequence the model knows, or
    None where it has no such limit.
    """

    def __init__(self, path_to_model: Path, family: str, source_lang: str, target_lang: str, tags: Tags) -> None:
        self.path = Path(path_to_model)
        self.family = family
        self.tokenizer = load_tokenizer(self.path, family)
        config = read_config(self.path)
        self.positions: int | None = config.get("max_position_embeddings")
        self._vocabulary: int = config["vocab_size"]
        self.forced: int | None = None
        self._prefix = ""
        target = language_names(tags, family, target_lang)
        source = language_names(tags, family, source_lang)
        if family == "opus-mt":
            if codes := self.tokenizer.supported_language_codes:
                self._tell(self._known([f">>{name}<<" for name in target], codes, target_lang), target_lang)
        elif family == "madlad400":
            self._tell(f"<2{target[0]}>", target_lang)
        else:
            token = "{}" if family == "nllb" else "__{}__"
            self._id_of(token.format(source[0]), source_lang)
            self.forced = self._id_of(token.format(target[0]), target_lang)
            self.tokenizer.src_lang = source[0]

    def _tell(self, tag: str, lang: str) -> None:
        """Put ``tag`` before every text; raise InputError where the tokenizer does not read it as one token."""
        self._prefix = f"{tag} "
        if self._id_of(tag, lang) not in self.encode(["a"])[0]:
            raise InputError(f"{self.path}: the tokenizer cuts {tag} into pieces; the model would not see the language")

    def _id_of(self, token: str, lang: str) -> int:
        found = self.tokenizer.convert_tokens_to_ids(token)
        # NLLB's tokenizer adds the languages that a vocabulary lacks; the model has no vector for those.
        if found is None or found == self.tokenizer.unk_token_id or found >= self._vocabulary:
            raise InputError(f"{self.path}: the model's vocabulary has no {token} for {lang!r}; choose another model")
        return found

    def _known(self, wanted: Sequence[str], codes: Sequence[str], lang: str) -> str:
        for token in wanted:
            if token in codes:
                return token
        raise InputError(
            f"{self.path}: the model's vocabulary has none of {', '.join(wanted)} for {lang!r}; it has "
            f"{' '.join(codes[:20])}{' …' if len(codes) > 20 else ''}"
        )

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text as the encoder reads them, languages and end included, never truncated."""
        return self.tokenizer([f"{self._prefix}{text}" for text in texts], truncation=False)["input_ids"]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids without the forced first token and without special ones."""
        if ids and ids[0] == self.forced:
            ids = ids[1:]
        return self.tokenizer.decode(
            [int(i) for i in ids], skip_special_tokens=True, clean_up_tokenization_spaces=False
        ).strip()


def load_tokenizer(path_to_model: Path, family: str) -> Any:
    """Return the tokenizer of a model folder; raise InputError where it has none of the family's kind."""
    import transformers

    found = read_config(path_to_model).get("model_type")
    if found != ARCHITECTURES[family]:
        raise InputError(
            f"{path_to_model}: holds a model of type {found!r}, but models of family {family} are of type "
            f"{ARCHITECTURES[family]!r}"
        )
    with warnings.catch_warnings():
        # Marian's tokenizer recommends a normaliser of quotation marks that only its training data went through.
        warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
        try:
            return getattr(transformers, _TOKENIZERS[family]).from_pretrained(
                path_to_model, local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError, TypeError, KeyError, AssertionError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise InputError(f"{path_to_model}: has no tokenizer of the {family} family ({reason})") from error
