# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the live process in a container resolves names by: the files that its engine has written for it.

They lie on the host, outside the image: whoever changes them there sends librespot to an impostor. A start of the
container makes the engine write them anew. On the host's network it copies the host's, whose owner decides what is in
them. Search domains and options come from the host in every network, and are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..host.files import FILE, Files
from ..host.proc import Process
from ..model.container import Place, container_name
from ..model.instance import Instance

_HOSTS = "/etc/hosts"
_SERVERS = "/etc/resolv.conf"

_LOCAL = "localhost"
_LOCAL_IPV6 = "ip6-"
_OF_PODMAN = ("host.containers.internal", "host.docker.internal")
"""The host, as Podman names it for every container."""

_SHOWN = 4
"""Of many names the first few tell enough."""


def wrong_names(main: Process, instance: Instance, place: Place) -> list[str]:
    """Return all by which *main*, of the container of *instance* at *place*, would resolve names otherwise."""
    if instance.on_host:
        return []
    return [*wrong_hosts(main, instance), *_wrong_servers(main, instance, place)]


def wrong_hosts(main: Process, instance: Instance) -> list[str]:
    """Return the names that stand in the table of hosts beside those that engines write: its own, and the host's."""
    own = (instance.name, container_name(instance.name), _LOCAL, *_OF_PODMAN)
    found = [
        f"{name} is {address} in its {_HOSTS}"
        for address, *names in _lines(main, _HOSTS)
        for name in names
        # Names are the same in whatever letters (RFC 4343).
        if name.lower() not in own and not name.lower().startswith(_LOCAL_IPV6)
    ]
    more = len(found) - _SHOWN
    return [*found[:_SHOWN], *([f"{more} more names are in its {_HOSTS}"] if more > 0 else [])]


def _wrong_servers(main: Process, instance: Instance, place: Place) -> list[str]:
    """Compare the name servers, where it is known which ones are right: not by DHCP, nor where the host's are used."""
    segment = instance.segment
    if segment is not None:
        right = () if segment.dhcp else segment.resolvers
    else:
        right = (place.resolver,) if place.resolver else ()
    found = tuple(words[1] for words in _lines(main, _SERVERS) if words[0] == "nameserver" and len(words) > 1)
    if not right or found == right:
        return []
    return [f"its name servers are {', '.join(found) or 'none'} and not {', '.join(right)}"]


def _lines(main: Process, path: str) -> Iterator[list[str]]:
    """Yield the words of each line of a file of *main*, without comments; none where there is no such file."""
    entry = Files(f"/proc/{main.pid}/root").read(path)
    content = entry.content if entry is not None and entry.kind == FILE else b""
    # As bytes, since libc knows no other ends of lines and no other spaces.
    for line in content.split(b"\n"):
        words = [word.decode("utf-8", "replace") for word in line.partition(b"#")[0].split()]
        if words:
            yield words
