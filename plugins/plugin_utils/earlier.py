# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports that were written earlier, read back from their JSON."""

from __future__ import annotations

import json
from typing import Any

from ..module_utils.host.opened import opened
from ..module_utils.model.comparison import Key, worst
from ..module_utils.model.errors import SpecificationError, shown, why
from ..module_utils.model.finding import STATUSES
from ..module_utils.model.formal_review import Earlier
from ..module_utils.model.reading import path_of
from ..module_utils.model.report import KINDS
from ..module_utils.model.timestamp import seconds, utc
from ..module_utils.render.report import FORMAT, TOOL

_LARGEST = 512 * 1024**2
_ANEW = "Name a report that this version wrote with path, or leave the option out and make one"


def read_report(path: str, option: str) -> Earlier:
    """Return the report at *path*, which *option* names. Raises `SpecificationError` for whatever is none."""
    path_of(path, option)
    try:
        with opened(path) as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        raise SpecificationError(option, path, f"cannot be read: {why(error)}", "Name a report") from error
    if len(text) > _LARGEST:
        raise SpecificationError(option, path, f"is larger than {_LARGEST // 1024**2} MiB", "Name a report")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecificationError(option, path, f"is no JSON: {why(error)}", _ANEW) from error
    if not isinstance(data, dict) or "format" not in data or "hosts" not in data:
        raise SpecificationError(option, path, "is no report", _ANEW)
    if data["format"] != FORMAT or isinstance(data["format"], bool):
        problem = f"has the format {shown(data['format'])}, and this version reads {FORMAT}"
        raise SpecificationError(option, path, problem, _ANEW)
    try:
        return _earlier(data)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise SpecificationError(option, path, f"is no complete report: {why(error)}", _ANEW) from error


def _earlier(data: dict[str, Any]) -> Earlier:
    if data["tool"]["name"] != TOOL:
        raise ValueError(f"it was written by {shown(data['tool']['name'])}")
    if data["kind"] not in KINDS:
        raise ValueError(f"it is of the kind {shown(data['kind'])}")
    made = utc(seconds(data["made"])) if data["made"] else ""
    found = [_status("", item) for item in data["fleet"]["findings"]]
    for name, host in data["hosts"].items():
        found += [_status(name, item) for item in host["findings"]]
    audited = {name: host["audited"] for name, host in data["hosts"].items()}
    if not all(isinstance(value, bool) for value in audited.values()):
        raise ValueError("it does not say which hosts were audited")
    return Earlier(data["kind"], made, audited, worst(found))


def _status(host: str, item: dict[str, Any]) -> tuple[Key, str]:
    key = Key(host, item["id"], item["check"], item["scope"])
    if not all(isinstance(text, str) for text in (key.control, key.check, key.scope)) or item["status"] not in STATUSES:
        raise ValueError("it has a finding that is none")
    return key, item["status"]
