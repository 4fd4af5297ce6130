# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.hardened.librespot.plugins.module_utils.host.sockets import BoundSocket, parse

PRINTED = """\
udp   UNCONN 0 0            192.0.2.9%lan0:5353  0.0.0.0:*    users:(("librespot",pid=663,fd=11))
udp   UNCONN 0 0               [::]%lan0:5353     [::]:*    users:(("librespot",pid=663,fd=12))
tcp   LISTEN 0 128                *%lan0:37879       *:*    users:(("librespot",pid=663,fd=9),("other one",pid=7,fd=9))
tcp   LISTEN 0 128      [2001:db8::5]%if3:37880      *:*
tcp   LISTEN 0 128             127.0.0.1:22    0.0.0.0:*
"""


def test_devices_and_processes_are_read() -> None:
    assert parse(PRINTED) == [
        BoundSocket("udp", "192.0.2.9", 5353, "lan0", (663,)),
        BoundSocket("udp", "::", 5353, "lan0", (663,)),
        BoundSocket("tcp", "*", 37879, "lan0", (663, 7)),
        BoundSocket("tcp", "2001:db8::5", 37880, "if3", ()),
        BoundSocket("tcp", "127.0.0.1", 22, "", ()),
    ]
