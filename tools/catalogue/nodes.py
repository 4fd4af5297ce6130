# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests by their names, read from their files without running them, and the stages that run each."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from _pytest.mark.expression import Expression

from tools.checks.stages import MACHINES, STAGES, Stage

ROOT = Path(__file__).resolve().parents[2]
_IMAGES = (*MACHINES, "container", "service")
"""Words of parameters that name what a test runs on: each stage chooses some of them."""


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def source(node: str) -> str:
    """Return the text of a test, ``FILE::NAME`` or ``FILE::CLASS::NAME``. Raises LookupError when there is none."""
    path, *names = node.split("::")
    if not names or not (ROOT / path).is_file():
        raise LookupError(node)
    body: Sequence[ast.stmt] = _tree(path).body
    found: ast.stmt | None = None
    for name in names:
        kinds = (ast.FunctionDef, ast.ClassDef)
        found = next((item for item in body if isinstance(item, kinds) and item.name == name), None)
        if found is None:
            raise LookupError(node)
        body = found.body if isinstance(found, ast.ClassDef) else []
    if not isinstance(found, ast.FunctionDef) or not found.name.startswith("test_"):
        raise LookupError(node)
    decorators = "\n".join(ast.unparse(item) for item in found.decorator_list)
    return f"{decorators}\n{ast.unparse(found)}"


def stages(node: str) -> tuple[str, ...]:
    """Return the names of the stages that run a test; what runs an excerpt of others (-short) does not count."""
    found = [stage for stage in STAGES if not stage.name.endswith("-short") and _runs(stage, node)]
    return tuple(stage.name for stage in found)


def _runs(stage: Stage, node: str) -> bool:
    path = node.split("::", maxsplit=1)[0]
    program, *argv = stage.argv
    if program == "molecule":
        return _verifies(argv[-1], path)
    if program != "pytest":
        return False
    places = [item for item in argv if item.startswith("tests/")]
    ignored = [item.partition("=")[2] for item in argv if item.startswith("--ignore=")]
    if not _below(path, places) or _below(path, ignored):
        return False
    chosen = argv[argv.index("-k") + 1] if "-k" in argv else ""

    def named(name: str, /, **_more: str | int | bool | None) -> bool:
        return name in node or name in _IMAGES

    return not chosen or Expression.compile(chosen).evaluate(named)


def _below(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _verifies(scenario: str, path: str) -> bool:
    """Tell whether a scenario of molecule runs the directory of a test."""
    directory = str(Path(path).parent)
    texts = (item.read_text(encoding="utf-8") for item in (ROOT / "molecule" / scenario).glob("*.yml"))
    return directory.startswith("tests/molecule/") and any(Path(directory).name in text for text in texts)
