"""Decoding by CTranslate2: a model that ``convert_translator`` has converted, on CPU or GPU."""

from collections.abc import Sequence
from pathlib import Path

import ctranslate2

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.gpus import take_gpu
from workflow_scripts.translation.model_tokens import ModelTokens
from workflow_scripts.translation.neural import Output


class CTranslate2Decoder:
    """A converted model with beam search, without sampling.

    It computes in the precision that it was converted to, or, where the device lacks that, in the nearest it has.
    """

    def __init__(self, path_to_converted: Path, tokens: ModelTokens, *, beam: int, threads: int) -> None:
        if not Path(path_to_converted, "model.bin").is_file():
            raise InputError(f"{path_to_converted}: has no model.bin, so it is no converted model; run its rule")
        gpus = ctranslate2.get_cuda_device_count()
        self.device = "cuda" if gpus else "cpu"
        try:
            self._translator = ctranslate2.Translator(
                str(path_to_converted),
                device=self.device,
                device_index=take_gpu(gpus) if gpus else 0,
                compute_type="default",
                inter_threads=1,
                intra_threads=threads,
            )
        except (RuntimeError, ValueError) as error:
            raise InputError(f"{path_to_converted}: CTranslate2 cannot load it ({error})") from error
        self._tokenizer = tokens.tokenizer
        self._eos = tokens.tokenizer.eos_token
        self._forced = None if tokens.forced is None else tokens.tokenizer.convert_ids_to_tokens(tokens.forced)
        self._beam = beam

    def decode(self, batch: Sequence[list[int]], limit: int) -> list[Output]:
        """Return the best hypothesis for each text of a batch, of at most ``limit`` tokens, the end included."""
        prefix = None if self._forced is None else [[self._forced]] * len(batch)
        try:
            results = self._translator.translate_batch(
                [self._tokenizer.convert_ids_to_tokens(row) for row in batch],
                target_prefix=prefix,
                max_batch_size=0,  # the batch is formed already
                beam_size=self._beam,
                length_penalty=1.0,
                max_input_length=0,
                max_decoding_length=limit,
                return_end_token=True,
            )
        except RuntimeError as error:
            if "out of memory" in str(error):  # as CUDA has it; CTranslate2 has no exception of its own for that
                raise MemoryError(str(error)) from error
            raise
        return [self._output(result.hypotheses[0]) for result in results]

    def _output(self, made: list[str]) -> Output:
        ended = bool(made) and made[-1] == self._eos
        return Output(self._tokenizer.convert_tokens_to_ids(made[:-1] if ended else made), ended)
