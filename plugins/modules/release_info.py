#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What runs on the host is found here; all else is done by the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: release_info
short_description: Look up which releases of librespot exist, what runs, and what speaks against each
version_added: 0.1.0
description:
  - Reads the index of the crates registry, and says of each release whether it was yanked, what is known against what
    it is locked to, and whether it passes a policy.
  - Finds out what runs on the host, under systemd and in containers, by what is written about each program and by
    what it answers.
  - Looks into feeds that you name, for entries that were not there at the look before.
  - A checksum that was seen once is remembered on the controller. An index that has another one later, has lost a
    version, contradicts itself, or gives no whole answer makes the task fail, and nothing of it is remembered.
  - That no release passes is no failure; RV(newest_passing) is empty then.
author:
  - hardened.librespot contributors (@hardened-librespot)
requirements:
  - cargo 1.82 or newer on the controller, unless O(index) is given
  - feedparser on the controller, and what M(hardened.librespot.scan) needs there
  - root on the host, for what runs there
extends_documentation_fragment:
  - hardened.librespot.releases
attributes:
  check_mode:
    description: Can run in check mode and return the changed status prediction without modifying the target.
    support: full
    details: It looks all the same, and remembers nothing.
  diff_mode:
    description: Returns what has changed or would change, without secrets.
    support: none
  idempotent:
    description: It changes nothing on any host. What was new once is not new the next time.
    support: full
options:
  gather:
    description: What is looked at. Without V(running) no host is connected to; with it alone, no index is asked.
    type: list
    elements: str
    choices: [releases, running, feeds]
    default: [releases, running, feeds]
  index:
    description: The address of a sparse index. By default cargo is asked, which knows the way to the official one.
    type: str
    default: ''
  checksums:
    description: Versions with the SHA-256 of their C(.crate) file, as you know them by yourself. They count for more
      than what was seen before; what the collection pins cannot be replaced.
    type: dict
    default: {}
  also_running:
    description: Versions that run elsewhere, as on other hosts of a play. What is none is in RV(running_unknown).
    type: list
    elements: str
    default: []
  fresh_for:
    description: Minutes for which a good look at the index is taken for the next ones, as those for the other hosts of
      a play.
    type: int
    default: 0
  stale_for:
    description:
      - Hours for which the last good look will do when the index cannot be reached. By default the task fails.
      - This is a relaxation. Who can keep you from the index can keep a yanked release from you as long.
    type: int
    default: 0
  remember:
    description: Whether what was seen is remembered. Without it, what is new is new again the next time.
    type: bool
    default: true
  today:
    description: The day as of which the ages of releases, waivers and databases are judged, as C(YYYY-MM-DD). By
      default today, in UTC.
    type: str
    default: ''
  cache_dir:
    description:
      - The controller's cache, where what was seen is remembered. By default E(HARDENED_LIBRESPOT_CACHE), or
        C(hardened-librespot) in E(XDG_CACHE_HOME) or C(~/.cache).
    type: path
  timeout:
    description: Seconds that an answer, cargo or a scanner may take.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Look up releases, as the build host would take them
  hardened.librespot.release_info:
    gather: [releases]
    policy:
      min_age_days: 7
      rust: "1.85"
  register: known
  delegate_to: localhost
  run_once: true

- name: Stop when what runs was yanked
  hardened.librespot.release_info:
    gather: [releases, running]
    fresh_for: 10
  register: looked
  failed_when: looked is failed or looked.running_yanked

- name: Hear of new commits, and of releases from a mirror of the index
  hardened.librespot.release_info:
    gather: [releases, feeds]
    index: https://mirror.example.org/crates/
    feeds:
      - name: commits
        url: https://mirror.example.org/librespot/commits.atom
"""

RETURN = r"""
releases:
  description: All releases, the newest first.
  returned: when they are gathered
  type: list
  elements: dict
  contains:
    version:
      description: The version.
      type: str
      sample: 0.8.0
    yanked:
      description: Whether it was yanked.
      type: bool
    sha256:
      description: The checksum of its C(.crate) file; C(pinned) is whether the collection pins it.
      type: str
    rust_version:
      description: The oldest Rust that compiles it, empty when the index does not say.
      type: str
      sample: "1.85"
    published:
      description: When it was published, empty when the index does not say. C(first_seen) is when it was seen here.
      type: str
      sample: "2025-11-10T22:56:59Z"
    features:
      description: Its features, each with what it turns on. C(default_features) are on by default.
      type: dict
    dependencies:
      description: How many dependencies it names.
      type: int
    passes:
      description: Whether it passes the policy.
      type: bool
    reasons:
      description: All that speaks against it, each with the C(rule) of the policy and C(why).
      type: list
      elements: dict
      sample: [{rule: yanked, why: it was yanked}]
    advisories:
      description: What is known against what it is locked to, null when nobody looked. C(open) and
        C(open_after_refresh) are the ids that count, C(found) is as RV(hardened.librespot.scan#module:vulnerabilities).
      type: dict
    locked:
      description: What the index says of the crates in its lock file, null when nobody looked. C(yanked) were yanked,
        C(unlisted) are not in the index.
      type: dict
      sample: {looked: 455, yanked: [spin 0.9.8], unlisted: []}
    problem:
      description: Why nobody could look for advisories.
      type: str
newest:
  description: The newest release that was not yanked and is no pre-release.
  returned: when releases are gathered
  type: str
  sample: 0.8.0
newest_passing:
  description: The newest release that passes the policy, empty when none does.
  returned: when releases are gathered
  type: str
  sample: 0.8.0
newest_passing_sha256:
  description: Its checksum, for O(hardened.librespot.build#module:crate_sha256).
  returned: when releases are gathered
  type: str
update:
  description: The same as RV(newest_passing) when something older runs, else empty.
  returned: when releases are gathered
  type: str
new_releases:
  description: Versions that were not there at the look before. At the first look nothing is new.
  returned: when releases are gathered
  type: list
  elements: str
running:
  description: What runs on the host.
  returned: always
  type: list
  elements: dict
  contains:
    instance:
      description: Its name.
      type: str
      sample: kitchen
    deployment:
      description: C(systemd), C(container), or C(other) for what is not of this collection.
      type: str
    pid:
      description: Its process.
      type: int
    release:
      description: Its artifact, under systemd.
      type: str
    version:
      description: The version that is written about its program, or else that it answers with.
      type: str
      sample: 0.8.0
    answered:
      description: The version that it answers with, empty when it does not serve.
      type: str
    problem:
      description: Why it does not answer although it serves, or what contradicts.
      type: str
active:
  description: The artifact C(id) and the C(version) of the release that is active on the host; empty without one.
  returned: always
  type: dict
running_versions:
  description: The versions that run, with those of O(also_running).
  returned: always
  type: list
  elements: str
running_yanked:
  description: Those of them that were yanked.
  returned: when releases are gathered
  type: list
  elements: str
running_unknown:
  description: Those of them that the index does not have.
  returned: when releases are gathered
  type: list
  elements: str
feeds:
  description: What was found in each feed, with the number of C(entries), those that are C(new), and whether it was the
    C(first) look.
  returned: always
  type: list
  elements: dict
new_entries:
  description: The new entries of all feeds.
  returned: always
  type: list
  elements: dict
  sample: [{feed: commits, id: "tag:1", title: Fix, link: "https://example.org/1", published: "2026-08-25T10:00:00Z"}]
feeds_seen:
  description: By the name of each feed what was seen of it, for O(feeds_seen).
  returned: always
  type: dict
index:
  description: Which index it was (C(source)), when it was C(looked) at, how old that look is (C(age_s)), whether it was
    C(asked) just now, and whether it is C(stale) because it could not be reached.
  returned: when releases are gathered
  type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.running import active, running
from ansible_collections.hardened.librespot.plugins.module_utils.model.release_info_options import RELEASE_INFO_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.module import Module, run


def work(module: Module) -> dict[str, Any]:
    """Return what runs on this host."""
    del module
    files = Files()
    return {"changed": False, "active": active(files), "running": [item.as_data() for item in running(files)]}


def main() -> None:
    """Run the module. It holds no lock of the host: it changes nothing there."""
    run(AnsibleModule(argument_spec=RELEASE_INFO_OPTIONS, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
