# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say which releases would be run, and which feeds are looked at."""

from __future__ import annotations


class ModuleDocFragment:
    """What antsibull and ansible-doc read."""

    DOCUMENTATION = r"""
options:
  policy:
    description: Which releases you would run.
    type: dict
    default: {}
    suboptions:
      version:
        description: The only version that passes.
        type: str
        default: ''
      minimum:
        description: The oldest version that passes.
        type: str
        default: ''
      maximum:
        description: The newest version that passes.
        type: str
        default: ''
      held_back:
        description: Versions that do not pass.
        type: list
        elements: str
        default: []
      prereleases:
        description: Whether pre-releases pass.
        type: bool
        default: false
      yanked:
        description: Whether releases pass that were yanked.
        type: bool
        default: false
      min_age_days:
        description: How old a release has to be, in days. Where the index does not say when one was published, it
          counts from when it was first seen here.
        type: int
        default: 0
      rust:
        description: The version of Rust on the build host, as C(1.85). A release that needs a newer one does not pass.
        type: str
        default: ''
      gate:
        description: The severity from which on an open advisory speaks against a release, as
          O(hardened.librespot.scan#module:fail_on); V(none) lets all pass.
        type: str
        choices: [none, any, low, medium, high, critical]
        default: any
      refreshed:
        description: Whether the release is built with a refreshed lock file. Advisories that the refresh mends do not
          count then.
        type: bool
        default: true
  advisories:
    description: How advisories are looked for, in the lock file that each release was published with.
    type: dict
    default: {}
    suboptions:
      newest:
        description: How many of the newest releases are looked into, besides those that run. With V(0) none is.
        type: int
        default: 3
      yanked_dependencies:
        description: Whether the index is asked about each crate in the lock file as well.
        type: bool
        default: true
      engines:
        description: As in M(hardened.librespot.scan).
        type: list
        elements: dict
        default: [{name: cargo-audit}]
        suboptions:
          name:
            description: Which one.
            type: str
            choices: [cargo-audit, osv-scanner]
            required: true
          program:
            description: Its path. By default it is looked for in E(PATH).
            type: path
            default: ''
          database:
            description: Its database.
            type: str
            default: ''
          distribution_database:
            description: Of use for images alone.
            type: path
            default: ''
      max_age:
        description: The age in days above which a database is refused.
        type: int
        default: 30
      waivers:
        description: Advisories that you live with, as in M(hardened.librespot.scan).
        type: list
        elements: raw
        default: []
      vex:
        description: VEX documents on the controller.
        type: list
        elements: path
        default: []
      explain:
        description: Whether the collection's own statements count.
        type: bool
        default: true
      proxy:
        description: Whether an instance connects through a proxy.
        type: bool
        default: false
  feeds:
    description: Feeds in Atom or RSS, as those of release notes or of commits.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is called in what is returned.
        type: str
        required: true
      url:
        description: Its address. It is shown without its query, and only its digest is remembered.
        type: str
        required: true
  feeds_seen:
    description:
      - What an earlier look with O(remember=false) returned as RV(feeds_seen), to be remembered now that someone was
        told of it. O(feeds) names the same feeds, and O(gather) nothing else.
      - No feed is asked then. An entry that has come since is new to the next look.
    type: dict
    default: {}
"""
