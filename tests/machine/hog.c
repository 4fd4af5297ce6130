/*
 * Copyright: hardened.librespot contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Takes as much of one thing as it gets, up to a bound that a host survives, holds it for HOLD seconds, and lets go.
 * Each line that it prints is how much it has; the last is its most.
 *
 * Usage: hog tasks|memory|cpu|files COUNT, hog disk COUNT DIRECTORY; COUNT is MiB for memory and disk, seconds for cpu.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOLD 15
#define MIB (1024 * 1024)

static long tasks(long most)
{
    long got = 0;
    while (got < most) {
        pid_t child = fork();
        if (child < 0)
            break;
        if (child == 0) {
            sleep(120);
            _exit(0);
        }
        got++;
    }
    return got;
}

static long memory(long most)
{
    long got = 0;
    for (; got < most; got++) {
        char *block = malloc(MIB);
        if (!block)
            break;
        for (long at = 0; at < MIB; at += 512)
            block[at] = 1;
        if (got % 16 == 0)
            printf("%ld\n", got);
    }
    return got;
}

static long cpu(long seconds)
{
    struct timespec spent;
    volatile unsigned long work = 0;
    for (time_t end = time(NULL) + seconds; time(NULL) < end;)
        for (int i = 0; i < 1000000; i++)
            work++;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (spent.tv_sec * 1000 + spent.tv_nsec / 1000000) / (10 * seconds);
}

static long files(long most)
{
    struct rlimit limit;
    long got = 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (got < most && open("/dev/null", O_RDONLY) >= 0)
        got++;
    return got;
}

static long disk(long most, const char *directory)
{
    static char block[MIB];
    char path[4096];
    long got = 0;
    snprintf(path, sizeof path, "%s/hog", directory);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    memset(block, 1, sizeof block);
    while (fd >= 0 && got < most && write(fd, block, sizeof block) == sizeof block)
        got++;
    unlink(path);
    return got;
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    long most = count > 2 ? atol(arguments[2]) : 0, got = -1;
    if (most > 0 && !strcmp(arguments[1], "tasks"))
        got = tasks(most);
    else if (most > 0 && !strcmp(arguments[1], "memory"))
        got = memory(most);
    else if (most > 0 && !strcmp(arguments[1], "cpu"))
        got = cpu(most);
    else if (most > 0 && !strcmp(arguments[1], "files"))
        got = files(most);
    else if (most > 0 && count > 3 && !strcmp(arguments[1], "disk"))
        got = disk(most, arguments[3]);
    if (got < 0)
        return 2;
    printf("%ld\n", got);
    sleep(HOLD);
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    return 0;
}
