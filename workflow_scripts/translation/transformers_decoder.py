"""Decoding by transformers: PyTorch on CPU or GPU."""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForSeq2SeqLM, GenerationConfig
from transformers.utils import logging as transformers_logging

from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.devices import own_device
from workflow_scripts.translation.model_tokens import ModelTokens
from workflow_scripts.translation.neural import Output


class TransformersDecoder:
    """A sequence-to-sequence model of transformers with beam search, without sampling."""

    def __init__(self, path_to_model: Path, tokens: ModelTokens, *, precision: str, beam: int, threads: int) -> None:
        torch.set_num_threads(threads)
        self._device = own_device()
        self.device = self._device.type
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        try:
            model, loading = AutoModelForSeq2SeqLM.from_pretrained(
                path_to_model,
                dtype={"float32": torch.float32, "bfloat16": torch.bfloat16}[precision],
                trust_remote_code=False,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path_to_model}: not a translation model that transformers loads ({str(error).splitlines()[0]})"
            ) from error
        if missing := loading["missing_keys"]:
            raise InputError(
                f"{path_to_model}: weights of {len(missing)} tensors are missing, {sorted(missing)[0]} first"
            )
        self._model = model.to(self._device).eval()
        self._pad = model.config.pad_token_id
        self._eos = model.config.eos_token_id
        # Of the model's own generation settings only those that say what a sequence is; the search is ours.
        own = model.generation_config
        self._generation = GenerationConfig(
            num_beams=beam,
            do_sample=False,
            length_penalty=1.0,
            early_stopping=False,
            forced_bos_token_id=tokens.forced,
            bad_words_ids=own.bad_words_ids,  # Marian: padding, which is its start of a sequence
            decoder_start_token_id=model.config.decoder_start_token_id,
            bos_token_id=own.bos_token_id,
            eos_token_id=self._eos,
            pad_token_id=self._pad,
            max_length=None,
        )
        model.generation_config = self._generation

    @torch.inference_mode()
    def decode(self, batch: Sequence[list[int]], limit: int) -> list[Output]:
        """Return the best hypothesis for each text of a batch, of at most ``limit`` tokens, the end included."""
        longest = max(map(len, batch))
        ids = torch.full((len(batch), longest), self._pad)
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, text in enumerate(batch):
            ids[row, : len(text)] = torch.tensor(text)
            mask[row, : len(text)] = 1
        made = self._model.generate(
            input_ids=ids.to(self._device), attention_mask=mask.to(self._device), max_new_tokens=limit
        )
        return [self._output(row) for row in made[:, 1:].tolist()]  # the first token is the decoder's start

    def _output(self, row: list[int]) -> Output:
        ended = self._eos in row
        return Output(row[: row.index(self._eos)] if ended else row, ended)
