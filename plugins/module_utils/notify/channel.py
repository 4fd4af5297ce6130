# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every channel is: something with a name that delivers a message, or says why it did not."""

from __future__ import annotations

import ipaddress
import ssl
from typing import Protocol

from ..model.errors import HostError, SpecificationError
from ..model.notice import plain
from ..model.reading import line
from ..render.notice import Message

_SAID = 300


class UndeliveredError(HostError):
    """A message was not taken. *again* says whether it may be, some seconds later."""

    def __init__(self, message: str, remedy: str, again: bool) -> None:
        super().__init__(plain(message, _SAID), remedy)
        self.again = again


class Channel(Protocol):
    """*name* may be shown, and tells it from all others; what it needs to know in secret it reads when it sends."""

    name: str
    unencrypted: str

    def send(self, message: Message) -> None:
        """Deliver *message*. Raises `UndeliveredError`, and `HostError` where a file is missing."""


def loopback(host: str) -> bool:
    """Tell whether what is sent to *host* stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unencrypted(host: str, reason: str | None, path: str, remedy: str) -> str:
    """Return the *reason* for which all can read and change what is sent to *host*; empty where nobody can.

    Raises `SpecificationError` at *path* when there is none.
    """
    if loopback(host):
        return ""
    if not reason:
        raise SpecificationError(
            path, host, "would be sent what is told without encryption", f"{remedy}; or say why not as unencrypted"
        )
    return line(reason, f"{path.rpartition('.')[0]}.unencrypted", 200)


def trusted(ca_file: str | None, option: str) -> ssl.SSLContext:
    """Return what a server has to be believed by: the authorities of this machine, or those in *ca_file* alone.

    Raises `HostError` for a file of *option* that cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise HostError(
            f"{option}: {ca_file} cannot be used: {error.strerror or error}",
            "Give the certificate of the authority as PEM",
        ) from None
