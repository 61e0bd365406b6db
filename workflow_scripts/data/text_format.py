"""The one place where text for an encoder is made.

Training, encoding and tests call the same functions, so that a title or a prefix is
never present in one and absent in the other.
"""

# Part of every vector manifest's key: raise it whenever the functions below change their output.
FORMAT_VERSION = 1


def passage_text(title: str | None, text: str, prefix: str = "") -> str:
    """Return prefix, title and text, joined by one space; an empty or missing title leaves no trace."""
    body = f"{title} {text}" if title else text
    return prefix + body


def query_text(text: str, prefix: str = "") -> str:
    """Return the query behind its model's prefix (for example ``"query: "``)."""
    return prefix + text
