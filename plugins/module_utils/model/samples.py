# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samples read back from the text that another program of ours wrote for Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .metrics import METRICS, Sample

_LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPED = {"\\\\": "\\", "\\n": "\n", '\\"': '"'}


def read_samples(text: str) -> Iterator[Sample]:
    """Yield the samples of *text* that are in the table of metrics; what is none is passed over."""
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found.group(1) not in METRICS:
            continue
        labels = {name: _plain(value) for name, value in _LABEL.findall(found.group(2) or "")}
        try:
            yield Sample(found.group(1), float(found.group(3)), labels)
        except ValueError:
            continue


def _plain(value: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPED.get(found.group(), found.group()), value)
