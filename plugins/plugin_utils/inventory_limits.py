# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts limits into the text of an inventory file, and leaves every other character of it as it is.

The YAML library that Ansible itself reads the file with says where each value stands, and only values are replaced or
added there. To write the whole file anew, as a round trip does, would keep comments, and change spaces, folding and
alignment that a person has chosen. What comes out is read again, and has to be what went in with those limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ..module_utils.model.errors import HostError

VARIABLE = "librespot_instances"
_LIMITS = "limits"
_NAME = "name"
_MERGE = "<<"
_VAULT = "$ANSIBLE_VAULT"
_NOTHING = "Nothing was written"

Limits = Mapping[str, Any]
Node = yaml.nodes.Node


def by_hand(wanted: Mapping[str, Limits]) -> str:
    """Return the step that is left to the user when the file cannot be written."""
    said = "; ".join(f"limits of {name}: {_flow(limits)}" for name, limits in wanted.items() if limits)
    if not said:
        return f"{_NOTHING}. Leave out write, and write what is recommended yourself where {VARIABLE} stands"
    return f"{_NOTHING}. Write yourself where {VARIABLE} of this host stands: {said}"


@dataclass(frozen=True)
class _Edit:
    """*text* in the place of the characters from *begin* to *end*."""

    begin: int
    end: int
    text: str


class InventoryText:
    """The *text* of the file at *path*, in which the instances of *host* stand; *wanted* are the limits by instance.

    Raises `HostError` for a file that cannot be edited so that Ansible reads what is wanted.
    """

    def __init__(self, text: str, path: str, host: str, wanted: Mapping[str, Limits]) -> None:
        self._text = text
        self._path = path
        self._host = host
        self._wanted = wanted
        if sealed(text):
            raise self._refused("is encrypted by Ansible Vault as a whole", f"Open it: ansible-vault edit {path}. ")
        self._root = self._composed(text)
        self._shared = _seen_twice(self._root)
        self._items = self._instances(_scope(self._root, host))

    def limits(self, name: str) -> dict[str, str] | None:
        """Return the limits of an instance as the file has them, each as its text; None when they are not plain."""
        found = _value(self._items[name], _LIMITS)
        if found is None:
            return None if _value(self._items[name], _MERGE) else {}
        pairs = found.value if isinstance(found, yaml.MappingNode) else [(found, found)]
        plain = all(isinstance(value, yaml.ScalarNode) and "{{" not in value.value for _key, value in pairs)
        return {str(key.value): str(value.value) for key, value in pairs} if plain else None

    def edited(self) -> str:
        """Return the text with the limits that are wanted."""
        edits = [edit for name, limits in self._wanted.items() for edit in self._edits(name, limits)]
        text = self._text
        for edit in sorted(edits, key=lambda item: item.begin, reverse=True):
            text = text[: edit.begin] + edit.text + text[edit.end :]
        self._verify(text)
        return text

    # -- where things stand ----------------------------------------------------------------------------------

    def _instances(self, scope: yaml.MappingNode | None) -> dict[str, yaml.MappingNode]:
        if scope is None:
            raise self._refused(f"does not have {VARIABLE} of this host", "")
        found = self._plain(_value(scope, VARIABLE), VARIABLE)
        if not isinstance(found, yaml.SequenceNode):
            raise self._refused(f"has something else than a list as {VARIABLE}, such as a template", "")
        items = {}
        for number, item in enumerate(found.value):
            where = f"{VARIABLE}[{number}]"
            name = _value(item, _NAME) if isinstance(item, yaml.MappingNode) else None
            if isinstance(name, yaml.ScalarNode) and name.value in self._wanted:
                items[name.value] = self._mapping(item, where)
        for wanted in self._wanted:
            if wanted not in items:
                raise self._refused(f"has no instance called {wanted} in {VARIABLE}", "")
        return items

    def _mapping(self, node: Node, where: str) -> yaml.MappingNode:
        self._plain(node, where)
        if not isinstance(node, yaml.MappingNode):
            raise self._refused(f"has something else than a mapping at {where}, such as a template", "")
        keys = [str(key.value) for key, _pair in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise self._refused(f"has {twice[0]} twice at {where}, of which Ansible takes the last", "Remove one. ")
        return node

    def _plain(self, node: Node | None, where: str) -> Node | None:
        """Return *node*. Raises `HostError` for one that stands at several places, or has an anchor or a tag."""
        if node is not None and (id(node) in self._shared or self._text[node.start_mark.index] in "&*!"):
            raise self._refused(f"has an anchor, an alias or a tag at {where}, so that it is used elsewhere too", "")
        return node

    # -- what changes ----------------------------------------------------------------------------------------

    def _edits(self, name: str, limits: Limits) -> Iterator[_Edit]:
        item = self._items[name]
        where = f"{VARIABLE} of {name}"
        found = _value(item, _LIMITS)
        if found is None:
            if _value(item, _MERGE) is not None:
                raise self._refused(f"has the limits of {name} from elsewhere, by a merge key", "")
            if limits:
                yield self._added(item, _NAME, f"{_LIMITS}: {_flow(limits)}")
            return
        mapping = self._mapping(found, f"{where}.{_LIMITS}")
        if _value(mapping, _MERGE) is not None:
            raise self._refused(f"has limits of {name} from elsewhere, by a merge key", "")
        new = {}
        for key, value in limits.items():
            old = self._plain(_value(mapping, key), f"{where}.{_LIMITS}.{key}")
            if old is None:
                new[key] = value
            elif not isinstance(old, yaml.ScalarNode) or "{{" in old.value:
                raise self._refused(f"has a template as {where}.{_LIMITS}.{key}", "")
            elif old.value != str(value):
                quote = old.style if old.style in ("'", '"') else ""
                yield _Edit(old.start_mark.index, old.end_mark.index, f"{quote}{value}{quote}")
        if new:
            yield self._added(mapping, "", _flow(new)[1:-1] if mapping.flow_style else "\n".join(_lines(new)))

    def _added(self, mapping: yaml.MappingNode, after: str, text: str) -> _Edit:
        """Return the edit that adds *text*, one key on each line, behind the key *after*, or behind the last one."""
        if not mapping.value:
            return _Edit(mapping.start_mark.index + 1, mapping.end_mark.index - 1, text)
        simple = [
            (key, value)
            for key, value in mapping.value
            if isinstance(value, yaml.ScalarNode) and value.style not in ("|", ">") and after in ("", key.value)
        ]
        if mapping.flow_style:
            end = mapping.value[-1][1].end_mark.index if not simple else simple[-1][1].end_mark.index
            return _Edit(end, end, f", {text}")
        indent = " " * mapping.value[0][0].start_mark.column
        newline = "\r\n" if "\r\n" in self._text else "\n"
        if not simple:
            begin = mapping.value[0][0].start_mark.index
            return _Edit(begin, begin, "".join(f"{line}{newline}{indent}" for line in text.split("\n")))
        # Behind what else is on that line, as a comment.
        end = self._text.find("\n", simple[-1][1].end_mark.index)
        lines = newline.join(f"{indent}{line}" for line in text.split("\n"))
        if end < 0:
            return _Edit(len(self._text), len(self._text), f"{newline}{lines}")
        return _Edit(end + 1, end + 1, f"{lines}{newline}")

    # -- whether it is right ---------------------------------------------------------------------------------

    def _verify(self, text: str) -> None:
        """Raise `HostError` unless *text* is what is there, with the limits that are wanted."""
        made = InventoryText(text, self._path, self._host, self._wanted)
        left = [edit for name, limits in self._wanted.items() for edit in made._edits(name, limits)]
        try:
            if left or self._rest() != made._rest():
                raise self._refused("would say something else after the edit", "")
        except RecursionError as error:
            raise self._refused("holds itself, by an alias", "") from error

    def _rest(self) -> Any:
        """Return what the file holds besides the limits that are wanted."""
        return _data(self._root, {id(self._items[name]): limits for name, limits in self._wanted.items()})

    def _composed(self, text: str) -> yaml.MappingNode:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            # Without the line itself, which may hold a secret.
            mark = getattr(error, "problem_mark", None)
            where = f" at line {mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or type(error).__name__
            raise self._refused(f"is not one document of YAML: {problem}{where}", "") from None
        if not isinstance(root, yaml.MappingNode):
            raise self._refused(f"does not have {VARIABLE} of this host", "")
        keys = [str(key.value) for key, _pair in root.value]
        if keys.count(VARIABLE) > 1:
            raise self._refused(f"has {VARIABLE} twice, of which Ansible takes the last", "Remove one. ")
        return root

    def _refused(self, problem: str, remedy: str) -> HostError:
        return HostError(f"{self._path} {problem}", f"{remedy}{by_hand(self._wanted)}")


def sealed(text: str) -> bool:
    """Whether the file with this *text* is encrypted as a whole."""
    return text.startswith(_VAULT)


def has_instances(text: str, host: str) -> bool:
    """Whether the file with this *text* has the instances of *host*; raises YAMLError for what cannot be read."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return isinstance(root, yaml.MappingNode) and _scope(root, host) is not None


def _scope(root: yaml.MappingNode, host: str) -> yaml.MappingNode | None:
    """Return the mapping with the variables of *host*: the whole file, or its entry in an inventory of YAML."""
    if _value(root, VARIABLE) is not None:
        return root
    for _key, group in root.value:
        if not isinstance(group, yaml.MappingNode):
            continue
        hosts, children = _value(group, "hosts"), _value(group, "children")
        entry = _value(hosts, host) if isinstance(hosts, yaml.MappingNode) else None
        if isinstance(entry, yaml.MappingNode) and _value(entry, VARIABLE) is not None:
            return entry
        below = _scope(children, host) if isinstance(children, yaml.MappingNode) else None
        if below is not None:
            return below
    return None


def _value(mapping: yaml.MappingNode, name: str) -> Node | None:
    """Return the value of a key, the last one as Ansible does."""
    found: Node | None = None
    for key, value in mapping.value:
        if isinstance(key, yaml.ScalarNode) and key.value == name:
            found = value
    return found


def _seen_twice(root: Node) -> set[int]:
    """Return the ids of nodes that stand at several places: an alias is the node that it names."""
    once: set[int] = set()
    twice: set[int] = set()
    left = [root]
    while left:
        node = left.pop()
        if id(node) in once:
            twice.add(id(node))
            continue
        once.add(id(node))
        if isinstance(node, yaml.MappingNode):
            left += [one for pair in node.value for one in pair]
        elif isinstance(node, yaml.SequenceNode):
            left += node.value
    return twice


def _data(node: Node, without: Mapping[int, Limits]) -> Any:
    """Return what a node holds: scalars with their tags, lists and dicts. Nothing is constructed from a tag.

    *without* has by the id of a node those limits in it that are left out.
    """
    if isinstance(node, yaml.MappingNode):
        found = {str(key.value): _data(value, without) for key, value in node.value}
        if id(node) in without:
            limits = found.get(_LIMITS, {})
            found[_LIMITS] = {key: value for key, value in limits.items() if key not in without[id(node)]}
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_data(item, without) for item in node.value]
    return (node.tag, node.value)


def _lines(limits: Limits) -> list[str]:
    return [f"{key}: {value}" for key, value in limits.items()]


def _flow(limits: Limits) -> str:
    return "{" + ", ".join(_lines(limits)) + "}"
