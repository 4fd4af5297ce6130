# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who finds and reaches a Quadlet, and whom it reaches: the tests of Docker's containers, beside a plain one."""

from __future__ import annotations

from tests.containers.test_reach import (
    both,
    neighbour,
    test_1_a_stranger_asks,
    test_5_idle_connections_of_one_source,
    test_13_it_reaches_out,
    test_13_it_serves_on_other_ports,
    test_it_is_found_where_it_answers_and_answers_nowhere_else,
)

__all__ = [
    "both",
    "neighbour",
    "test_1_a_stranger_asks",
    "test_5_idle_connections_of_one_source",
    "test_13_it_reaches_out",
    "test_13_it_serves_on_other_ports",
    "test_it_is_found_where_it_answers_and_answers_nowhere_else",
]
