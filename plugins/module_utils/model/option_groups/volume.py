# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of loudness: the volume and its normalisation."""

from __future__ import annotations

from ..option import CHOICE, DECIMAL, FLAG, INTEGER, Option

VOLUME: tuple[Option, ...] = (
    Option(
        "initial-volume",
        INTEGER,
        "Volume at start, in percent",
        short="R",
        default="50",
        minimum=0,
        maximum=100,
    ),
    Option(
        "volume-ctrl",
        CHOICE,
        "Curve between the slider and the loudness; fixed leaves the volume alone",
        short="E",
        default="log",
        choices=("cubic", "fixed", "linear", "log"),
    ),
    Option(
        "volume-range",
        DECIMAL,
        "Range of the curves log and cubic, in decibels",
        short="e",
        default="60.0",
        minimum=0,
        maximum=100,
    ),
    Option(
        "volume-steps",
        INTEGER,
        "Number of steps from silent to loudest",
        since="0.7.0",
        default="64",
        minimum=1,
        maximum=65535,
    ),
    Option(
        "mixer-linear-volume",
        FLAG,
        "Older way to choose a linear curve",
        removed="0.3.0",
        instead="Write volume-ctrl: linear",
    ),
    Option("enable-volume-normalisation", FLAG, "Play all tracks about equally loud", short="N"),
    Option(
        "normalisation-method",
        CHOICE,
        "basic lowers the gain until nothing clips, dynamic limits peaks",
        short="X",
        default="dynamic",
        choices=("basic", "dynamic"),
    ),
    Option(
        "normalisation-gain-type",
        CHOICE,
        "Whose loudness counts: the track's, the album's, or as it is played",
        short="W",
        default="auto",
        choices=("track", "album", "auto"),
    ),
    Option(
        "normalisation-pregain",
        DECIMAL,
        "Gain added to every track, in decibels",
        short="Y",
        default="0.0",
        minimum=-10,
        maximum=10,
    ),
    Option(
        "normalisation-threshold",
        DECIMAL,
        "Level at which the limiter sets in, in decibels of full scale",
        short="Z",
        default="-2.0",
        minimum=-10,
        maximum=0,
    ),
    Option(
        "normalisation-attack",
        INTEGER,
        "Time in which the limiter lowers the gain, in milliseconds",
        short="U",
        default="5",
        minimum=1,
        maximum=500,
    ),
    Option(
        "normalisation-release",
        INTEGER,
        "Time in which the limiter gives the gain back, in milliseconds",
        short="y",
        default="100",
        minimum=1,
        maximum=1000,
    ),
    Option(
        "normalisation-knee",
        DECIMAL,
        "Width of the limiter's bend, in decibels",
        short="w",
        default="5.0",
        minimum=0,
        maximum=10,
    ),
)
