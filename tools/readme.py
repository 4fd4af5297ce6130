# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the parts of README.md and docs that are made from what roles, modules and tables say of themselves.

``make docs`` runs it; with ``--check`` it only says whether they are up to date.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert import threshold_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerting import default_alerting
from ansible_collections.hardened.librespot.plugins.module_utils.model.alerts import ALERTS, GROUPS, THRESHOLDS
from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS
from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import MONITOR
from ansible_collections.hardened.librespot.plugins.module_utils.model.relaxations import KINDS
from ansible_collections.hardened.librespot.plugins.module_utils.model.strategies import STRATEGIES, strategy_of
from ansible_collections.hardened.librespot.plugins.module_utils.render.alert_rules import threshold_text
from tools.catalogue import table

ROOT = Path(__file__).resolve().parents[1]
_CODE = re.compile(r"\b(?:C|V|O|RV|E)\(((?:[^()\\]|\\.)*)\)")
_NAME = re.compile(r"\b[MP]\(([^()#]+)(?:#\w+)?\)")


class OutOfPlaceError(Exception):
    """A file lacks the markers between which a part belongs."""


def markdown(text: str) -> str:
    """Return one line of Ansible's documentation markup as Markdown, fit for a cell of a table."""
    plain = _NAME.sub(r"`\1`", _CODE.sub(lambda match: f"`{match.group(1)}`", text))
    return " ".join(plain.replace("|", "\\|").split())


def argument_specs(root: Path) -> dict[str, dict[str, Any]]:
    """Return each role's entry points by the name of the role."""
    return {
        path.parents[1].name: yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for path in sorted(root.glob("roles/*/meta/argument_specs.yml"))
    }


def documentation(module: Path) -> dict[str, Any]:
    """Return the DOCUMENTATION of a module's file, without running it."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            found: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))
            return found
    raise OutOfPlaceError(f"{module} has no DOCUMENTATION")


def roles(root: Path) -> Iterable[str]:
    """Return a table of the roles and their entry points."""
    yield from ("| role | entry point | what it does |", "| --- | --- | --- |")
    for role, entries in argument_specs(root).items():
        for entry, spec in entries.items():
            yield f"| `{role}` | `{entry}` | {markdown(spec['short_description'])} |"


def modules(root: Path) -> Iterable[str]:
    """Return a table of the modules."""
    yield from ("| module | what it does |", "| --- | --- |")
    for path in sorted(root.glob("plugins/modules/*.py")):
        yield f"| `{path.stem}` | {markdown(documentation(path)['short_description'])} |"


def relaxations(_root: Path) -> Iterable[str]:
    """Return a table of the relaxations and their prices."""
    yield from ("| relaxation | for what | what the host gives up |", "| --- | --- | --- |")
    yield from (f"| `{kind.name}` | {kind.purpose} | {kind.price} |" for kind in KINDS)


def metrics(_root: Path) -> Iterable[str]:
    """Return a table of the metrics that the monitor keeps."""
    yield from ("| metric | type | labels | what it is |", "| --- | --- | --- | --- |")
    for item in MONITOR:
        labels = ", ".join(f"`{label}`" for label in item.labels)
        yield f"| `{item.name}` | {item.kind} | {labels} | {item.about} |"


def variables(root: Path) -> Iterable[str]:
    """Return, for each entry point of each role, what it is for and a table of its variables."""
    for role, entries in argument_specs(root).items():
        for entry, spec in entries.items():
            yield f"## {role}{'' if entry == 'main' else f', entry point {entry}'}"
            yield ""
            yield from (markdown(line) for line in spec["description"])
            yield ""
            yield from ("| variable | type | default | what it is |", "| --- | --- | --- | --- |")
            yield from (_row(name, option) for name, option in spec.get("options", {}).items())
            yield ""


_PLACE = re.compile(r"\{(\w+)\}")


def _word(words: Mapping[str, str], found: re.Match[str]) -> str:
    """Return what stands for a word in braces, of *words* or in capitals."""
    return words.get(found.group(1), found.group(1).upper())


def alerts(_root: Path) -> Iterable[str]:
    """Return, for each group of alerts, a table of what fires when, and what to do."""
    alerting = default_alerting()
    for group in GROUPS:
        yield f"### {group.capitalize()}"
        yield ""
        yield from ("| alert | severity | held for | what it means | what to do |", "| --- | --- | --- | --- | --- |")
        for alert in (item for item in ALERTS.values() if item.group == group):
            name = threshold_of(alert.condition)
            limit = threshold_text(name, alerting) if name else ""
            words = {"host": "HOST", "value": "VALUE", "threshold": limit}
            summary, description, action = (
                _PLACE.sub(partial(_word, words), text) for text in (alert.summary, alert.description, alert.action)
            )
            held = f"{alert.hold_s} s" if alert.hold_s else "at once"
            yield f"| `{alert.name}` | {alert.severity} | {held} | {summary}. {description} | {action}. |"
        yield ""


def thresholds(_root: Path) -> Iterable[str]:
    """Return a table of the thresholds."""
    yield from ("| threshold | default | from | to | unit | of what |", "| --- | --- | --- | --- | --- | --- |")
    yield from (
        f"| `{item.name}` | {item.default} | {item.minimum} | {item.maximum} | {item.unit} | {item.about} |"
        for item in THRESHOLDS.values()
    )


def _row(name: str, option: Mapping[str, Any]) -> str:
    described = option["description"]
    text = " ".join(described if isinstance(described, list) else [described])
    choices = f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}." if "choices" in option else ""
    default = option.get("default", "")
    value = default if isinstance(default, str) else json.dumps(default)
    shown = "required" if option.get("required") else f"`{value}`" if value else ""
    return f"| `{name}` | {option['type']} | {shown} | {markdown(text)}{choices} |"


def controls(_root: Path) -> Iterable[str]:
    """Return, for each strategy, its threats and a table of its controls."""
    for strategy in STRATEGIES:
        yield f"## {strategy.id}: {strategy.title}"
        yield ""
        yield f"Against: {', '.join(f'{threat} ({severity})' for threat, severity in strategy.threats)}."
        yield ""
        yield from (
            "| id | control | severity | threat | why this way | when it is red |",
            "| --- | --- | --- | --- | --- | --- |",
        )
        for item in CONTROLS.values():
            if strategy_of(item.id) == strategy.id:
                cells = (item.id, item.title, item.severity, item.threat, item.rationale, item.remedy)
                yield f"| {' | '.join(markdown(cell) for cell in cells)} |"
        yield ""


def kept(_root: Path) -> Iterable[str]:
    """Return a table of what keeps each control."""
    return table.summary()


def details(_root: Path) -> Iterable[str]:
    """Return, for each control, all that keeps it."""
    return table.details()


PARTS: dict[str, tuple[tuple[str, Callable[[Path], Iterable[str]]], ...]] = {
    "README.md": (("relaxations", relaxations), ("roles", roles), ("modules", modules)),
    "docs/roles.md": (("variables", variables),),
    "docs/controls.md": (("controls", controls),),
    "docs/catalogue.md": (("kept", kept), ("details", details)),
    "docs/monitoring.md": (("metrics", metrics),),
    "docs/alerts.md": (("alerts", alerts), ("thresholds", thresholds)),
}
"""File to its generated parts, each between ``<!-- NAME: ... -->`` and ``<!-- end of NAME -->``."""


def filled(text: str, name: str, lines: Iterable[str]) -> str:
    """Return *text* with *lines* as the part *name*. Raises OutOfPlaceError when it has no place for it."""
    place = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    body = "\n".join(lines).rstrip()
    result, count = place.subn(lambda match: f"{match.group(1)}\n{body}\n\n{match.group(2)}", text)
    if count != 1:
        raise OutOfPlaceError(f"{count} places for {name}, not one")
    return result


def current(root: Path, name: str) -> str:
    """Return what the file *name* should be."""
    text = (root / name).read_text(encoding="utf-8")
    for part, make in PARTS[name]:
        text = filled(text, part, make(root))
    return text


def main() -> int:
    """Write or check all files and return the status."""
    parser = argparse.ArgumentParser(prog="python -m tools.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, and fail when a file is not up to date")
    check = parser.parse_args().check
    stale = [name for name in PARTS if current(ROOT, name) != (ROOT / name).read_text(encoding="utf-8")]
    for name in stale:
        print(f"{name}: {'not up to date; run make docs' if check else 'written'}")
        if not check:
            (ROOT / name).write_text(current(ROOT, name), encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
