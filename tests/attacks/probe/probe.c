/*
 * Copyright: hardened.librespot contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a hijacked librespot would try, one attempt a process. Each prints a line: name, "succeeded" or "refused", why.
 * Static, so that it runs where there is nothing to run with. No attempt changes the host for longer than it takes, and
 * those that could (reboot, modules) are given arguments that the kernel refuses after it has looked at the rights.
 *
 * Usage: probe KEY=VALUE...
 *   victim=PID      a process of another instance
 *   credentials=    file with its stored login          loaded=    the same as systemd handed it over
 *   binary=         the program that an instance runs   unit=      the unit of the instance
 *   setuid=         this program, owned by root, set-uid
 *   scratch=        a directory that the instance may write to
 *   only=NAME       make this attempt alone, without a process of its own; exit with 0 or the errno
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARED_KEY 0x11b5e5
#define TRIAL_SECONDS 10
#define NOT_FOUND 200 /* an exit status above any errno */

static const char *given(const char *key);

/* -- helpers: each returns 0 when the attack succeeded, else an errno ------------------------------------------ */

/* As the kernel said at the start: a filter may refuse to tell it again, and then nobody is root, or everybody another. */
static uid_t own_user(void) { return (uid_t)getauxval(AT_EUID); }

static int failed(long result) { return result < 0 ? (errno ? errno : EIO) : 0; }

static int readable(const char *path)
{
    char byte;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    ssize_t got = read(fd, &byte, 1);
    return got < 0 ? errno : got == 0 ? ENODATA : 0;
}

static int can_create(const char *directory)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/.attack-%d", directory, getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int result = write(fd, "x", 1) == 1 ? 0 : errno;
    unlink(path);
    return result;
}

/* Whether an existing file can be opened for writing. "Text busy" is said after the rights were found good. */
static int can_change(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 && errno != ETXTBSY ? errno : 0;
}

static int beside(const char *path)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash)
        *slash = 0;
    return can_create(directory);
}

static int lists(const char *directory)
{
    DIR *handle = opendir(directory);
    if (!handle)
        return errno;
    for (struct dirent *item; (item = readdir(handle));)
        if (item->d_name[0] != '.')
            return 0;
    return ENODATA;
}

static int connects(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return failed(connect(fd, (struct sockaddr *)&address, sizeof address));
}

static int opens(int family, int type, int protocol) { return failed(socket(family, type, protocol)); }

static int of_victim(const char *file)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", given("victim"), file);
    return readable(path);
}

/* Copies this program to a descriptor that is open for writing. */
static int copy_self(int fd)
{
    char block[65536];
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (self < 0)
        return errno;
    for (ssize_t got; (got = read(self, block, sizeof block)) > 0;)
        if (write(fd, block, (size_t)got) != got)
            return errno;
    return 0;
}

/* Runs a program and returns its exit status; of a failed exec the errno. Where no process can be started, becomes it. */
static int runs(int directory, const char *path, char *const arguments[], int flags)
{
    char *none[] = {NULL};
    pid_t child = fork();
    if (child <= 0) {
        syscall(SYS_execveat, directory, path, arguments, none, flags);
        _exit(errno);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* -- 9: what is not the instance's to read --------------------------------------------------------------------- */

static int read_shadow(void) { return readable("/etc/shadow"); }
static int read_root_home(void) { return readable("/root/attack-secret"); }
static int list_homes(void) { return lists("/home"); }
static int read_home(void) { return readable("/home/attack-alice/notes"); }
static int read_ssh_key(void) { return readable("/etc/ssh/attack_host_key"); }
static int read_loose_ssh_key(void) { return readable("/etc/ssh/attack_host_key_loose"); }
static int read_other_login(void) { return readable(given("credentials")); }
static int read_loaded_login(void) { return readable(given("loaded")); }
static int read_loose_login(void) { return readable("/var/lib/attack-neighbour/credentials.json"); }
static int read_other_environment(void) { return of_victim("environ"); }

/* -- 10: what is not the instance's to write ------------------------------------------------------------------- */

static int write_etc(void) { return can_create("/etc"); }
static int write_usr(void) { return can_create("/usr/local/bin"); }
static int write_opt(void) { return can_create("/opt"); }
static int write_release(void) { return beside(given("binary")); }
static int write_binary(void) { return can_change(given("binary")); }
static int write_unit(void) { return can_change(given("unit")); }
static int write_cron(void) { return can_create("/etc/cron.d"); }
static int write_home(void) { return can_create("/home/attack-alice"); }
static int write_disk(void) { return can_create("/var/tmp"); }
static int write_shared_memory(void) { return can_create("/dev/shm"); }
static int write_kernel_setting(void) { return can_change("/proc/sys/kernel/hostname"); }

/* -- 11: more rights, other code ------------------------------------------------------------------------------- */

static int become_root(void)
{
    char *arguments[] = {(char *)"probe", (char *)"is-root", NULL};
    if (own_user() == 0 && setresuid(65534, 65534, 65534) < 0)
        return errno;
    return runs(AT_FDCWD, given("setuid"), arguments, 0);
}

static int make_setuid(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/attack-setuid-%d", given("scratch"), getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
    if (fd < 0)
        return errno;
    int result = failed(fchmod(fd, 04755));
    unlink(path);
    return result;
}

static int run_shell(void)
{
    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)"exit 0", NULL};
    return runs(AT_FDCWD, "/bin/sh", arguments, 0);
}

static int run_dropped(void)
{
    char path[PATH_MAX], *arguments[] = {(char *)"probe", (char *)"nothing", NULL};
    snprintf(path, sizeof path, "%s/attack-%d", given("scratch"), getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (fd < 0)
        return errno;
    int result = copy_self(fd);
    close(fd);
    result = result ? result : runs(AT_FDCWD, path, arguments, 0);
    unlink(path);
    return result;
}

static int run_from_memory(void)
{
    char *arguments[] = {(char *)"probe", (char *)"nothing", NULL};
    int fd = memfd_create("attack", 0);
    if (fd < 0)
        return errno;
    int result = copy_self(fd);
    return result ? result : runs(fd, "", arguments, AT_EMPTY_PATH);
}

static int map_code_from_memory(void)
{
    int fd = memfd_create("attack", MFD_CLOEXEC);
    if (fd < 0 || write(fd, "\xc3", 1) != 1)
        return errno;
    return mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
}

static int map_writable_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : 0;
}

static int make_data_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : failed(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int attach_shared_code(void)
{
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700);
    if (id < 0)
        return errno;
    void *page = shmat(id, NULL, SHM_EXEC);
    int result = page == (void *)-1 ? errno : 0;
    shmctl(id, IPC_RMID, NULL);
    return result;
}

static int read_means_execute(void) { return failed(personality(READ_IMPLIES_EXEC)); }

static int trace(void)
{
    pid_t child = fork();
    if (child < 0)
        return errno;
    if (child == 0)
        for (;;)
            pause();
    int result = failed(ptrace(PTRACE_ATTACH, child, NULL, NULL));
    kill(child, SIGKILL);
    waitpid(child, NULL, __WALL);
    return result;
}

static int mount_something(void) { return failed(mount("attack", given("scratch"), "tmpfs", 0, "size=4k")); }

static int mount_privately(void)
{
    if (unshare(CLONE_NEWNS) < 0)
        return errno;
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return mount_something();
}

static int user_namespace(void) { return failed(unshare(CLONE_NEWUSER)); }

static int mount_in_user_namespace(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return errno;
    return mount_something();
}

static int clone_namespace(void)
{
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0)
        _exit(0);
    return failed(child);
}

static int bpf_map(void)
{
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    return failed(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}

static int keyring(void) { return failed(syscall(SYS_add_key, "user", "attack", "x", 1, KEY_SPEC_PROCESS_KEYRING)); }

/* An empty module is refused as no module, once the right to load one was seen. */
static int load_module(void)
{
    syscall(SYS_init_module, NULL, 0, "");
    return errno == ENOEXEC || errno == EFAULT || errno == EINVAL ? 0 : errno;
}

/* With magic numbers that are none nothing can happen; EINVAL says that the right to reboot was seen first. */
static int reboot_wrongly(void)
{
    syscall(SYS_reboot, 1, 2, 3, NULL);
    return errno == EINVAL ? 0 : errno;
}

static int raw_socket(void) { return opens(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static int packet_socket(void) { return opens(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)); }
static int kernel_crypto_socket(void) { return opens(AF_ALG, SOCK_SEQPACKET, 0); }
static int vsock(void) { return opens(AF_VSOCK, SOCK_STREAM, 0); }

static int io_uring(void)
{
    char parameters[256] = {0};
    return failed(syscall(SYS_io_uring_setup, 1, parameters));
}

static int fault_handler(void) { return failed(syscall(SYS_userfaultfd, O_CLOEXEC | 1)); }

static int real_time(void)
{
    struct sched_param parameter = {.sched_priority = 1};
    return failed(sched_setscheduler(0, SCHED_FIFO, &parameter));
}

static int kernel_log(void)
{
    char text[64];
    return failed(syscall(SYS_syslog, 3, text, sizeof text));
}

/* -- 12: others on the host ------------------------------------------------------------------------------------ */

static int docker_socket(void) { return connects("/run/docker.sock", SOCK_STREAM); }
static int system_bus(void) { return connects("/run/dbus/system_bus_socket", SOCK_STREAM); }
static int service_manager(void) { return connects("/run/systemd/private", SOCK_STREAM); }
static int see_other_process(void) { return of_victim("cmdline"); }

static int see_any_other_process(void)
{
    DIR *handle = opendir("/proc");
    if (!handle)
        return errno;
    for (struct dirent *item; (item = readdir(handle));) {
        struct stat found;
        if (item->d_name[0] < '1' || item->d_name[0] > '9' || fstatat(dirfd(handle), item->d_name, &found, 0) < 0)
            continue;
        if (found.st_uid != own_user())
            return 0;
    }
    return ENOENT;
}

static int signal_other_process(void) { return failed(kill(atoi(given("victim")), 0)); }
static int shared_memory_of_others(void) { return failed(shmget(SHARED_KEY, 0, 0)); }
static int kernel_command_line(void) { return readable("/proc/cmdline"); }
static int hardware(void) { return lists("/sys/class/net"); }

static const struct attack {
    const char *name;
    int (*attempt)(void);
} attacks[] = {
#define ATTACK(function) {#function, function}
    ATTACK(read_shadow), ATTACK(read_root_home), ATTACK(list_homes), ATTACK(read_home), ATTACK(read_ssh_key),
    ATTACK(read_loose_ssh_key), ATTACK(read_other_login), ATTACK(read_loaded_login), ATTACK(read_loose_login),
    ATTACK(read_other_environment),
    ATTACK(write_etc), ATTACK(write_usr), ATTACK(write_opt), ATTACK(write_release), ATTACK(write_binary),
    ATTACK(write_unit), ATTACK(write_cron), ATTACK(write_home), ATTACK(write_disk), ATTACK(write_shared_memory),
    ATTACK(write_kernel_setting),
    ATTACK(become_root), ATTACK(make_setuid), ATTACK(run_shell), ATTACK(run_dropped), ATTACK(run_from_memory),
    ATTACK(map_code_from_memory), ATTACK(map_writable_code), ATTACK(make_data_code), ATTACK(attach_shared_code),
    ATTACK(read_means_execute), ATTACK(trace), ATTACK(mount_privately), ATTACK(user_namespace),
    ATTACK(mount_in_user_namespace), ATTACK(clone_namespace), ATTACK(bpf_map), ATTACK(keyring), ATTACK(load_module),
    ATTACK(reboot_wrongly), ATTACK(raw_socket), ATTACK(packet_socket), ATTACK(kernel_crypto_socket), ATTACK(vsock),
    ATTACK(io_uring), ATTACK(fault_handler), ATTACK(real_time), ATTACK(kernel_log),
    ATTACK(docker_socket), ATTACK(system_bus), ATTACK(service_manager), ATTACK(see_other_process),
    ATTACK(see_any_other_process), ATTACK(signal_other_process), ATTACK(shared_memory_of_others),
    ATTACK(kernel_command_line), ATTACK(hardware),
};

static char **facts;

static const char *given(const char *key)
{
    size_t length = strlen(key);
    for (char **fact = facts; *fact; fact++)
        if (!strncmp(*fact, key, length) && (*fact)[length] == '=')
            return *fact + length + 1;
    fprintf(stderr, "%s= was not given\n", key);
    exit(2);
}

int main(int count, char **arguments)
{
    if (count == 2 && !strcmp(arguments[1], "nothing"))
        return 0;
    if (count == 2 && !strcmp(arguments[1], "is-root"))
        return own_user() == 0 ? 0 : EPERM;
    /* By a call that librespot makes, too: our filter refuses pause(2), and it would end at once. */
    if (count == 2 && !strcmp(arguments[1], "wait"))
        return poll(NULL, 0, -1);
    facts = arguments + 1;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
        if (!strncmp(arguments[count - 1], "only=", 5) && !strcmp(given("only"), attacks[i].name)) {
            alarm(TRIAL_SECONDS);
            errno = 0;
            int result = attacks[i].attempt();
            return result < 0 || result > 125 ? NOT_FOUND : result;
        }
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        pid_t child = fork();
        if (child < 0) {
            perror("fork");
            return 1;
        }
        if (child == 0) {
            alarm(TRIAL_SECONDS);
            errno = 0;
            int result = attacks[i].attempt();
            _exit(result < 0 || result > 255 ? NOT_FOUND : result);
        }
        int status;
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status))
            printf("%s\trefused\t%s\n", attacks[i].name, strsignal(WTERMSIG(status)));
        else if (WEXITSTATUS(status))
            printf("%s\trefused\t%s\n", attacks[i].name, strerrorname_np(WEXITSTATUS(status)));
        else
            printf("%s\tsucceeded\t-\n", attacks[i].name);
    }
    puts("end\tof\ttable");
    return 0;
}
