"""A transformers translation model becomes one that CTranslate2 runs, with its weights quantised."""

from pathlib import Path
from typing import Any

import transformers
from ctranslate2.converters import TransformersConverter

from workflow_scripts.data.errors import InputError
from workflow_scripts.translation.model_tokens import load_tokenizer

PRECISIONS = ("float32", "bfloat16", "int8", "int8_bfloat16")


class _Converter(TransformersConverter):
    """CTranslate2's converter with our tokenizers: no code of the folder runs, no pickles are read."""

    def __init__(self, path_to_model: Path, family: str) -> None:
        super().__init__(str(path_to_model))
        self._path = path_to_model
        self._family = family

    def load_model(self, model_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:
        model = super().load_model(
            model_class, model_name_or_path, **kwargs, use_safetensors=True, local_files_only=True
        )
        if hasattr(model.config, "scale_decoder_outputs"):
            # The converter scales T5's outputs where embeddings are tied, which transformers 5 always says they are.
            model.config.tie_word_embeddings = model.config.scale_decoder_outputs
        return model

    def load_tokenizer(self, tokenizer_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:
        tokenizer = load_tokenizer(self._path, self._family)
        if self._family == "m2m100":
            # The converter looks for the language tokens among the special ones, where transformers 5 has none.
            tokenizer.__class__ = _M2M100Tokenizer
        return tokenizer


class _M2M100Tokenizer(transformers.M2M100Tokenizer):
    @property
    def special_tokens_map(self) -> dict[str, Any]:
        return {**super().special_tokens_map, "additional_special_tokens": list(self.lang_token_to_id)}


def convert_model(path_to_model: Path, family: str, precision: str, folder: Path) -> None:
    """Write ``model.bin``, vocabulary and configuration for CTranslate2 into ``folder``, which exists.

    Raises InputError where the folder holds no model of the family or one that CTranslate2 cannot convert.
    """
    if precision not in PRECISIONS:
        raise InputError(f"translation.precision: {precision!r} is not one of {', '.join(PRECISIONS)}")
    tokenizer = load_tokenizer(path_to_model, family)
    if getattr(tokenizer, "separate_vocabs", False):
        raise InputError(
            f"{path_to_model}: has a vocabulary for each side, which CTranslate2's conversion does not know; "
            "use translation.engine: transformers"
        )
    ids = sorted(tokenizer.get_vocab().values())
    if family != "m2m100" and ids != list(range(len(ids))):
        raise InputError(
            f"{path_to_model}: its vocabulary skips numbers, which CTranslate2's conversion does not know; "
            "use translation.engine: transformers"
        )
    try:
        _Converter(path_to_model, family).convert(str(folder), quantization=precision, force=True)
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, NotImplementedError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{path_to_model}: CTranslate2 cannot convert it ({reason}); use translation.engine: transformers"
        ) from error
