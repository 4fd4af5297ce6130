# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds of an instance whichever engine runs its container: the same tests, on a host with Podman."""

from __future__ import annotations

from tests.containers.test_lifecycle import (
    test_a_check_says_what_a_run_then_does_and_the_next_run_does_nothing,
    test_a_stored_login_is_read_by_its_user_alone_and_a_new_one_is_taken_up,
    test_another_limit_of_open_files_is_taken_up,
    test_its_removal_takes_all_of_ours_and_nothing_else,
    test_one_that_the_firewall_does_not_know_is_not_run,
    test_what_is_named_like_ours_and_is_anothers_is_left_alone,
)
from tests.containers.test_move import (
    test_it_moves_in_one_run,
    test_removal_removes_what_an_earlier_deployment_left,
    test_removing_all_services_leaves_containers_alone,
    test_the_table_stays_while_there_are_containers,
)
from tests.containers.test_several import (
    test_a_port_that_another_program_has_is_refused_where_it_matters,
    test_a_run_that_was_killed_halfway_is_completed,
    test_one_that_does_not_come_up_takes_nobodys_port,
    test_one_that_is_taken_out_of_the_inventory_is_gone_after_one_run,
    test_three_ports_go_round_and_that_of_one_that_goes_is_taken,
    test_two_that_exchange_their_ports_do_so_in_one_run,
    two,
)
from tests.containers.test_strays import (
    renamed,
    test_one_with_another_name_is_removed_with_all_that_is_ours,
    test_one_with_another_name_is_replaced_by_one_run,
    test_who_else_is_on_its_network_is_told_before_anything_is_removed,
    visited,
)

__all__ = [
    "renamed",
    "test_a_check_says_what_a_run_then_does_and_the_next_run_does_nothing",
    "test_a_port_that_another_program_has_is_refused_where_it_matters",
    "test_a_run_that_was_killed_halfway_is_completed",
    "test_a_stored_login_is_read_by_its_user_alone_and_a_new_one_is_taken_up",
    "test_another_limit_of_open_files_is_taken_up",
    "test_it_moves_in_one_run",
    "test_its_removal_takes_all_of_ours_and_nothing_else",
    "test_one_that_does_not_come_up_takes_nobodys_port",
    "test_one_that_is_taken_out_of_the_inventory_is_gone_after_one_run",
    "test_one_that_the_firewall_does_not_know_is_not_run",
    "test_one_with_another_name_is_removed_with_all_that_is_ours",
    "test_one_with_another_name_is_replaced_by_one_run",
    "test_removal_removes_what_an_earlier_deployment_left",
    "test_removing_all_services_leaves_containers_alone",
    "test_the_table_stays_while_there_are_containers",
    "test_three_ports_go_round_and_that_of_one_that_goes_is_taken",
    "test_two_that_exchange_their_ports_do_so_in_one_run",
    "test_what_is_named_like_ours_and_is_anothers_is_left_alone",
    "test_who_else_is_on_its_network_is_told_before_anything_is_removed",
    "two",
    "visited",
]
