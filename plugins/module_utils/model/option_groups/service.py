# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the process itself: its log, its directories, and programs that it starts."""

from __future__ import annotations

from ..option import FLAG, SIZE, TEXT, Option

_DIRECTORIES = "is a directory of the instance, which its unit makes and locks"
_NO_SERVICE = "makes the program print something and end"

SERVICE: tuple[Option, ...] = (
    Option(
        "help",
        FLAG,
        "Print the options and end",
        security="In a service's environment it is an outage",
        short="h",
        refused=_NO_SERVICE,
        instead="Remove it",
    ),
    Option(
        "version",
        FLAG,
        "Print the version and end",
        security="In a service's environment it is an outage, whatever its value",
        short="V",
        refused=_NO_SERVICE,
        instead="Write librespot_version to choose a version",
    ),
    Option(
        "verbose",
        FLAG,
        "Log everything",
        security="The log then holds every setting, request and track",
        short="v",
        permissive="the journal then holds every setting, the requests of strangers and all that is played",
    ),
    Option(
        "quiet",
        FLAG,
        "Log warnings and errors only",
        security="Logins are no longer seen in the journal",
        short="q",
    ),
    Option(
        "tmp",
        TEXT,
        "Directory for tracks while they play",
        security="Whoever can write there chooses what is played, and a full disk is the host's",
        short="t",
        since="0.5.0",
        refused=_DIRECTORIES,
        instead="Write the instance's limits to give it more room",
    ),
    Option(
        "cache",
        TEXT,
        "Directory of the audio cache",
        security="Grows without end unless cache-size-limit is set, and follows links",
        short="c",
        refused=_DIRECTORIES,
        instead="Write cache-size-limit: a size turns the cache on",
    ),
    Option(
        "system-cache",
        TEXT,
        "Directory of the credentials and the volume",
        security="Holds a reusable login in plain text",
        short="C",
        refused=_DIRECTORIES,
        instead="Write librespot_credentials to give the instance a stored login",
    ),
    Option(
        "cache-size-limit",
        SIZE,
        "Keep played tracks, up to this size",
        security="A bound for what the cache takes from the disk",
        short="M",
    ),
    Option(
        "disable-audio-cache",
        FLAG,
        "Keep no played tracks, even where there is a cache directory",
        security="What was played leaves no trace on the disk",
        short="G",
    ),
    Option(
        "disable-credential-cache",
        FLAG,
        "Neither read nor write stored credentials",
        security="Without it every login leaves credentials on the disk",
        short="H",
        refused="follows from whether the instance has credentials",
        instead="Write librespot_credentials to give the instance a stored login, or leave it out for none",
    ),
    Option(
        "onevent",
        TEXT,
        "Program that is run at every event of the player",
        security="Runs inside the sandbox with the whole environment, and with names of tracks from outside in it",
        short="o",
        relaxation="hooks",
        permissive="a program is run with text from outside in its environment",
    ),
    Option(
        "emit-sink-events",
        FLAG,
        "Run the program of onevent when the sound device is opened and closed, too",
        security="The sound waits for the program",
        short="Q",
        relaxation="hooks",
    ),
)
