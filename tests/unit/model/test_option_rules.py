# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options say about each other."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.option_rules import backend_of, warnings
from ansible_collections.hardened.librespot.plugins.module_utils.model.options import normalise

FEATURES = ("alsa-backend", "with-libmdns", "passthrough-decoder")
PIPE = {"backend": "pipe", "device": "/run/fifo"}
CARD = {"backend": "alsa", "device": "hw:0"}


def take(options: Any, relaxations: tuple[str, ...] = ("hooks",), features: Any = FEATURES) -> Any:
    return normalise(options, "0.8.0", "options", relaxations, features)


@pytest.mark.parametrize(
    ("options", "path", "said"),
    [
        ({"verbose": True, "quiet": True}, "quiet", "contradicts verbose"),
        ({"cache-size-limit": "1G", "disable-audio-cache": True}, "disable-audio-cache", "contradicts"),
        ({"format": "F32", "dither": "tpdf"}, "dither", "is not possible with format F32"),
        ({"mixer": "alsa"}, "mixer", "does not know whose mixer"),
        ({"mixer": "alsa", "backend": "alsa", "device": "pulse"}, "mixer", "does not know whose mixer"),
        ({"mixer": "alsa", **PIPE}, "mixer", "does not know whose mixer"),
        ({"backend": "pipe"}, "backend", "without a device writes raw sound into the journal"),
        ({"backend": "pipe", "device": "fifo"}, "device", "is not an absolute path"),
        ({"backend": "alsa", "device": "?"}, "device", "list devices and end"),
        ({"device": "hw:0"}, "device", "none is chosen"),
        ({"backend": "subprocess"}, "device", "is no command"),
        ({"backend": "subprocess", "device": "/bin/a 'b"}, "device", "has a quote that does not end"),
        ({"backend": "subprocess", "device": "aplay -"}, "device", "is not an absolute path"),
        ({"passthrough": True}, "passthrough", "cannot play"),
        ({"passthrough": True, **CARD}, "passthrough", "cannot play"),
        ({"onevent": "   "}, "onevent", "is no program"),
        ({"onevent": "hook.sh"}, "onevent", "is not an absolute path"),
        ({"backend": "rodio"}, "backend", "needs the cargo feature rodio-backend"),
        ({"zeroconf-backend": "avahi"}, "zeroconf-backend", "needs the cargo feature with-avahi"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        take(options)
    assert caught.value.path == f"options.{path}"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"format": "F32", "dither": "none"},
        {"mixer": "alsa", **CARD},
        {"mixer": "alsa", "backend": "alsa", "device": "plughw:CARD=DAC,DEV=0"},
        {"mixer": "alsa", "alsa-mixer-device": "hw:0", **PIPE},
        {"backend": "subprocess", "device": "/usr/bin/aplay '-f cd'"},
        {"passthrough": True, **PIPE},
        {"onevent": "/usr/local/bin/hook --quick", "emit-sink-events": True},
        {"zeroconf-backend": "libmdns"},
    ],
)
def test_what_the_program_can_do_is_allowed(options: dict[str, Any]) -> None:
    assert take(options).keys() == options.keys()


@pytest.mark.parametrize(
    "name", ["alsa-mixer-control", "alsa-mixer-device", "alsa-mixer-index", "mixer", "passthrough"]
)
def test_options_of_a_feature_need_it_when_features_are_known(name: str) -> None:
    values = {"alsa-mixer-index": 0, "passthrough": True, "mixer": "alsa"}
    options = {"alsa-mixer-device": "hw:0", **PIPE, name: values.get(name, "hw:0")}
    assert name in take(options, features=None)
    with pytest.raises(SpecificationError, match="needs the cargo feature"):
        take(options, features=("with-libmdns",))


def test_the_mixer_of_a_card_needs_its_feature_whatever_names_the_card() -> None:
    options = {"mixer": "alsa", "backend": "pipe", "device": "/run/fifo:0"}
    assert take(options)["mixer"] == "alsa"
    with pytest.raises(SpecificationError, match="mixer: 'alsa' needs the cargo feature alsa-backend"):
        take(options, features=("with-libmdns",))


def test_a_backend_that_runs_a_program_needs_the_relaxation() -> None:
    with pytest.raises(SpecificationError, match="Grant the instance the relaxation hooks"):
        take({"backend": "subprocess", "device": "/usr/bin/aplay"}, relaxations=())


def test_a_build_without_sound_would_write_into_the_journal() -> None:
    with pytest.raises(SpecificationError, match="raw sound into the journal"):
        take({}, features=("with-libmdns",))


@pytest.mark.parametrize(
    ("features", "backend"),
    [
        (("alsa-backend", "rodio-backend"), "rodio"),
        (("pulseaudio-backend", "alsa-backend"), "alsa"),
        ((), "pipe"),
        (None, ""),
    ],
)
def test_the_program_takes_the_first_backend_that_was_built(features: Any, backend: str) -> None:
    assert backend_of({}, features) == backend


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"bitrate": 320, "quiet": True, **CARD}, []),
        ({"verbose": True}, ["verbose"]),
        ({"proxy": "http://proxy:3128"}, ["proxy"]),
        ({"local-file-dir": ["/srv/music"]}, ["local-file-dir"]),
        ({"onevent": "/bin/hook"}, ["onevent"]),
        ({"backend": "subprocess", "device": "/bin/aplay"}, ["backend"]),
        (PIPE, ["device"]),
        ({"emit-sink-events": True}, ["emit-sink-events"]),
        ({"alsa-mixer-index": 1}, ["alsa-mixer-index"]),
        ({"normalisation-knee": 1}, ["normalisation-knee"]),
        (
            {"enable-volume-normalisation": True, "normalisation-method": "basic", "normalisation-attack": 9},
            ["normalisation-attack"],
        ),
        ({"enable-volume-normalisation": True, "normalisation-attack": 9}, []),
        ({"volume-ctrl": "fixed", "volume-range": 20}, ["volume-range"]),
    ],
)
def test_what_costs_safety_or_has_no_effect_is_said(options: dict[str, Any], names: list[str]) -> None:
    found = warnings(take(options))
    assert [name for name, _unused in found] == names
    assert all(reason for _unused, reason in found)


def test_another_daemon_for_discovery_is_a_warning() -> None:
    values = take({"zeroconf-backend": "avahi"}, features=("alsa-backend", "with-avahi"))
    assert [name for name, _unused in warnings(values)] == ["zeroconf-backend"]
