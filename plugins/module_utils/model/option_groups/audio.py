# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the sound: what is decoded, how, and where it goes."""

from __future__ import annotations

from ..option import CHOICE, FLAG, INTEGER, ON_OFF, PATHS, TEXT, Option

_ALSA = "alsa-backend"

AUDIO: tuple[Option, ...] = (
    Option(
        "bitrate",
        CHOICE,
        "Kilobits per second that are asked for",
        short="b",
        default="160",
        choices=("96", "160", "320"),
    ),
    Option(
        "format",
        CHOICE,
        "Sample format given to the backend",
        short="f",
        default="S16",
        choices=("F64", "F32", "S32", "S24", "S24_3", "S16"),
    ),
    Option(
        "dither",
        CHOICE,
        "Noise that hides rounding when samples are made shorter; none for F32 and F64",
        short="D",
        default="tpdf for formats S16, S24, S24_3 and none for other formats",
        choices=("none", "gpdf", "tpdf", "tpdf_hp"),
    ),
    Option("disable-gapless", FLAG, "Leave the sink closed between two tracks", short="g"),
    Option(
        "backend",
        CHOICE,
        "Where sound goes; the program takes the first one that was compiled in",
        security="pipe writes to any path that the service can reach and follows links; subprocess runs a program; "
        "jackaudio, pulseaudio and gstreamer load code and speak to servers of their own",
        short="B",
        choices=(
            "rodio",
            "alsa",
            "portaudio",
            "pulseaudio",
            "jackaudio",
            "gstreamer",
            "rodiojack",
            "sdl",
            "pipe",
            "subprocess",
        ),
    ),
    Option(
        "device",
        TEXT,
        "Device of the backend: a card, a file or FIFO for pipe, a command for subprocess",
        security="With pipe the file is emptied when playing starts; with subprocess this is a command that runs as "
        "the service's user",
        short="d",
        default="the backend's default",
    ),
    Option(
        "mixer",
        CHOICE,
        "Volume by arithmetic on the samples, or by the card",
        security="alsa changes the volume of the card for every program on the host",
        short="m",
        default="softvol",
        choices=("softvol", "alsa"),
    ),
    Option(
        "alsa-mixer-control",
        TEXT,
        "Name of the card's volume control",
        short="T",
        default="PCM",
        feature=_ALSA,
    ),
    Option(
        "alsa-mixer-device",
        TEXT,
        "Card whose mixer is used",
        security="An ALSA name may carry arguments that load a plugin",
        short="S",
        default="`--device` if specified, default otherwise",
        feature=_ALSA,
    ),
    Option(
        "alsa-mixer-index",
        INTEGER,
        "Which of several controls of the same name",
        short="s",
        default="0",
        minimum=0,
        maximum=2**32 - 1,
        feature=_ALSA,
    ),
    Option(
        "passthrough",
        FLAG,
        "Give the compressed stream to the backend; for pipe and subprocess",
        security="What reads the stream decodes data that came from outside",
        short="P",
        feature="passthrough-decoder",
    ),
    Option(
        "autoplay",
        ON_OFF,
        "Go on with similar tracks at the end",
        security="on keeps the network and the sound busy when nobody listens",
        short="A",
        default="following the client setting",
        choices=("on", "off"),
    ),
    Option(
        "local-file-dir",
        PATHS,
        "Directories with music of one's own",
        security="Every file under them with a name of music, links included, is read and parsed at start",
        short="l",
        since="0.8.0",
        permissive="media parsers read whatever lies in these directories; make them readable and nothing more",
        command_line=True,
    ),
    Option(
        "mixer-name",
        TEXT,
        "Older name of alsa-mixer-control",
        removed="0.4.0",
        instead="Write alsa-mixer-control",
    ),
    Option("mixer-card", TEXT, "Older name of alsa-mixer-device", removed="0.4.0", instead="Write alsa-mixer-device"),
    Option("mixer-index", INTEGER, "Older name of alsa-mixer-index", removed="0.4.0", instead="Write alsa-mixer-index"),
)
