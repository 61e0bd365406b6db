"""A digest of the code that a rule runs, so that Snakemake reruns what a change of code decides, and nothing else.

Snakemake tracks the text of a rule's shell command, not the modules behind it. A rule
therefore carries the fingerprint of its entry module as a param: one ``path@digest`` for
each file of the module's import closure. The digest is taken of the syntax tree without
docstrings, so comments, layout and documentation change nothing.
"""

import ast
from functools import cache
from hashlib import blake2b
from pathlib import Path

from workflow_scripts.data.errors import InputError

_PACKAGE = "workflow_scripts"
_ROOT = Path(__file__).resolve().parents[2]


def code_fingerprint(entry: str, root: Path = _ROOT) -> list[str]:
    """Return ``path@digest``, sorted by path, for ``workflow_scripts/<entry>.py`` and each file that it imports.

    Only imports of this package are followed, wherever in a file they stand. Raises
    InputError where the entry module does not exist.
    """
    start = root / _PACKAGE / f"{entry}.py"
    if not start.is_file():
        raise InputError(f"{start}: no such entry module; an entry module bears its rule's name")
    seen: dict[Path, str] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        digest, imported = _digest_and_imports(path, root)
        seen[path] = digest
        waiting.extend(imported)
    return [f"{path.relative_to(root).as_posix()}@{seen[path]}" for path in sorted(seen)]


@cache
def _digest_and_imports(path: Path, root: Path) -> tuple[str, tuple[Path, ...]]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    imported: set[Path] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                imported.update(_files_of(alias.name, root))
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            imported.update(_files_of(node.module, root))
            for alias in node.names:
                imported.update(_files_of(f"{node.module}.{alias.name}", root))
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstring(node)
    digest = blake2b(ast.unparse(tree).encode(), digest_size=8).hexdigest()
    return digest, tuple(sorted(imported - {path}))


def _drop_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]


def _files_of(module: str, root: Path) -> list[Path]:
    """The files that importing ``module`` runs: the packages above it and itself; none for another package's module."""
    parts = module.split(".")
    if parts[0] != _PACKAGE:
        return []
    files = [root.joinpath(*parts[: depth + 1], "__init__.py") for depth in range(len(parts))]
    files.append(root.joinpath(*parts).with_suffix(".py"))
    return [path for path in files if path.is_file()]
