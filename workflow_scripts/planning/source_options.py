"""What a source's format needs to be told, and what it must not be told."""

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.layouts import NAMED
from workflow_scripts.planning.runs import Config, pair_sources


def check_source_options(config: Config) -> None:
    """Raise InputError, one line, where ``files`` or ``columns`` of a source that is read do not suit its format."""
    for name in pair_sources(config):
        entry, key = config["sources"][name], f"config: sources.{name}"
        kind, several = entry["format"], len(entry["pairs"]) > 1
        if "files" in entry and kind not in NAMED:
            raise InputError(f"{key}.files: {entry['files']!r} is given, but {kind} has its own layout; leave it out")
        if ("columns" in entry) != (kind == "table"):
            raise InputError(
                f"{key}.columns: is missing; name the columns query and positive"
                if kind == "table"
                else f"{key}.columns: is given, but {kind} has columns of its own; leave it out"
            )
        if kind not in NAMED or not entry["pairs"]:
            continue
        if NAMED[kind] is None and "files" not in entry:
            raise InputError(f"{key}.files: is missing; a {kind} has no layout of its own, so name its files")
        if several and "{lang}" not in entry.get("files", ""):
            raise InputError(
                f"{key}.files: without {{lang}} in it, the languages {', '.join(entry['pairs'])} are read from one file"
            )
        if several and kind == "dpr":
            raise InputError(f"{key}.pairs: DPR's files have no ids that languages could share; name one language")
        if several and kind == "table" and not {"id", "group"} <= entry["columns"].keys():
            raise InputError(
                f"{key}.columns: id and group are needed where a table has several languages: "
                "rows of one id are translations of each other"
            )
