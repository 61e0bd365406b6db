"""Reading a JSON file that is one long array, an element at a time."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.text_lines import read_text_blocks

_SPACE = re.compile(r"[ \t\r\n]*")
_LONGEST = 1 << 24  # characters of an element
_DECODER = json.JSONDecoder()


def read_json_array(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number (from 0) and object of each element of an array, in the memory of a block and an element.

    Raises InputError, with file, element and reason, where the file is not an array of objects or is cut short.
    """
    blocks = read_text_blocks(path)
    text, place = next(blocks, ""), 0
    place = _SPACE.match(text).end()
    if text[place : place + 1] != "[":
        raise InputError(f"{path}: is not a JSON array")
    number, place = 0, place + 1
    while True:
        place = _SPACE.match(text, place).end()
        if number and text[place : place + 1] == ",":
            place = _SPACE.match(text, place + 1).end()
        if text[place : place + 1] == "]":
            return
        try:
            element, end = _DECODER.raw_decode(text, place)
        except json.JSONDecodeError as error:
            # Either the block ends within the element, or the element is broken: more text tells.
            block = next(blocks, None) if len(text) - place < _LONGEST else None
            if block is None:
                raise InputError(
                    f"{path}: element {number}: is not JSON ({error.msg}); the file is damaged or cut short"
                ) from None
            text, place = text[place:] + block, 0
            continue
        if not isinstance(element, dict):
            raise InputError(f"{path}: element {number}: is not a JSON object")
        yield number, element
        number, place = number + 1, end
