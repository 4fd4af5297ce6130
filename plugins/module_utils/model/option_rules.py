# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options say about each other: contradictions, and what has no effect or costs safety."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping

from .errors import SpecificationError
from .option_values import OptionValue, absolute
from .options_table import BY_NAME

Values = Mapping[str, OptionValue]

# In the order in which the program takes the first one that was compiled in.
_BACKENDS = BY_NAME["backend"].choices
_ALWAYS_THERE = ("pipe", "subprocess")
_ALSA_MIXER = ("alsa-mixer-control", "alsa-mixer-device", "alsa-mixer-index")
_LIMITER = ("normalisation-threshold", "normalisation-attack", "normalisation-release", "normalisation-knee")
_NORMALISATION = ("normalisation-method", "normalisation-gain-type", "normalisation-pregain", *_LIMITER)


def backend_of(values: Values, features: Collection[str] | None) -> str:
    """Return the backend that the program would take; empty when only its unknown features decide."""
    chosen = values.get("backend")
    if isinstance(chosen, str):
        return chosen
    if features is None:
        return ""
    built = [name for name in _BACKENDS if name in _ALWAYS_THERE or f"{name}-backend" in features]
    return built[0]


def refuse_contradictions(
    values: Values, path: str, relaxations: Collection[str], features: Collection[str] | None
) -> None:
    """Raise `SpecificationError` for options that cannot stand together, or that ask for what was not built."""
    _features(values, path, features)
    if "verbose" in values and "quiet" in values:
        raise _error(path, values, "quiet", "contradicts verbose", "Keep one of them")
    if "cache-size-limit" in values and "disable-audio-cache" in values:
        raise _error(path, values, "disable-audio-cache", "contradicts cache-size-limit", "Keep one of them")
    if values.get("dither", "none") != "none" and values.get("format") in ("F32", "F64"):
        raise _error(path, values, "dither", f"is not possible with format {values['format']}", "Write dither: none")
    if values.get("mixer") == "alsa":
        _alsa_mixer(values, path)
    _output(values, path, relaxations, features)
    if "onevent" in values:
        _onevent(values, path)


def _features(values: Values, path: str, features: Collection[str] | None) -> None:
    if features is None:
        return
    for name in values:
        _needs(values, path, name, BY_NAME[name].feature, features)
    backend = values.get("backend")
    if backend is not None and backend not in _ALWAYS_THERE:
        _needs(values, path, "backend", f"{backend}-backend", features)
    if values.get("mixer") == "alsa":
        _needs(values, path, "mixer", "alsa-backend", features)
    if "zeroconf-backend" in values:
        _needs(values, path, "zeroconf-backend", f"with-{values['zeroconf-backend']}", features)


def _needs(values: Values, path: str, name: str, feature: str, features: Collection[str]) -> None:
    if feature and feature not in features:
        raise _error(
            path, values, name, f"needs the cargo feature {feature}", f"Build librespot with {feature}, or remove it"
        )


def _alsa_mixer(values: Values, path: str) -> None:
    if "alsa-mixer-device" not in values and ":" not in str(values.get("device", "")):
        raise _error(
            path,
            values,
            "mixer",
            "does not know whose mixer, since device names no card",
            "Write alsa-mixer-device, as hw:0, or a device with a card, as hw:0",
        )


def _output(values: Values, path: str, relaxations: Collection[str], features: Collection[str] | None) -> None:
    backend = backend_of(values, features)
    device = values.get("device")
    if device == "?":
        raise _error(path, values, "device", "makes the program list devices and end", "Write a device")
    if device is not None and "backend" not in values:
        raise _error(
            path, values, "device", "is another thing to each backend, and none is chosen", "Write a backend, as alsa"
        )
    if backend == "pipe":
        if device is None:
            raise _error(
                path, values, "backend", "without a device writes raw sound into the journal", "Write a device for it"
            )
        absolute(str(device), f"{path}.device")
    if backend == "subprocess":
        if "hooks" not in relaxations:
            raise _error(
                path, values, "backend", "runs a program inside the service", "Grant the instance the relaxation hooks"
            )
        _command(values, path, "device")
    if "passthrough" in values and backend not in _ALWAYS_THERE:
        raise _error(
            path, values, "passthrough", "gives the backend a stream that it cannot play", "Write backend: pipe"
        )


def _command(values: Values, path: str, name: str) -> None:
    try:
        words = shlex.split(str(values.get(name, "")))
    except ValueError:
        raise _error(path, values, name, "has a quote that does not end", "Close the quote") from None
    if not words:
        raise _error(path, values, name, "is no command", "Write a program with its arguments")
    absolute(words[0], f"{path}.{name}")


def _onevent(values: Values, path: str) -> None:
    words = str(values["onevent"]).split()
    if not words:
        raise _error(path, values, "onevent", "is no program", "Write the path of a program, or remove it")
    absolute(words[0], f"{path}.onevent")


def _error(path: str, values: Values, name: str, problem: str, remedy: str) -> SpecificationError:
    return SpecificationError(f"{path}.{name}", values.get(name), problem, remedy)


def warnings(values: Values) -> list[tuple[str, str]]:
    """Return (option, reason) for every normalised value that costs safety or has no effect."""
    found = [(name, BY_NAME[name].permissive) for name in values if BY_NAME[name].permissive]
    if values.get("backend") == "subprocess":
        found.append(("backend", "a program is run and fed with what comes from outside"))
    if values.get("backend") == "pipe":
        found.append(("device", "the file or FIFO is opened anew for each playing, links followed, and a file emptied"))
    if values.get("zeroconf-backend") in ("avahi", "dns-sd"):
        found.append(("zeroconf-backend", "the host's daemon announces the instance on interfaces of its own choice"))
    return found + [(name, f"has no effect {why}") for name, why in _idle(values)]


def _idle(values: Values) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if values.get("mixer") != "alsa":
        found += [(name, "without mixer: alsa") for name in _ALSA_MIXER if name in values]
    if "enable-volume-normalisation" not in values:
        found += [(name, "without enable-volume-normalisation") for name in _NORMALISATION if name in values]
    elif values.get("normalisation-method") == "basic":
        found += [(name, "with normalisation-method: basic") for name in _LIMITER if name in values]
    if "volume-range" in values and values.get("volume-ctrl") in ("fixed", "linear"):
        found.append(("volume-range", f"with volume-ctrl: {values['volume-ctrl']}"))
    if "emit-sink-events" in values and "onevent" not in values:
        found.append(("emit-sink-events", "without onevent"))
    return found
