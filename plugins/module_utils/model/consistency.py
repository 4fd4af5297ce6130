# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the options of an instance can work in its sandbox: what they use, a relaxation has to open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .errors import SpecificationError
from .option_values import OptionValue
from .proxy import proxy_address
from .relaxations import Relaxation

Values = Mapping[str, OptionValue]

# The first of them is what the error proposes. ALSA can lead to a sound server by its own configuration.
_SOUND = ("alsa", "bluetooth", "pulseaudio", "pipewire")
_OPENED_BY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("backend", "alsa"): _SOUND,
    ("backend", "portaudio"): _SOUND,
    ("backend", "rodio"): _SOUND,
    ("backend", "pulseaudio"): ("pulseaudio", "pipewire"),
    ("mixer", "alsa"): _SOUND,
}
"""Options with a value that needs one of some relaxations."""

_PROGRAMS = ("/usr/", "/bin/", "/sbin/")
"""Where the relaxation hooks lets every program be executed."""

_NO_DAEMON = ("avahi", "dns-sd")


def consistent(values: Values, relaxations: Sequence[Relaxation], path: str) -> None:
    """Raise `SpecificationError` for the first option of *values* that the sandbox would keep from working."""
    by_name = {item.name: item for item in relaxations}
    _devices(values, by_name, path)
    _pipe(values, by_name, path)
    _program(values, by_name, path)
    _media(values, by_name, path)
    _proxy(values, path)
    if "cache-size-limit" in values and "disk" not in by_name:
        raise _refusal(
            values,
            path,
            "cache-size-limit",
            "needs the disk, and the sandbox has none to write to",
            "disk: a slow line",
        )
    if values.get("zeroconf-backend") in _NO_DAEMON:
        raise SpecificationError(
            f"{path}.options.zeroconf-backend",
            values["zeroconf-backend"],
            "needs a daemon of the host that the sandbox cannot reach",
            "Write libmdns, or leave the option out",
        )


def _proxy(values: Values, path: str) -> None:
    if "proxy" in values and proxy_address(str(values["proxy"])) is None:
        raise SpecificationError(
            f"{path}.options.proxy",
            values["proxy"],
            "names a host, and what an instance may reach is bounded by addresses",
            "Write the proxy's address, as http://192.0.2.1:3128",
        )


def _devices(values: Values, relaxations: Mapping[str, Relaxation], path: str) -> None:
    for (name, value), openers in _OPENED_BY.items():
        if values.get(name) != value or set(openers) & set(relaxations):
            continue
        if (name, value) == ("backend", "alsa") and values.get("device") == "null":
            continue
        raise _refusal(
            values,
            path,
            name,
            "needs a sound device, and the sandbox has none",
            f"{openers[0]}: the speakers in the kitchen",
        )


def _pipe(values: Values, relaxations: Mapping[str, Relaxation], path: str) -> None:
    device = str(values.get("device", ""))
    if values.get("backend") != "pipe" or device == "/dev/null":
        return
    if "fifo" not in relaxations or relaxations["fifo"].first("path") != device:
        raise _refusal(
            values,
            path,
            "device",
            "cannot be written from the sandbox",
            f"fifo: {{path: {device}, reason: snapserver reads it}}",
        )


def _program(values: Values, relaxations: Mapping[str, Relaxation], path: str) -> None:
    # That hooks is there at all is a rule of the options themselves.
    opened = relaxations["hooks"].values["programs"] if "hooks" in relaxations else ()
    for option in ("onevent", *(["device"] if values.get("backend") == "subprocess" else [])):
        program = str(values.get(option, "")).partition(" ")[0]
        if not program or program in opened or program.startswith(_PROGRAMS):
            continue
        raise _refusal(
            values,
            path,
            option,
            "cannot be executed in the sandbox",
            f"hooks: {{programs: [{program}], reason: the amplifier is switched}}",
        )


def _media(values: Values, relaxations: Mapping[str, Relaxation], path: str) -> None:
    opened = relaxations["media"].values["paths"] if "media" in relaxations else ()
    directories = values.get("local-file-dir", ())
    for item in directories if isinstance(directories, tuple) else ():
        if item not in opened:
            raise SpecificationError(
                f"{path}.options.local-file-dir",
                item,
                "cannot be seen from the sandbox",
                f"Say so with a reason: {path}.relaxations: {{media: {{paths: [{item}], reason: my records}}}}",
            )


def _refusal(values: Values, path: str, option: str, problem: str, relaxation: str) -> SpecificationError:
    return SpecificationError(
        f"{path}.options.{option}",
        values.get(option),
        problem,
        f"Say so with a reason: {path}.relaxations: {{{relaxation}}}",
    )
