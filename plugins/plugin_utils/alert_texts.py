# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that tell of alerts, as text that people can read: made on the controller, which has a library for YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from ..module_utils.model.alert_files import MARK
from ..module_utils.model.alert_route import read_route
from ..module_utils.model.alerting import read_alerting
from ..module_utils.render.alert_route import route
from ..module_utils.render.alert_rules import rules
from ..module_utils.render.dashboard import dashboard

_WIDTH = 160


class _Dumper(yaml.SafeDumper):
    """Writes lists indented, and what has several lines as a block."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write twice what is there twice, as people do."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists too."""
        del indentless
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|" if "\n" in text else None)


# Also for what Ansible makes of the text that a user wrote.
_Dumper.add_multi_representer(str, _string)
_Dumper.add_representer(str, _string)


def yaml_text(data: Mapping[str, Any], about: str) -> str:
    """Return *data* as a file that is marked as ours; *about* is what it says of itself, in lines."""
    head = "".join(f"# {line}\n" for line in (MARK, *about.splitlines()))
    return head + yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True)


def texts(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each kind of file, as the options of the module say. Raises `SpecificationError`."""
    alerting = read_alerting(asked["alerts"], asked["thresholds"], asked["labels"])
    chosen = read_route(asked["mail"], asked["webhook"])
    return {
        "rules": yaml_text(rules(alerting), "docs/alerts.md of the collection says what each alert means."),
        "alertmanager": yaml_text(route(chosen), "Try a route with: amtool config routes test service=librespot ..."),
        "dashboard": json.dumps(dashboard(alerting), indent=2) + "\n",
    }
