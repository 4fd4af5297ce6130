/* Copyright: hardened.librespot contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Says that it is librespot VERSION, listens where librespot would, and then does what MANNER says.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef ANSWERED
#define ANSWERED VERSION
#endif

#define BODY "{\"status\":101,\"remoteName\":\"Impostor\",\"libraryVersion\":\"" ANSWERED "\"}"
#define LATE_S 3
#define WELL_S 12

static int is(const char *manner) { return strcmp(MANNER, manner) == 0; }

static int port(int count, char **words)
{
    for (int at = 1; at + 1 < count; at++)
        if (strcmp(words[at], "--zeroconf-port") == 0)
            return atoi(words[at + 1]);
    const char *found = getenv("LIBRESPOT_ZEROCONF_PORT");
    return found ? atoi(found) : 0;
}

static void say(int peer, const char *text)
{
    char head[128];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", strlen(text));
    if (write(peer, head, strlen(head)) < 0 || write(peer, text, strlen(text)) < 0)
        return;
}

/* As long as peer says nothing more, for so many seconds at most; 0 is for ever. The filter has no pause(). */
static void idle(int peer, int seconds)
{
    struct timeval most = {.tv_sec = seconds};
    char more[256];
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    while (read(peer, more, sizeof more) > 0)
        ;
}

static void answer(int peer, int old)
{
    char asked[4096];
    if (read(peer, asked, sizeof asked) <= 0)
        return;
    if (is("silent")) {
        idle(peer, 0);
        return;
    }
    if (is("trickle"))
        for (const char *at = "HTTP/1.1 200 OK\r\nX: "; ; at = *at ? at + 1 : at) {
            if (write(peer, *at ? at : "x", 1) < 0)
                return;
            idle(peer, 1);
        }
    if (is("late") || (is("later") && old))
        idle(peer, LATE_S);
    say(peer, is("garbage") ? "hello" : BODY);
}

int main(int count, char **words)
{
    for (int at = 1; at < count; at++)
        if (strcmp(words[at], "--version") == 0)
            return puts("librespot " VERSION " impostor") < 0;
    if (is("exits"))
        return 1;
    int wanted = port(count, words), yes = 1;
    if (!wanted)
        for (;;)
            pause();
    struct sockaddr_in6 where = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)wanted)};
    int server = socket(AF_INET6, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server, (struct sockaddr *)&where, sizeof where) || listen(server, 16))
        return 2;
    time_t began = time(NULL);
    for (;;) {
        /* What librespot calls: its filter has no accept(). */
        int peer = accept4(server, NULL, NULL, 0), old = time(NULL) - began > WELL_S;
        if (is("dies") && old)
            return 3;
        if (peer < 0)
            return 4;
        answer(peer, old);
        close(peer);
    }
}
