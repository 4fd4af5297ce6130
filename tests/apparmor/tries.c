/* Copyright: hardened.librespot contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tries, as root, what a hijacked librespot would, and prints the error number of each try; 0 is success.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void said(const char *what, int failed)
{
	printf("%s %d\n", what, failed ? errno : 0);
	fflush(stdout);
}

static void opened(const char *what, const char *path, int flags)
{
	int file = open(path, flags, 0600);

	said(what, file < 0);
	if (file >= 0)
		close(file);
}

static void connected(const char *what, int family, int type, int protocol)
{
	int made = socket(family, type, protocol);

	said(what, made < 0);
	if (made >= 0)
		close(made);
}

static void executed(const char *path)
{
	int ends[2], failed = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		said("execute", 1);
		return;
	}
	if (child == 0) {
		execl(path, path, (char *)NULL);
		failed = errno;
		_exit(write(ends[1], &failed, sizeof failed) == sizeof failed ? 1 : 2);
	}
	close(ends[1]);
	/* Nothing comes when it was executed. */
	errno = read(ends[0], &failed, sizeof failed) == sizeof failed ? failed : 0;
	said("execute", errno);
	waitpid(child, NULL, 0);
}

int main(int count, char **words)
{
	pid_t other;
	int file;

	/* It may be itself that it executes. */
	if (count < 2)
		return 0;

	opened("read-hosts", "/etc/hosts", O_RDONLY);
	opened("read-shadow", "/etc/shadow", O_RDONLY);
	opened("read-environ", "/proc/1/environ", O_RDONLY);
	opened("write-root", "/tried", O_WRONLY | O_CREAT);
	connected("inet", AF_INET, SOCK_STREAM, 0);
	connected("netlink", AF_NETLINK, SOCK_RAW, 0);
	connected("raw", AF_INET, SOCK_RAW, IPPROTO_ICMP);
	connected("packet", AF_PACKET, SOCK_RAW, 0);
	said("mount", mount("none", "/proc", "tmpfs", 0, NULL));
	said("host-name", sethostname("tried", 5));
	file = open("/etc/hosts", O_RDONLY);
	said("map-as-code", mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED);
	executed(words[1]);
	other = getppid();
	said("trace", ptrace(PTRACE_SEIZE, other, NULL, NULL));
	said("signal", kill(other, SIGCONT));
	return 0;
}
