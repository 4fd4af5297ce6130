# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that tell of alerts, as text that people can read: made on the controller, which has a library for YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from ..module_utils.model.alert_files import MARK

_WIDTH = 160


class _Dumper(yaml.SafeDumper):
    """Writes lists indented, and what has several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists too."""
        del indentless
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)


def yaml_text(data: Mapping[str, Any], about: str) -> str:
    """Return *data* as a file that is marked as ours; *about* is what it says of itself, in lines."""
    head = "".join(f"# {line}\n" for line in (MARK, *about.splitlines()))
    return head + yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True)
