# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An option that the sandbox would keep from working is refused, with the relaxation that opens what it needs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification

PIPE = "/run/snapserver/librespot"
FIFO = {"fifo": {"path": PIPE, "reason": "snapserver"}}
HOOKS = {"hooks": {"programs": ["/opt/hooks/one"], "reason": "amplifier"}}
ALSA = {"alsa": "speakers"}


def parse(options: dict[str, Any], relaxations: dict[str, Any]) -> None:
    item = {"name": "kitchen", "options": options, "relaxations": relaxations}
    parse_specification("0.8.0", [item])


@pytest.mark.parametrize(
    ("options", "relaxations", "path", "remedy"),
    [
        ({"backend": "alsa"}, {}, "backend", "alsa:"),
        ({"backend": "rodio"}, {}, "backend", "alsa:"),
        ({"backend": "portaudio"}, {}, "backend", "alsa:"),
        ({"backend": "pulseaudio"}, ALSA, "backend", "pulseaudio:"),
        ({"mixer": "alsa", "alsa-mixer-device": "hw:0"}, {}, "mixer", "alsa:"),
        ({"backend": "pipe", "device": PIPE}, {}, "device", "fifo:"),
        ({"backend": "pipe", "device": "/run/other/pipe"}, FIFO, "device", "/run/other/pipe"),
        ({"onevent": "/opt/hooks/two"}, HOOKS, "onevent", "/opt/hooks/two"),
        ({"backend": "subprocess", "device": "/opt/hooks/two -r"}, HOOKS, "device", "/opt/hooks/two"),
        ({"local-file-dir": ["/srv/music"]}, {}, "local-file-dir", "media:"),
        ({"cache-size-limit": "100M"}, {}, "cache-size-limit", "disk:"),
        ({"zeroconf-backend": "avahi"}, {}, "zeroconf-backend", "libmdns"),
        ({"zeroconf-backend": "dns-sd"}, {}, "zeroconf-backend", "libmdns"),
    ],
)
def test_what_cannot_work_is_refused(
    options: dict[str, Any], relaxations: dict[str, Any], path: str, remedy: str
) -> None:
    with pytest.raises(SpecificationError) as error:
        parse(options, relaxations)
    assert f"librespot_instances[0].options.{path}" in error.value.message
    assert remedy in error.value.remedy


@pytest.mark.parametrize(
    ("options", "relaxations"),
    [
        ({"backend": "alsa", "device": "null"}, {}),
        ({"backend": "alsa"}, ALSA),
        ({"backend": "alsa"}, {"pipewire": "the desktop"}),
        ({"backend": "pulseaudio"}, {"pulseaudio": "the desktop"}),
        ({"mixer": "alsa", "alsa-mixer-device": "hw:0"}, ALSA),
        ({"backend": "pipe", "device": "/dev/null"}, {}),
        ({"backend": "pipe", "device": PIPE}, FIFO),
        ({"onevent": "/opt/hooks/one playing"}, HOOKS),
        ({"onevent": "/usr/bin/hook"}, HOOKS),
        ({"backend": "subprocess", "device": "/opt/hooks/one -r"}, HOOKS),
        ({"zeroconf-backend": "libmdns"}, {}),
    ],
)
def test_what_is_opened_is_taken(options: dict[str, Any], relaxations: dict[str, Any]) -> None:
    parse(options, relaxations)
