# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ufw keeps of its rules, read as it writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.ufw import Ufw

COMMENT = "hardened.librespot kitchen"
# As ufw 0.36.2 of Debian 12 wrote them.
USER_RULES = f"""*filter
### tuple ### allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 8080 -j ACCEPT

### tuple ### allow tcp 37879 0.0.0.0/0 any 192.168.1.0/24 in_eth0 comment={COMMENT.encode().hex()}
-A ufw-user-input -i eth0 -p tcp --dport 37879 -s 192.168.1.0/24 -j ACCEPT
"""
USER6_RULES = f"### tuple ### allow tcp 37879 ::/0 any fe80::/10 in comment={COMMENT.encode().hex()}\n"


@pytest.fixture
def ufw(tmp_path: Path) -> Ufw:
    for path, text in (
        ("etc/ufw/user.rules", USER_RULES),
        ("etc/ufw/user6.rules", USER6_RULES),
        ("etc/ufw/ufw.conf", "# ENABLED=yes\nENABLED=no\n"),
        ("etc/default/ufw", "IPV6=yes\n"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return Ufw(Commands(), Files(str(tmp_path)))


def test_rules_with_comments_are_read_in_the_words_that_make_them(ufw: Ufw) -> None:
    assert list(ufw.rules()) == [
        ("allow in on eth0 from 192.168.1.0/24 to 0.0.0.0/0 port 37879 proto tcp", COMMENT),
        ("allow from fe80::/10 to ::/0 port 37879 proto tcp", COMMENT),
    ]


def test_settings(ufw: Ufw) -> None:
    assert (ufw.installed, ufw.enabled, ufw.ipv6) == (True, False, True)


def test_without_it(tmp_path: Path) -> None:
    absent = Ufw(Commands(), Files(str(tmp_path)))
    assert (absent.installed, absent.enabled, absent.ipv6, list(absent.rules())) == (False, False, False, [])
