#!/bin/sh
# Every file of the host but those of the kernel, with mode, owner, target and, below /etc, content; then what systemd knows.
set -eu
export LC_ALL=C
find / /tmp /run/systemd/system -xdev -printf 'file\t%p\t%M %U:%G %l\n' | sort -u
find /etc -xdev -type f -exec sha256sum {} + | sed 's/^\([0-9a-f]*\)  \(.*\)$/content\t\2\t\1/' | sort
systemctl list-unit-files --no-legend --no-pager --type=service,timer,slice,path,socket | awk '{ print "unit\t" $1 "\t" $2 }' | sort
systemctl list-units --all --no-legend --no-pager --plain 'librespot*' | awk '{ print "loaded\t" $1 "\t" $3 }' | sort
