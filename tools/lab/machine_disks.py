# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a virtual machine starts from: its disk, kernel, keys, and its memory just after a first boot.

Everything that depends on the recipe or on the emulator is made once. A run then continues from the frozen memory,
which under software emulation takes seconds instead of minutes, and writes to a layer that is thrown away.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path

from tools.lab import emulator, engine, images, packages
from tools.lab.cache import Cache, key
from tools.lab.process import attempt, logged, output
from tools.lab.progress import Progress
from tools.lab.recipes import PREFIX, UPKEEP

DISK = "disk"
MEMORY = "memory"
KERNEL = "vmlinuz"
INITRD = "initrd"
PRIVATE_KEY = "id_ed25519"
KNOWN_HOSTS = "known_hosts"

_KERNEL = "linux-image-cloud-amd64"
"""Small, and without sound: a machine can name another among its packages."""
_COMMON = (
    _KERNEL,
    "initramfs-tools",
    "lz4",
    "systemd",
    "systemd-sysv",
    "udev",
    "kmod",
    "dbus",
    "openssh-server",
    "python3",
    "python3-apt",
    "ca-certificates",
    "iproute2",
    "nftables",
    "procps",
    "e2fsprogs",
    "apparmor",
)

# Emulated, every unit and module costs; what is masked here does nothing for a throwaway machine. The root of the
# container is bound aside to be copied without what Docker mounts in it, and without the file by which systemd would
# take the machine for a container.
_SETUP = r"""
set -eu
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/initramfs-tools/conf.d
printf 'MODULES=list\nRESUME=none\nCOMPRESS=lz4\n' > /etc/initramfs-tools/conf.d/lab
printf 'virtio_pci\nvirtio_blk\next4\n' > /etc/initramfs-tools/modules
rm -f /usr/sbin/policy-rc.d
apt-get update
apt-get install --yes --no-install-recommends {packages}
apt-get clean
rm -rf /var/lib/apt/lists/*
systemctl mask {upkeep} getty.target console-getty.service systemd-hwdb-update.service ldconfig.service \
  systemd-journal-catalog-update.service systemd-update-done.service systemd-pcrphase.service
systemctl enable systemd-networkd.service
cat > /etc/systemd/network/10-lab.network <<'END'
[Match]
Name=eth0
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
IPv6AcceptRA=no
END
printf 'UseDNS no\nUsePAM no\nPermitRootLogin prohibit-password\n' > /etc/ssh/sshd_config.d/lab.conf
echo '/dev/vda / ext4 noatime 0 0' > /etc/fstab
ssh-keygen -q -t ed25519 -N '' -f /out/id_ed25519
install -D -m 0600 /out/id_ed25519.pub /root/.ssh/authorized_keys
sed 's/^/machine /' /etc/ssh/ssh_host_ed25519_key.pub > /out/known_hosts
systemd-machine-id-setup
cp /boot/vmlinuz-* /out/vmlinuz
cp /boot/initrd.img-* /out/initrd
mount --bind / /mnt
rm -f /mnt/.dockerenv
echo machine > /mnt/etc/hostname
echo 'nameserver 10.0.2.3' > /mnt/etc/resolv.conf
printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 machine\n' > /mnt/etc/hosts
truncate -s 4G /out/disk
mkfs.ext4 -q -F -E nodiscard -d /mnt /out/disk
chown --reference=/out /out/*
"""


@dataclass(frozen=True)
class Machine:
    """A kind of virtual machine: Debian's *codename*, and what *packages* it has besides the usual."""

    name: str
    codename: str
    packages: tuple[str, ...]


# Installing packages is slow here and is tested in the containers, so the library that librespot loads is there.
MACHINES = {
    machine.name: machine
    for machine in (
        Machine("debian12", "bookworm", ("libasound2",)),
        Machine("debian13", "trixie", ("libasound2t64",)),
        Machine("debian13-exporter", "trixie", ("libasound2t64", "prometheus-node-exporter")),
        Machine(
            "debian13-sound",
            "trixie",
            (
                "linux-image-amd64",
                "libasound2t64",
                "docker.io",
                "docker-cli",
                "iptables",
                "python3-docker",
                "avahi-daemon",
            ),
        ),
    )
}


def ensure(machine: Machine, cache: Cache, progress: Progress) -> Path:
    """Return the directory with everything that *machine* starts from, made if the cache does not have it."""
    packages.ensure(["qemu-system-x86", "openssh-client"], "the virtual machine", cache, progress)
    version = output([emulator.PROGRAM, "--version"])
    path = (
        cache.directory("machines")
        / f"{machine.name}-{key(astuple(machine), _setup(machine), version, emulator.HARDWARE)}"
    )
    if not path.is_dir():
        with cache.lock(f"machine-{machine.name}"):
            if not path.is_dir():
                engine.ensure(cache, progress)
                with cache.publish(path) as temporary:
                    temporary.mkdir()
                    _install(machine, temporary, cache, progress)
                    with progress.step(f"booting the {machine.name} machine for the first time"):
                        emulator.freeze(temporary, cache.log(f"machine-{machine.name}"))
    return path


def _setup(machine: Machine) -> str:
    own = any(name.startswith("linux-image-") for name in machine.packages)
    usual = [name for name in _COMMON if name != _KERNEL or not own]
    return _SETUP.replace("{packages}", " ".join((*usual, *machine.packages))).replace("{upkeep}", UPKEEP)


def _install(machine: Machine, path: Path, cache: Cache, progress: Progress) -> None:
    base = images.base(machine.codename, cache, progress)
    container = f"{PREFIX}-make-machine-{machine.name}"
    attempt(["docker", "rm", "--force", container])
    with progress.step(f"making the disk of the {machine.name} machine"):
        logged(
            ["docker", "run", "--rm", "--name", container, "--label", engine.label(cache), "--network", "host"]
            + ["--cap-add=SYS_ADMIN", "--security-opt=apparmor=unconfined", "--volume", f"{path}:/out", base]
            + ["sh", "-c", _setup(machine)],
            cache.log(f"machine-{machine.name}"),
        )
