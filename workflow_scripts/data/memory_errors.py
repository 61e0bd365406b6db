"""Errors that say that memory ran out, whoever was refused it."""

import re

# torch has no exception of its own for it on CPU, and says it in other words on each system. oneDNN does not say why
# it could not make code or room for a product of a shape that it supports: there is no other cause that we know.
_WORDS = re.compile(r"DefaultCPUAllocator|^could not (create|execute) a (primitive|memory object)$")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception says that memory ran out: Python's own, torch's on a GPU and on CPU, oneDNN's."""
    # By its name: most jobs do without torch.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and _WORDS.search(str(error)) is not None
