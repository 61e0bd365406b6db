"""Which models read the same token arrays: those that share a vocabulary and a form of text, by the config alone.

The jobs that read them compare the tokenizers themselves, so a config that is wrong about it stops there.
"""

from hashlib import sha256

from workflow_scripts.planning.runs import Config
from workflow_scripts.planning.settings import canonical
from workflow_scripts.planning.translation import similarity_model

PRETRAINED = "pretrained"  # all models that are pre-trained here share the experiment's own tokenizer
_FORM = ("query_prefix", "passage_prefix", "max_query_length", "max_passage_length")


def vocabulary(config: Config, model: str) -> str:
    """Return the name under which a model's token arrays are kept: its family's, or that of all pre-trained here."""
    entry = config["models"][model]
    return PRETRAINED if "pretrain" in entry else f"family-{entry['family']}"


def tokenizer_model(config: Config, name: str) -> str:
    """Return the model whose tokenizer makes a family's token arrays: the first that the config defines.

    Not the first that the experiment chooses: then another choice would tokenise, train and encode all again.
    """
    return next(model for model in config["models"] if vocabulary(config, model) == name)


def models_read(config: Config, compares: bool = True) -> list[str]:
    """Return the models whose files the experiment reads, each once.

    Those it chooses, those that lend them a tokenizer, and, with ``compares``, the one that compares translations with
    their source.
    """
    chosen = config["experiment"]["models"]
    names = dict.fromkeys(vocabulary(config, model) for model in chosen)
    lenders = [tokenizer_model(config, name) for name in names if name != PRETRAINED]
    comparing = [name for name in [similarity_model(config)] if compares and name in config["models"]]
    return list(dict.fromkeys([*chosen, *lenders, *comparing]))


def text_form(config: Config, model: str) -> str:
    """Return a name for how a model wants its text: maximum lengths, and a digest of prefixes where it has some."""
    entry = config["models"][model]
    name = f"q{entry['max_query_length']}-p{entry['max_passage_length']}"
    prefixes = [entry["query_prefix"], entry["passage_prefix"]]
    return f"{name}-{sha256(canonical(prefixes).encode()).hexdigest()[:8]}" if any(prefixes) else name


def source_of_table(table: str) -> tuple[str, str]:
    """Return source and language of a table of pairs, as rule ``tokenize_pairs`` names it.

    Its folder is its source's; that of code-switched pairs is a strategy's, and the table bears the source's name.
    """
    kind, folder, name = table.split("/")
    return (name, "en") if kind == "codeswitched" else (folder, name)


def longest_texts(form: str) -> tuple[int, int]:
    """Return the maximum lengths of queries and passages that a form's name says.

    >>> longest_texts("q64-p256-0a1b2c3d")
    (64, 256)
    """
    queries, passages, *_ = form.split("-")
    return int(queries.removeprefix("q")), int(passages.removeprefix("p"))


def token_settings(config: Config, form: str) -> str:
    """For ``tokenize_collection`` and ``tokenize_pairs``: prefixes and maximum lengths."""
    entry = next(config["models"][model] for model in config["models"] if text_form(config, model) == form)
    return canonical({key: entry[key] for key in _FORM})
