# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attacks from inside (probe/probe.c), and what each proves.

An attack proves something about ours where it succeeds under the unit of librespot's authors. Where that unit refuses
it too, the row says by what, and that the attack is real is shown by a librespot that runs as root.
"""

from __future__ import annotations

from dataclasses import dataclass

SUCCEEDS = ""
OWNER = "owner and mode of the file"
USER = "not root"
DYNAMIC = "implied by DynamicUser="
KERNEL = "kernel"


@dataclass(frozen=True)
class Attack:
    """One attempt. *upstream* is empty where it must succeed there, else what refuses it.

    *optional*: the kernel may lack what is attacked, so that it cannot be shown everywhere.
    """

    name: str
    tries: str
    upstream: str = SUCCEEDS
    optional: bool = False


READ = (
    Attack("read_shadow", "read /etc/shadow", OWNER),
    Attack("read_root_home", "read a file in /root", OWNER),
    Attack("list_homes", "list /home"),
    Attack("read_home", "read a user's open file in /home"),
    Attack("read_ssh_key", "read the host's SSH key", OWNER),
    Attack("read_loose_ssh_key", "read the host's SSH key, its mode loosened"),
    Attack("read_other_login", "read another instance's stored login", OWNER),
    Attack("read_loaded_login", "read the same as systemd handed it over", OWNER),
    Attack("read_loose_login", "read another player's login as librespot 0.8.0 writes it (0644)"),
    Attack("read_other_environment", "read another instance's environment", OWNER),
)
WRITE = (
    Attack("write_etc", "write into /etc", DYNAMIC),
    Attack("write_usr", "write into /usr", DYNAMIC),
    Attack("write_opt", "write into /opt", DYNAMIC),
    Attack("write_release", "replace its own program", DYNAMIC),
    Attack("write_binary", "write into its own program", OWNER),
    Attack("write_unit", "write into its unit", OWNER),
    Attack("write_cron", "plant a job for cron", DYNAMIC),
    Attack("write_home", "write into a user's home", DYNAMIC),
    Attack("write_disk", "write to the disk (/var/tmp)"),
    Attack("write_shared_memory", "write to the host's shared memory"),
    Attack("write_kernel_setting", "change a kernel setting", OWNER, optional=True),
)
CODE = (
    Attack("become_root", "become root by a set-uid program", DYNAMIC),
    Attack("make_setuid", "make a set-uid program", DYNAMIC),
    Attack("run_shell", "run a shell"),
    Attack("run_dropped", "run a program that it wrote itself"),
    Attack("run_from_memory", "run a program that was never on a disk (memfd)"),
    Attack("map_code_from_memory", "map code that was never on a disk (memfd)"),
    Attack("map_writable_code", "map memory writable and executable"),
    Attack("make_data_code", "make written memory executable"),
    Attack("attach_shared_code", "attach shared memory executable"),
    Attack("read_means_execute", "make all readable memory executable (personality)"),
)
KERNELS = (
    Attack("trace", "ptrace"),
    Attack("mount_privately", "mount", USER),
    Attack("user_namespace", "unshare a user namespace"),
    Attack("mount_in_user_namespace", "mount, as root of a user namespace"),
    Attack("clone_namespace", "clone into a user namespace"),
    Attack("bpf_map", "bpf", USER),
    Attack("keyring", "keyctl"),
    Attack("load_module", "init_module", USER, optional=True),
    Attack("reboot_wrongly", "reboot", USER),
    Attack("raw_socket", "a raw socket", USER),
    Attack("packet_socket", "a packet socket", USER),
    Attack("kernel_crypto_socket", "a socket of a rare family (AF_ALG)", optional=True),
    Attack("vsock", "a socket of a rare family (AF_VSOCK)", optional=True),
    Attack("io_uring", "io_uring_setup"),
    Attack("fault_handler", "userfaultfd, for user memory"),
    Attack("real_time", "real-time scheduling", USER, optional=True),
    Attack("kernel_log", "read the kernel's log", KERNEL, optional=True),
)
OTHERS = (
    Attack("docker_socket", "connect to Docker's socket", OWNER),
    Attack("system_bus", "connect to the system bus"),
    Attack("service_manager", "connect to systemd's own socket", OWNER),
    Attack("see_other_process", "read another instance's command line"),
    Attack("see_any_other_process", "see any other user's process"),
    Attack("signal_other_process", "send a signal to another instance", USER),
    Attack("shared_memory_of_others", "use shared memory that is open to all"),
    Attack("kernel_command_line", "read the kernel's command line"),
    Attack("hardware", "list the host's hardware"),
)

# The numbers are those of the list of attacks that the project is held to.
BY_NUMBER = {9: READ, 10: WRITE, 11: CODE + KERNELS, 12: OTHERS}
ATTACKS = tuple((number, attack) for number, attacks in BY_NUMBER.items() for attack in attacks)
