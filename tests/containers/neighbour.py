# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another host on the network of the speaker: it asks, browses and serves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence

from tests.attacks.hosts import Target

METADATA = "169.254.169.254"
"""What it answers at as well, as the metadata service of a cloud would."""

Address = tuple[str, int]

# Each of ADDRESS PORT on standard input: whether getInfo is answered there.
_ASK = """
import concurrent.futures, json, sys, urllib.request
def answered(place):
    try:
        return b"remoteName" in urllib.request.urlopen("http://%s:%s/?action=getInfo" % tuple(place), timeout=3).read()
    except OSError:
        return False
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    print(json.dumps(list(pool.map(answered, json.load(sys.stdin)))))
"""

# Answers at each KIND:PORT of the arguments until its input is closed; port 0 is one that the kernel chooses, at which
# a stream listens without a bind() when the kind is "unbound". Says its ports.
SERVE = """
import socket, sys, threading
def stream(one):
    while True:
        one.accept()[0].close()
def datagrams(one):
    while True:
        one.sendto(b"here", one.recvfrom(2048)[1])
ports = []
for text in sys.argv[1:]:
    kind, port = text.split(":")
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind != "unbound":
        one.bind(("", int(port)))
    if kind != "udp":
        one.listen(64)
    ports.append(one.getsockname()[1])
    threading.Thread(target=datagrams if kind == "udp" else stream, args=(one,), daemon=True).start()
print(*ports, flush=True)
sys.stdin.read()
"""

# Prints for each [KIND, ADDRESS, PORT] of standard input whether it could be reached.
REACH = """
import concurrent.futures, json, socket, sys
def reached(place):
    kind, address, port = place
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as one:
        one.settimeout(3)
        try:
            one.connect((address, port))
            if kind == "udp":
                one.send(b"x")
                one.recv(16)
            return True
        except OSError:
            return False
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    print(json.dumps(list(pool.map(reached, json.load(sys.stdin)))))
"""


def ask(host: Target, places: Sequence[Address]) -> list[bool]:
    """Tell for each place whether *host* is answered getInfo there."""
    answers: list[bool] = json.loads(host.out("python3", "-Ic", _ASK, text=json.dumps(places)))
    return answers


def browse(host: Target) -> dict[str, Address]:
    """Return what a DNS-SD browser on *host* finds: the name of each speaker, and where it is said to be."""
    found = {}
    # It would wait for long for the address of one whose host is gone.
    said = host.run("timeout", "8", "avahi-browse", "--parsable", "--resolve", "--terminate", "_spotify-connect._tcp")
    assert said.returncode in (0, 124), said.stderr
    for line in said.stdout.splitlines():
        fields = line.split(";")
        if fields[0] == "=":
            found[fields[3]] = (fields[7], int(fields[8]))
    return found


@contextlib.contextmanager
def serving(host: Target, *what: str, inside: Sequence[str] = ()) -> Iterator[list[int]]:
    """Serve on *host*, or where the command *inside* of it leads; yields the ports."""
    process = host.start(*inside, "python3", "-Ic", SERVE, *what)
    assert process.stdout is not None
    try:
        yield [int(port) for port in process.stdout.readline().split()]
    finally:
        process.communicate(timeout=30)


def reach(host: Target, places: Sequence[tuple[str, str, int]], inside: Sequence[str] = ()) -> list[bool]:
    """Tell for each place whether *host* reaches it, or who the command *inside* of it leads to."""
    found: list[bool] = json.loads(host.out(*inside, "python3", "-Ic", REACH, text=json.dumps(places)))
    return found
