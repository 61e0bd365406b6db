"""Config files as they are written: a key that stands twice hides what stands under its first place."""

from pathlib import Path

import yaml

from workflow_scripts.data.errors import InputError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has libyaml


def check_repeated_keys(path: str | Path) -> None:
    """Raise InputError, one line, where a mapping of the YAML (or JSON) file at ``path`` has a key twice.

    YAML forbids it (1.2.2, section 3.2.1.3); the parser keeps the last and says nothing.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise InputError(f"{where}: not YAML: {getattr(error, 'problem', error)}") from None
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if key.value in lines:
                    first = lines[key.value]
                    raise InputError(
                        f"{path}, line {line}: the key {key.value!r} stands in line {first} already; write it once"
                    )
                # Keys that are no plain text (YAML allows lists) cannot be told apart so; the schema refuses them.
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    lines[key.value] = line
                nodes.append(value)
