# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of each control cannot be read from the code: what applies it, which tests attack it, and what is lacking.

Which checks audit it, and which mutants kill it, is found in the code (`audited`, `mutants`). That a test is there, and
run by a stage, a unit test says; that it does what the control is against, only who reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UPSTREAM = "under the unit of librespot's authors"
PLAIN = "in a plain container"
UNCONTROLLED = "with this control taken away"
HALF = "with half of the limits"


@dataclass(frozen=True)
class Proof:
    """A test, by its node. Where the same attack is shown to succeed without the control, *against* says where."""

    node: str
    against: str = ""


@dataclass(frozen=True)
class Row:
    """*applied*: ``FILE`` or ``FILE:SYMBOL``; *lacking*: what is missing, empty when nothing is."""

    applied: tuple[str, ...]
    proofs: tuple[Proof, ...]
    lacking: str = ""


def _planner(*names: str) -> tuple[str, ...]:
    return tuple(f"plugins/module_utils/planners/{name}" for name in names)


_FIREWALL = _planner("firewall.py:firewall_planners")
_UNIT = _planner("registry.py:unit_planners")
_SETTINGS = _planner("registry.py:settings_planners")
_CONTAINED = _planner("containers.py:container_planners", "quadlets.py:quadlet_planners")
_IMAGE = (*_planner("image.py:image_planners"), "plugins/action/image_build.py")
_AUDIT_ROLE, _REVIEW = "roles/librespot_audit/tasks/main.yml", "playbooks/review.yml"
_ROLLOUT = ("plugins/action/rollout.py", "playbooks/update.yml")
_SCHEDULED = _planner("scheduled_audit.py:scheduled_audit_planners")
_DIFFERS = "tests/fleet/test_environments.py::test_what_differs_is_red_alone_until_it_is_stated_or_mended"
_PROFILED = ("plugins/action/resource_profile.py", "playbooks/profile.yml")


_NET = {
    "NET-01": Row(
        (*_SETTINGS, *_planner("registry.py:bind_planners"), *_UNIT),
        (
            Proof("tests/network/test_outgoing.py::test_no_other_port_can_be_served", UPSTREAM),
            Proof("tests/containers/test_reach.py::test_13_it_serves_on_other_ports", PLAIN),
            Proof("tests/molecule/service/test_instance.py::test_it_has_no_sockets_but_the_declared_ones"),
        ),
    ),
    "NET-02": Row(
        _planner("binds.py:binding_planners", "registry.py:bind_planners"),
        (
            Proof("tests/network/test_reach.py::test_without_the_table_the_bind_alone_keeps_the_other_side_out"),
            Proof("tests/network/test_binds.py::test_a_unit_of_ones_own_can_be_bound", UNCONTROLLED),
            Proof("tests/network/test_binds.py::test_an_address"),
            Proof("tests/network/test_binds.py::test_loopback"),
        ),
    ),
    "NET-03": Row(
        _FIREWALL,
        (
            Proof("tests/network/test_follow.py::test_during_a_boot_no_stranger_is_answered", UNCONTROLLED),
            Proof("tests/network/test_reach.py::test_without_the_table_it_does_not_start"),
            Proof("tests/beside/test_flushes.py::test_the_table_is_back_at_once"),
            Proof("tests/beside/test_flushes.py::test_the_stranger_knocks_in_earnest", UPSTREAM),
        ),
    ),
    "NET-04": Row(
        _FIREWALL,
        (
            Proof(
                "tests/network/test_reach.py::test_only_who_is_trusted_and_comes_by_the_interface_is_answered", UPSTREAM
            ),
            Proof("tests/network/test_reach.py::test_without_the_bind_the_table_alone_keeps_everyone_else_out"),
            Proof("tests/network/test_zones.py::test_a_network_that_is_taken_out_is_out_at_once"),
            Proof("tests/podman/test_audit.py::test_without_the_table_a_stranger_is_answered", UNCONTROLLED),
        ),
    ),
    "NET-05": Row(
        (*_SETTINGS, *_UNIT),
        (
            Proof("tests/network/test_binds.py::test_no_discovery"),
            Proof("tests/network/test_outgoing.py::test_no_other_port_can_be_served", UPSTREAM),
        ),
    ),
    "NET-06": Row(
        _SCHEDULED,
        (
            Proof(
                "tests/scheduled_audit/test_noticed.py::"
                "test_all_of_it_is_noticed_within_one_interval_and_well_after_the_next_run"
            ),
        ),
    ),
    "NET-07": Row(
        (*_planner("grant.py:GrantPlanner"), *_FIREWALL),
        (
            Proof("tests/network/test_grant.py::test_a_grant_ends_by_itself_with_the_connections_that_it_let_in"),
            Proof("tests/network/test_zones.py::test_hours_are_those_of_the_hosts_own_clock"),
        ),
    ),
    "NET-08": Row(
        _planner("segments.py:segment_planners"),
        (
            Proof("tests/network/test_segment.py::test_only_the_trusted_of_its_own_vlan_are_answered"),
            Proof("tests/network/test_segment.py::test_the_trunk_carries_it_with_its_tag_alone"),
            Proof("tests/network/test_segment.py::test_nothing_of_the_host_can_be_reached_from_inside"),
            Proof("tests/network/test_contained.py::test_only_the_trusted_of_its_own_vlan_are_answered"),
        ),
    ),
    "NET-09": Row(
        _FIREWALL,
        (
            Proof("tests/network/test_zones.py::test_a_flood_from_one_source_does_not_keep_another_out", UNCONTROLLED),
            Proof("tests/containers/test_reach.py::test_5_idle_connections_of_one_source", PLAIN),
        ),
    ),
    "NET-10": Row(
        _FIREWALL,
        (
            Proof(
                "tests/network/test_published.py::test_a_published_port_and_a_straight_packet_meet_the_same_rules",
                UNCONTROLLED,
            ),
            Proof("tests/network/test_published.py::test_a_restart_of_docker_lets_nobody_in"),
            Proof("tests/containers/test_reach.py::test_1_a_stranger_asks", PLAIN),
            Proof("tests/podman/test_audit.py::test_without_the_table_a_stranger_is_answered", UNCONTROLLED),
        ),
    ),
    "NET-11": Row(
        _FIREWALL,
        (
            Proof("tests/network/test_outgoing.py::test_nothing_near_can_be_reached", UPSTREAM),
            Proof("tests/network/test_published.py::test_it_reaches_neither_the_host_nor_its_neighbours", UNCONTROLLED),
            Proof("tests/containers/test_reach.py::test_13_it_reaches_out", PLAIN),
        ),
    ),
    "NET-12": Row(
        _FIREWALL,
        (
            Proof("tests/network/test_attacks.py::test_from_the_network", UPSTREAM),
            Proof(
                "tests/network/test_reach.py::test_only_who_is_trusted_and_comes_by_the_interface_is_answered", UPSTREAM
            ),
            Proof(
                "tests/containers/test_families.py::"
                "test_a_stranger_is_answered_in_neither_family_and_the_trusted_in_both"
            ),
        ),
    ),
}

_CON = {
    "CON-01": Row(
        _IMAGE,
        (
            Proof(
                "tests/builds/test_image.py::"
                "test_its_files_are_those_of_the_manifest_and_little_more_than_librespot_with_its_libraries"
            ),
            Proof("tests/containers/test_attacks.py::test_from_inside", PLAIN),
        ),
    ),
    "CON-02": Row(
        _IMAGE,
        (
            Proof("tests/builds/test_image.py::test_two_places_give_the_same_image"),
            Proof(
                "tests/images/test_faults.py::test_one_that_is_another_image_than_it_says_does_not_replace_what_is_there"
            ),
        ),
    ),
    "CON-03": Row(
        _CONTAINED,
        (
            Proof("tests/containers/test_attacks.py::test_from_inside", PLAIN),
            Proof("tests/containers/test_process.py::test_the_live_process_beside_a_plain_one", PLAIN),
        ),
    ),
    "CON-04": Row(
        _CONTAINED,
        (
            Proof("tests/containers/test_hogs.py::test_14_hogs", PLAIN),
            Proof("tests/containers/test_hogs.py::test_4_a_body_larger_than_its_memory", PLAIN),
            Proof("tests/machine/test_contained.py::test_the_kernel_holds_it_to_all_limits"),
        ),
    ),
    "CON-05": Row(
        _CONTAINED,
        (
            Proof("tests/containers/test_reach.py::test_13_it_serves_on_other_ports", PLAIN),
            Proof(
                "tests/containers/test_segment.py::test_only_the_trusted_are_answered_at_its_own_address", UNCONTROLLED
            ),
        ),
    ),
    "CON-06": Row(
        _CONTAINED,
        (
            Proof(
                "tests/containers/test_calls.py::test_what_everyone_may_do_is_refused_in_ours_and_not_in_another", PLAIN
            ),
            Proof("tests/containers/test_harness.py::test_a_tone_comes_out_of_the_pipe_as_it_went_in"),
        ),
    ),
    "CON-07": Row(
        (*_planner("apparmor.py:profile_planners"), *_CONTAINED),
        (
            Proof("tests/apparmor/test_container.py::test_what_it_does_not_do_is_refused_and_logged", UNCONTROLLED),
            Proof("tests/apparmor/test_container.py::test_from_inside", PLAIN),
            Proof("tests/apparmor/test_quadlet.py::test_what_it_does_not_do_is_refused_and_logged", UNCONTROLLED),
        ),
    ),
    "CON-08": Row(
        ("plugins/action/scan.py", *_ROLLOUT, *_planner("attestations.py:attestation_planners")),
        (
            Proof("tests/upkeep/test_upkeep.py::test_the_gate_knows_that_an_instance_has_a_proxy"),
            Proof("tests/supply/engines/test_distribution.py::test_what_is_known_against_its_packages_is_found"),
        ),
        "that a hole in a library, and not in a crate, closes the gate is shown of the scan alone, not of a rollout",
    ),
    "CON-09": Row(
        (*_IMAGE, *_ROLLOUT, *_planner("attestations.py:attestation_planners")),
        (Proof("tests/updates/test_updates.py::test_an_update_is_noticed_and_rolled_out"),),
    ),
    "CON-10": Row(
        (*_CONTAINED, *_planner("containers.py:watchdog_planners")),
        (
            Proof("tests/containers/test_lifecycle.py::test_it_stops_at_once"),
            Proof("tests/containers/test_lifecycle.py::test_one_that_is_up_and_silent_is_restarted"),
            Proof("tests/podman/test_quadlet.py::test_it_stops_at_once_and_in_order"),
            Proof("tests/podman/test_quadlet.py::test_one_that_is_up_and_silent_is_killed_and_started_again"),
        ),
    ),
}

_UPD = {
    "UPD-01": Row(
        ("plugins/action/release_info.py", "playbooks/check.yml", *_planner("schedule.py:schedule_planners")),
        (
            Proof("tests/supply/test_release_info.py::TestRealIndex::test_a_play_gets_what_another_reader_finds"),
            Proof("tests/supply/test_release_info.py::TestMirror::test_what_runs_is_yanked"),
            Proof("tests/supply/test_check.py::TestNews::test_a_new_advisory"),
        ),
    ),
    "UPD-02": Row(
        (*_planner("schedule.py:schedule_planners"), "playbooks/schedule.yml"),
        (
            Proof("tests/schedule/test_schedule.py::TestSchedule::test_it_looks_and_tells"),
            Proof("tests/schedule/test_schedule.py::TestSchedule::test_one_that_is_killed_is_told"),
            Proof("tests/supply/test_check.py::TestFaults::test_a_check_that_cannot_look_is_told"),
        ),
    ),
    "UPD-03": Row(
        _ROLLOUT,
        (Proof("tests/rollout/test_rollout.py::test_a_release_that_fails_stops_at_staging_and_goes_back"),),
    ),
    "UPD-04": Row(
        (*_ROLLOUT, *_planner("active.py:Active")),
        (
            Proof("tests/rollout/test_rollout.py::test_a_release_that_fails_stops_at_staging_and_goes_back"),
            Proof("tests/rollout/test_stopped_controller.py::test_a_killed_controller"),
            Proof("tests/containers/test_rollback.py::test_it_returns_in_time_as_a_check_has_said"),
        ),
    ),
    "UPD-05": Row(
        ("plugins/action/sbom.py", *_planner("releases.py:Releases")),
        (
            Proof("tests/supply/test_sbom.py::TestArtifact::test_it_names_exactly_the_crates_that_are_embedded"),
            Proof("tests/supply/test_sbom.py::TestArtifact::test_it_is_valid_by_the_official_schema"),
            Proof("tests/supply/test_sbom.py::TestHost::test_one_that_names_other_crates_is_refused"),
        ),
    ),
    "UPD-06": Row(
        ("plugins/action/scan.py", *_ROLLOUT, *_planner("attestations.py:attestation_planners")),
        (
            Proof("tests/rollout/test_rollout.py::test_an_advisory_that_has_just_come_closes_the_gate"),
            Proof("tests/rollout/test_rollout.py::test_what_could_not_be_scanned_is_not_rolled_out"),
            Proof("tests/supply/test_releases.py::test_an_artifact_has_what_the_reader_finds_in_its_own_list"),
        ),
    ),
    "UPD-07": Row(
        ("playbooks/ci.yml", *_planner("attestations.py:attestation_planners")),
        (
            Proof("tests/supply/test_ci.py::test_a_bad_state"),
            Proof("tests/supply/test_ci.py::TestDeployed::test_a_bad_state"),
        ),
    ),
    "UPD-08": Row(
        ("plugins/action/build.py", *_planner("releases.py:Releases", "release.py:Loadable")),
        (
            Proof("tests/supply/test_tampering.py::test_one_byte"),
            Proof("tests/supply/test_tampered_crate.py::test_one_byte_of_the_crate_is_changed"),
            Proof("tests/supply/test_tampered_crate.py::test_the_index_is_changed_as_well"),
        ),
    ),
    "UPD-09": Row(
        ("plugins/action/build.py", *_ROLLOUT),
        (
            Proof(
                "tests/supply/refreshed/test_refreshed.py::"
                "test_after_a_refresh_the_default_gate_passes_and_all_that_is_left_is_explained"
            ),
            Proof("tests/supply/test_releases.py::test_after_a_refresh_all_that_is_left_is_explained"),
        ),
    ),
}

_CFG = {
    "CFG-01": Row(
        _SETTINGS,
        (
            Proof("tests/systemd/test_option_table.py::test_values_are_taken_and_refused_as_the_table_has_it"),
            Proof("tests/attacks/test_values.py::test_hostile_text_arrives_literally"),
            Proof("tests/attacks/test_values.py::test_hostile_text_is_refused"),
        ),
    ),
    "CFG-02": Row(
        (*_UNIT, *_planner("account.py:AccountPlanner", "apparmor.py:profile_planners")),
        (
            Proof("tests/attacks/test_inside.py::test_from_inside", UPSTREAM),
            Proof("tests/apparmor/test_service.py::test_what_it_does_not_do_is_refused_and_logged", UNCONTROLLED),
        ),
    ),
    "CFG-03": Row(
        (*_SETTINGS, *_UNIT),
        (
            Proof("tests/attacks/test_relaxations.py::test_relaxations_open_nothing_else"),
            Proof(
                "tests/attacks/test_relaxations.py::test_relaxations_open_what_they_name", "where a relaxation opens it"
            ),
        ),
    ),
    "CFG-04": Row(
        _SETTINGS,
        (
            Proof("tests/molecule/service/test_instance.py::test_settings_and_credentials_are_for_root_alone"),
            Proof("tests/attacks/test_inside.py::test_from_inside", UPSTREAM),
        ),
    ),
    "CFG-05": Row(
        (*_SETTINGS, *_planner("containers.py:login_planners")),
        (
            Proof("tests/secrets/test_secrets.py::test_the_host_while_runs_go_on"),
            Proof("tests/secrets/test_secrets.py::test_the_journal"),
            Proof("tests/secrets/test_secrets.py::test_what_the_runs_printed"),
            Proof("tests/secrets/test_search.py::test_leaks_are_found", UNCONTROLLED),
        ),
    ),
    "CFG-06": Row(
        _SCHEDULED,
        (
            Proof(
                "tests/scheduled_audit/test_noticed.py::"
                "test_all_of_it_is_noticed_within_one_interval_and_well_after_the_next_run"
            ),
        ),
    ),
    "CFG-07": Row(
        ("plugins/module_utils/audit/rationale.py", _AUDIT_ROLE, _REVIEW),
        (
            Proof("tests/rationale/test_rationale.py::test_it_has_all_that_is_in_force_and_a_reason_for_each"),
            Proof(
                "tests/rationale/test_rationale.py::test_what_somebody_added_is_there_and_nobody_has_a_reason_for_it",
                "where somebody added a setting",
            ),
        ),
    ),
    "CFG-08": Row(
        (_AUDIT_ROLE, _REVIEW),
        (
            Proof("tests/fleet/test_review.py::test_of_hosts_that_are_alike_it_is_clean_and_complete"),
            Proof(_DIFFERS, "where an environment differs"),
        ),
    ),
    "CFG-09": Row(
        (_AUDIT_ROLE, _REVIEW),
        (Proof("tests/fleet/test_review.py::test_of_hosts_that_are_alike_it_is_clean_and_complete"),),
    ),
}

_RES = {
    "RES-01": Row(
        (*_PROFILED, *_planner("profiles.py:OutlivedProfilesPlanner")),
        (
            Proof("tests/delivery/test_profile.py::test_what_a_profile_recommends_holds_its_load"),
            Proof("tests/profile/test_services.py::test_a_window_that_is_too_short_gives_figures_alone"),
        ),
    ),
    "RES-02": Row(
        _PROFILED,
        (
            Proof("tests/delivery/test_profile.py::test_what_a_profile_recommends_holds_its_load", HALF),
            Proof("tests/profile/test_containers.py::test_limits_from_a_profile_hold_and_half_of_them_do_not", HALF),
        ),
    ),
    "RES-03": Row(
        (*_UNIT, *_planner("slices.py:slice_planners")),
        (
            Proof("tests/machine/test_limits.py::test_body_larger_than_memory", UPSTREAM),
            Proof("tests/machine/test_limits.py::test_hogs", UPSTREAM),
        ),
        "what takes one limit away kills it with cgroup v2 alone, and does nothing where `mutants` runs with v1",
    ),
    "RES-04": Row(
        _CONTAINED,
        (
            Proof("tests/containers/test_hogs.py::test_14_hogs", PLAIN),
            Proof("tests/containers/test_lifecycle.py::test_a_disk_is_read_and_written_no_faster_than_it_says"),
            Proof("tests/containers/test_lifecycle.py::test_a_limit_that_someone_changed_is_put_right_while_it_plays"),
        ),
    ),
    "RES-05": Row(
        _planner("monitoring.py:monitoring_planners"),
        (
            Proof(
                "tests/monitoring/test_monitoring.py::TestMonitor::test_node_exporter_tells_what_the_monitor_has_written"
            ),
            Proof("tests/monitoring/test_monitoring.py::TestMonitor::test_one_that_is_killed_is_counted_by_its_signal"),
            Proof("tests/delivery/test_faults.py::test_the_monitor_has_stopped"),
        ),
    ),
    "RES-06": Row(
        (*_planner("notify.py:notify_planners", "alerts.py:alert_planners"), "plugins/action/alerts.py"),
        (
            Proof("tests/delivery/test_delivery.py::test_it_is_told"),
            Proof("tests/notify/test_machine.py::test_a_speaker_that_is_killed_for_its_memory"),
        ),
    ),
    "RES-07": Row(
        (_AUDIT_ROLE, _REVIEW),
        (
            Proof("tests/fleet/test_review.py::test_of_hosts_that_are_alike_it_is_clean_and_complete"),
            Proof(_DIFFERS, "where an environment differs"),
        ),
    ),
    "RES-08": Row(
        (*_PROFILED, _REVIEW),
        (Proof("tests/profile/test_prometheus.py::test_limits_are_found_to_fit_too_wide_and_too_tight"),),
    ),
    "RES-09": Row(
        _UNIT,
        (
            Proof("tests/machine/test_limits.py::test_hogs", UPSTREAM),
            Proof("tests/containers/test_hogs.py::test_14_hogs", PLAIN),
        ),
    ),
}

ROWS: Mapping[str, Row] = {**_NET, **_CON, **_UPD, **_CFG, **_RES}
"""Control to what is known of it."""
