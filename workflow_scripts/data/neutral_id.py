"""Passage ids that carry no language.

``trec_eval`` breaks ties of score by id, descending. Ids that begin with a language code
would turn ties into language bias, so pools of several languages use a hash instead.
"""

from hashlib import blake2b


def neutral_id(collection: str, lang: str, passage_id: str) -> str:
    """Return 16 hexadecimal digits, a function of collection, language and passage id alone."""
    key = "\0".join((collection, lang, passage_id)).encode()
    return blake2b(key, digest_size=8).hexdigest()
