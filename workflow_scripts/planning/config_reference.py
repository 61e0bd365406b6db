"""``docs/config.md`` from ``config.schema.yaml``, printed to standard output (``make docs``)."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_SCHEMA = Path(__file__).resolve().parents[2] / "config.schema.yaml"
_KINDS = {"array": "list", "object": "mapping", "string": "text"}  # in YAML's words


def config_reference(path_to_schema: Path = _SCHEMA) -> str:
    """Return the reference page in Markdown: one table a section, one row a key."""
    schema = yaml.safe_load(path_to_schema.read_text(encoding="utf-8"))
    lines = [
        "# Config reference",
        "",
        "Made from `config.schema.yaml` by `make docs`; do not edit.",
        "",
        schema["description"],
    ]
    scalars = []
    for name, section in schema["properties"].items():
        section = _resolve(section, schema)
        if section.get("type") != "object":
            scalars.append(_row(name, section, name in schema["required"], schema))
            continue
        lines += ["", f"## {name}", "", section["description"], "", *_table(_rows(section, "", schema))]
    lines += ["", "## Other keys", "", *_table(scalars)]
    return "\n".join(lines) + "\n"


def _resolve(section: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in section:
        return section
    return {**schema["$defs"][section["$ref"].rsplit("/", 1)[1]], **section}


def _rows(section: dict[str, Any], prefix: str, schema: dict[str, Any]) -> Iterator[str]:
    for key, below in section.get("properties", {}).items():
        below = _resolve(below, schema)
        yield _row(prefix + key, below, key in section.get("required", []), schema)
        yield from _rows(below, f"{prefix}{key}.", schema)
    others = section.get("additionalProperties")
    if isinstance(others, dict) and others.get("type") == "object":
        yield from _rows(others, f"{prefix}<name>.", schema)


def _table(rows: Any) -> list[str]:
    return ["| key | what | value | default |", "| --- | --- | --- | --- |", *rows]


def _row(key: str, section: dict[str, Any], required: bool, schema: dict[str, Any]) -> str:
    default = "required" if required else _show(section["default"]) if "default" in section else ""
    return f"| `{key}` | {section.get('description', '')} | {_kind(section, schema)} | {default} |"


def _show(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return f"`{str(value).lower().replace('none', 'null')}`"
    if isinstance(value, list):
        return "`[" + ", ".join(map(str, value)) + "]`"
    return f"`{value}`" if value != "" else '`""`'


def _kind(section: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in section:
        return ", ".join(f"`{value}`" for value in section["enum"])
    kinds = section.get("type", "")
    kind = " or ".join(_KINDS.get(name, name) for name in (kinds if isinstance(kinds, list) else [kinds]))
    below = section.get("items") or section.get("additionalProperties")
    if below and not (below := _resolve(below, schema)).get("properties"):
        return f"{kind} of {_kind(below, schema)}"
    limits = [
        f"{sign} {section[name]}"
        for name, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if name in section
    ]
    return " ".join([kind, *limits])


if __name__ == "__main__":
    sys.stdout.write(config_reference())
