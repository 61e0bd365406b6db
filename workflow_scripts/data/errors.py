"""The one exception that a user, not a programmer, can put right."""


class InputError(Exception):
    """Bad input or settings: one line that says where, what is wrong and what to do."""
