# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports point downwards, and what is pure stays pure."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

UTILS = Path(__file__).parents[2] / "plugins/module_utils"
FILES = sorted(path.relative_to(UTILS) for path in UTILS.rglob("*.py"))

BELOW = {
    "model": {"model"},
    "render": {"model", "render"},
    "host": {"model", "host"},
    "notify": {"model", "render", "host", "notify"},
    "planners": {"model", "render", "host", "notify", "planners"},
    "audit": {"model", "render", "host", "notify", "planners", "audit"},
    "health": {"model", "render", "host", "planners", "health"},
    "programs": {"model", "render", "host", "notify", "planners", "audit", "health", "programs"},
    "profiling": {"model", "render", "host", "planners", "health", "profiling"},
}
"""Each layer with those that it may import from."""

EDGES = {
    "ctypes",
    "fcntl",
    "glob",
    "grp",
    "http",
    "os",
    "pathlib",
    "pwd",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "time",
}
"""Modules through which the world gets in; a pure layer has none of them."""

SDK = {Path("host/engine.py"): {"docker"}}
"""The one library beyond the standard one, and the one place that may lack it and say so."""


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield level and dotted name of each import; the level is the number of leading dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def parse(file: Path) -> ast.Module:
    return ast.parse((UTILS / file).read_text(encoding="utf-8"))


def layer(file: Path) -> str:
    return file.parts[0] if len(file.parts) > 1 else ""


@pytest.mark.parametrize("file", FILES, ids=str)
class TestModuleUtils:
    def test_it_imports_the_standard_library_and_its_neighbours_alone(self, file: Path) -> None:
        absolute = {name.split(".")[0] for level, name in imports(parse(file)) if level == 0}
        assert absolute - sys.stdlib_module_names == SDK.get(file, set())

    def test_it_imports_from_its_layer_and_those_below(self, file: Path) -> None:
        allowed = BELOW.get(layer(file), set(BELOW))
        for level, name in imports(parse(file)):
            if level:
                package = [*file.parts[:-1]][: len(file.parts) - level]
                assert [*package, *name.split(".")][0] in allowed, name

    def test_its_imports_are_at_the_top(self, file: Path) -> None:
        tree = parse(file)
        top = {id(node) for node in tree.body}
        if file in SDK:
            top |= {id(node) for block in tree.body if isinstance(block, ast.Try) for node in block.body}
        nested = [
            node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in top
        ]
        assert [ast.unparse(node) for node in nested] == []

    def test_it_asks_the_world_only_where_it_may(self, file: Path) -> None:
        if layer(file) in ("model", "render"):
            tree = parse(file)
            assert {name.split(".")[0] for level, name in imports(tree) if level == 0} & EDGES == set()
            calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
            assert {"open", "print", "input"} & set(calls) == set()

    def test_only_the_edges_run_commands(self, file: Path) -> None:
        if layer(file) != "host":
            assert "subprocess" not in {name.split(".")[0] for _level, name in imports(parse(file))}
