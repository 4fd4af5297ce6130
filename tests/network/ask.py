# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the network namespace of a played host: asks getInfo, or over mDNS, and prints who was answered, as JSON."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import http.client
import json
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

TIMEOUT_S = 3.0
_SERVICE = "_spotify-connect._tcp.local"
_GROUPS = {socket.AF_INET: "224.0.0.251", socket.AF_INET6: "ff02::fb"}


def get_info(source: str, target: str, port: int) -> bool:
    """Tell whether *target* answers getInfo at *port* when *source* asks."""
    connection = http.client.HTTPConnection(target, port, timeout=TIMEOUT_S, source_address=(source, 0))
    try:
        connection.request("GET", "/?action=getInfo")
        return b"remoteName" in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def info(source: str, target: str, port: int) -> dict[str, Any]:
    """Return what *target* says of itself at *port* when *source* asks."""
    with contextlib.closing(http.client.HTTPConnection(target, port, TIMEOUT_S, (source, 0))) as connection:
        connection.request("GET", "/?action=getInfo")
        return dict(json.loads(connection.getresponse().read()))


def post(source: str, target: str, port: int, body: str) -> bool:
    """Send *body*, in base64, as a login; tell whether it arrived."""
    with contextlib.closing(http.client.HTTPConnection(target, port, TIMEOUT_S, (source, 0))) as connection:
        try:
            connection.connect()
        except OSError:
            return False
        with contextlib.suppress(OSError, http.client.HTTPException):
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/", base64.b64decode(body), kind)
            connection.getresponse().read()
    return True


def _name(text: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def mdns(source: str, unicast: bool = False) -> str:
    """Ask the segment of *source* who is there; return the first answer as text, empty when there is none.

    With *unicast* the answer is to come to whoever asks alone: what is not bound to an interface sends an answer to all
    by the interface of the default route.
    """
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    query = struct.pack(">6H", 0, 0, 1, 0, 0, 0) + _name(_SERVICE) + struct.pack(">2H", 12, 0x8001 if unicast else 1)
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        asked.settimeout(TIMEOUT_S)
        index = next(number for number, name in socket.if_nameindex() if name != "lo")
        if family == socket.AF_INET6:
            asked.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        else:
            asked.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        asked.bind(("", 5353) if family == socket.AF_INET else ("::", 5353))
        membership = socket.inet_pton(family, _GROUPS[family])
        if family == socket.AF_INET6:
            join = (socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership + struct.pack("@I", index))
        else:
            join = (socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership + socket.inet_aton(source))
        asked.setsockopt(*join)
        asked.sendto(query, (_GROUPS[family], 5353))
        try:
            while True:
                answer, sender = asked.recvfrom(9000)
                if answer[2] & 0x80 and b"spotify-connect" in answer:
                    return f"{sender[0]}: {answer!r}"
        except TimeoutError:
            return ""


def main() -> None:
    """Do all that the JSON on standard input lists, at the same time, and print the answers in its order."""
    wanted: list[list[Any]] = json.load(sys.stdin)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        ways: dict[str, Callable[..., Any]] = {"get_info": get_info, "info": info, "mdns": mdns, "post": post}
        answers = list(pool.map(lambda item: ways[item[0]](*item[1:]), wanted))
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()
