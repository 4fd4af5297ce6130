# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a table that nft or the kernel refuses."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.nftables import Nftables
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import CommandError, HostError


class Refusing(Commands):
    """An nft that knows nothing."""

    def run(self, argv: Sequence[str], *_more: object, **_options: object) -> Result:
        raise CommandError(tuple(argv), 1, "-:3:1-9: Error: syntax error, unexpected string\n")


def test_it_is_quoted_and_the_remedy_is_not_to_install_what_is_there() -> None:
    with pytest.raises(HostError, match=r"refuses the table, and nothing was changed.*syntax error") as caught:
        Nftables(Refusing()).check("table inet librespot")
    assert "Upgrade" in caught.value.remedy
