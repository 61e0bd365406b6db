"""A digest of the code that a rule runs, so that Snakemake reruns what a change of code decides, and nothing else.

Snakemake tracks the text of a rule's shell command, not the modules behind it. A rule
therefore carries the fingerprint of its entry module as a param: one ``path@digest`` for
each file of the module's import closure. The digest is taken of the syntax tree without
docstrings, so comments, layout and documentation change nothing.

Parsing 170 files takes a second of every start, so what was found is kept in a file, by a digest of the content it
was found in: such a cache can be deleted at any time and never be out of date.
"""

import ast
import json
import sys
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Self

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError

_PACKAGE = "workflow_scripts"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class FingerprintCache:
    """What is known of files by their content: digest of the syntax tree, and names of imported modules."""

    path: Path | None = None
    known: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    is_changed: bool = False
    _seen: dict[Path, tuple[str, list[str]]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a cache file; one that is missing or unreadable is as good as empty."""
        try:
            return cls(path, {key: (value[0], value[1]) for key, value in json.loads(path.read_bytes()).items()})
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            return cls(path)

    def of(self, path: Path) -> tuple[str, list[str]]:
        """Return digest and imported modules of a file, which is read once."""
        if path in self._seen:
            return self._seen[path]
        content = path.read_bytes()
        # Another Python may write the same tree otherwise.
        key = f"{blake2b(content, digest_size=16).hexdigest()}-{sys.version_info[0]}.{sys.version_info[1]}"
        if key not in self.known:
            self.known[key] = _digest_and_imports(content, path)
            self.is_changed = True
        self._seen[path] = self.known[key]
        return self.known[key]

    def save(self) -> None:
        """Write what is new; a folder that cannot be written to costs the time alone."""
        if self.path is None or not self.is_changed:
            return
        try:
            with atomic_file(self.path) as temporary:
                temporary.write_text(json.dumps(self.known), encoding="utf-8")
        except (OSError, InputError):
            return
        self.is_changed = False


def code_fingerprint(entry: str, root: Path = _ROOT, known: FingerprintCache | None = None) -> list[str]:
    """Return ``path@digest``, sorted by path, for ``workflow_scripts/<entry>.py`` and each file that it imports.

    Only imports of this package are followed, wherever in a file they stand. Raises
    InputError where the entry module does not exist.
    """
    start = root / _PACKAGE / f"{entry}.py"
    if not start.is_file():
        raise InputError(f"{start}: no such entry module; an entry module bears its rule's name")
    known = FingerprintCache() if known is None else known
    seen: dict[Path, str] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen[path], modules = known.of(path)
        waiting.extend(imported for module in modules for imported in _files_of(module, root))
    known.save()
    return [f"{path.relative_to(root).as_posix()}@{seen[path]}" for path in sorted(seen)]


def _digest_and_imports(content: bytes, path: Path) -> tuple[str, list[str]]:
    tree = ast.parse(content, filename=str(path))
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.add(node.module)
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstring(node)
    digest = blake2b(ast.unparse(tree).encode(), digest_size=8).hexdigest()
    return digest, sorted(module for module in modules if module.split(".")[0] == _PACKAGE)


def _drop_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]


@cache
def _files_of(module: str, root: Path) -> list[Path]:
    """The files that importing ``module`` runs: the packages above it and itself."""
    parts = module.split(".")
    files = [root.joinpath(*parts[: depth + 1], "__init__.py") for depth in range(len(parts))]
    files.append(root.joinpath(*parts).with_suffix(".py"))
    return [path for path in files if path.is_file()]
