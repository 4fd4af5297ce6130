# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the audit by the controls that they are about, read from the code that makes their findings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS

ROOT = Path(__file__).resolve().parents[2]
_AUDIT = "plugins/module_utils/audit"
_FLEET = tuple(f"plugins/module_utils/model/{name}.py" for name in ("environments", "formal_review", "limits_review"))

# Which control a difference of the table is about is decided by the chain that differs.
_BY_PART = {(f"{_AUDIT}/firewall.py", control): "table" for control in ("NET-04", "NET-09", "NET-10", "NET-11")}


@dataclass(frozen=True, order=True)
class Check:
    """A *check* of a *control* in the code at *path*; *live* ones run something on the host."""

    control: str
    check: str
    path: str
    live: bool


@cache
def checks() -> tuple[Check, ...]:
    """Return every check, passive ones and those that run only in a live audit."""
    paths = [*sorted((ROOT / _AUDIT).glob("*.py")), *(ROOT / name for name in _FLEET)]
    found = {item for path in paths for item in _of(path)}
    # One that a live audit alone asks for is asked for there, and named again where its finding is made.
    live = {(item.control, item.check) for item in found if item.live}
    return tuple(sorted({Check(x.control, x.check, x.path, (x.control, x.check) in live) for x in found}))


def _of(path: Path) -> Iterator[Check]:
    tree, name = ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT))
    words = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for live, items in _sequences(tree, False):
        texts = [_text(item, words) for item in items]
        for control, check in pairwise(texts):
            if control in CONTROLS and _is_check(check):
                yield Check(control, check, name, live)
    text = path.read_text(encoding="utf-8")
    yield from (Check(of, check, at, False) for (at, of), check in _BY_PART.items() if at == name and f'"{of}"' in text)
    if name in _FLEET:
        yield from _of_fleet(text, words, name)


def _of_fleet(text: str, words: dict[str, str], name: str) -> Iterator[Check]:
    """Yield what is judged of all hosts together, where the check is the name of what is compared."""
    check = words.get("_CHECK", "each setting" if "COMPARED" in text else "each limit")
    yield from (Check(control, check, name, False) for control in CONTROLS if f'"{control}"' in text)


def _sequences(node: ast.AST, live: bool) -> Iterator[tuple[bool, Sequence[ast.expr]]]:
    """Yield what stands in each call and tuple, and whether it is asked for in a live audit alone."""
    if isinstance(node, ast.Call):
        yield live, node.args
    if isinstance(node, ast.Tuple):
        yield live, node.elts
    if isinstance(node, ast.If) and ast.unparse(node.test).split(" and ", maxsplit=1)[0] == "context.live":
        yield from (found for item in node.body for found in _sequences(item, True))
        yield from (found for item in node.orelse for found in _sequences(item, live))
        return
    for child in ast.iter_child_nodes(node):
        yield from _sequences(child, live)


def _text(node: ast.expr, words: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return words.get(node.id, "")
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_check(text: str) -> bool:
    return bool(text) and text not in CONTROLS and text[0].islower() and len(text.split()) <= 3
