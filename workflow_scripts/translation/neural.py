"""Translation by a sequence-to-sequence model: segments, batches and back; the arithmetic is a decoder's."""

import logging
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import regex

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.memory_errors import is_out_of_memory
from workflow_scripts.translation.engine import Translation
from workflow_scripts.translation.model_tokens import ModelTokens
from workflow_scripts.translation.segments import fitting_pieces, join, sentences
from workflow_scripts.translation.token_batches import output_limit, token_batches

log = logging.getLogger("translate")

_LETTER = regex.compile(r"\p{L}")


class Output(NamedTuple):
    """Ids that a decoder made of one text, without special tokens at either end, and whether it came to the end."""

    ids: list[int]
    ended: bool


class Decoder(Protocol):
    """A model that turns token ids of the source into token ids of the target, always in the same way."""

    device: str  # ``cpu`` or ``cuda``

    def decode(self, batch: Sequence[list[int]], limit: int) -> list[Output]:
        """Return the best output for each text of a batch, of at most ``limit`` tokens.

        Where memory runs out it raises what ``is_out_of_memory`` knows, and can be asked again for fewer texts.
        """
        ...


class NeuralEngine:
    """An engine around a decoder and its tokenizer, for one direction.

    Texts are cut into sentences, and sentences longer than ``segment_tokens`` into pieces; equal segments are
    translated once; batches hold segments of like length. A text of which a segment with letters comes back without
    text comes back without any: quality control would not see what is missing.
    """

    def __init__(
        self,
        name: str,
        tokens: ModelTokens,
        decoder: Decoder,
        *,
        direction: tuple[str, str],
        segment_tokens: int,
        output_ratio: float,
        batch_tokens: int,
    ) -> None:
        self.name = name
        self._tokens = tokens
        self._decoder = decoder
        self._direction = direction
        self._segment_tokens = segment_tokens
        self._output_ratio = output_ratio
        self._batch_tokens = batch_tokens
        longest = max(segment_tokens, output_limit(segment_tokens, output_ratio))
        if tokens.positions is not None and longest > tokens.positions:
            raise InputError(
                f"translation.segment_tokens: {segment_tokens} source tokens may become {longest}, but the model has "
                f"{tokens.positions} positions; lower segment_tokens or output_ratio"
            )

    def translate(self, texts: list[str], source_lang: str, target_lang: str) -> list[Translation]:
        """Translate ``texts``; raise InputError for another direction than the engine was made for."""
        if (source_lang, target_lang) != self._direction:
            raise InputError(f"translation.engine: this engine goes from {' to '.join(self._direction)}")
        cut = [self._segments(text) for text in texts]
        made = self._translate_segments(list(dict.fromkeys(piece for pieces, _ in cut for piece in pieces)))
        return [
            Translation(
                _whole(pieces, [made[piece][0] for piece in pieces]),
                cut_off=any(made[piece][1] for piece in pieces),
                segments=len(pieces),
                cut_sentences=too_long,
            )
            for pieces, too_long in cut
        ]

    def _segments(self, text: str) -> tuple[list[str], int]:
        """Return the pieces of a text and how many of its sentences were too long."""
        pieces, too_long = [], 0
        for sentence in sentences(text):
            parts = fitting_pieces(sentence, self._fits)
            pieces += parts
            too_long += len(parts) > 1
        return pieces, too_long

    def _fits(self, text: str) -> bool:
        return len(self._tokens.encode([text])[0]) <= self._segment_tokens

    def _translate_segments(self, segments: list[str]) -> dict[str, tuple[str, bool]]:
        """Return translation and whether it was cut off of each segment."""
        rows = self._tokens.encode(segments) if segments else []
        lengths = [len(row) for row in rows]
        limits = [output_limit(length, self._output_ratio) for length in lengths]
        made: dict[str, tuple[str, bool]] = {}
        for batch in token_batches(lengths, limits, self._batch_tokens):
            outputs = self._decoded([rows[i] for i in batch], limits[batch[0]])
            for i, output in zip(batch, outputs, strict=True):
                made[segments[i]] = (self._tokens.decode(output.ids), not output.ended)
        return made

    def _decoded(self, batch: list[list[int]], limit: int) -> list[Output]:
        """Return what the decoder makes of a batch, or of its halves where memory runs out."""
        try:
            return self._decoder.decode(batch, limit)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or len(batch) == 1:
                raise
        log.warning("%d segments do not fit into memory; they are translated in halves", len(batch))
        half = len(batch) // 2
        return self._decoded(batch[:half], limit) + self._decoded(batch[half:], limit)


def _whole(segments: list[str], translations: list[str]) -> str:
    """Return the translations of a text's segments as one text; none where that of one with letters is empty."""
    lost = any(_LETTER.search(segment) and not made for segment, made in zip(segments, translations, strict=True))
    return "" if lost else join(translations)
