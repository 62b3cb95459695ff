// A server as small as can be: it answers every request with 200, as a single-user server would answer the hub's
// first question. Tests and measurements start it where a real one would only cost time.
//
//   FakeServer [--delay MS] [--eat MB] [--spin] [--stray] [--deaf] [--silent] [--exit STATUS]
//   FakeServer --launch PROGRAM [ARGUMENT…]     starts the program as the daemon does, prints its pid, and stays

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CLinux.h"

extern char **environ;

static int number(const char *text) { return text ? atoi(text) : 0; }

static int launch(char **arguments) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct clinux_spawn_request request = {
        .executable = arguments[0], .arguments = arguments, .environment = environ, .input = null, .output = null,
        .unified_cgroup = -1, .open_files = -1, .file_mode_mask = -1,
    };
    struct clinux_spawn_result result;
    if (clinux_spawn(&request, &result) != 0) {
        fprintf(stderr, "step %d: %s\n", result.stage, strerror(result.error));
        return 1;
    }
    printf("%d\n", result.pid);
    fflush(stdout);
    for (;;) pause();
}

/// A grandchild in a session of its own: no signal to the group reaches it.
static void leave_stray(void) {
    if (fork() != 0) return;
    setsid();
    if (fork() != 0) _exit(0);
    setsid();
    printf("stray %d\n", getpid());
    fflush(stdout);
    for (;;) pause();
}

static void eat(size_t megabytes) {
    for (size_t i = 0; i < megabytes; i++) {
        char *piece = malloc(1 << 20);
        if (!piece) exit(3);
        memset(piece, 1, 1 << 20);
    }
    printf("ate %zu\n", megabytes);
    fflush(stdout);
}

/// Binds to what JUPYTERHUB_SERVICE_URL says: scheme://ADDRESS:PORT/…
static int listen_where_told(void) {
    const char *url = getenv("JUPYTERHUB_SERVICE_URL");
    const char *start = url ? strstr(url, "://") : NULL;
    char host[64] = "";
    int port = 0;
    int family = AF_INET;
    if (start && start[3] == '[') {
        family = AF_INET6;
        sscanf(start + 3, "[%63[^]]]:%d", host, &port);
    } else if (start) {
        sscanf(start + 3, "%63[^:/]:%d", host, &port);
    }
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    int is_six = family == AF_INET6;
    if (inet_pton(family, host, is_six ? (void *)&six.sin6_addr : (void *)&four.sin_addr) != 1) return -1;
    int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int bound = is_six ? bind(listener, (struct sockaddr *)&six, sizeof six)
                       : bind(listener, (struct sockaddr *)&four, sizeof four);
    if (bound != 0 || listen(listener, 128) != 0) {
        perror(url);
        return -1;
    }
    return listener;
}

static void serve(int listener) {
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nX-JupyterHub-Version: 6.1.1\r\nContent-Type: application/json\r\n"
        "Content-Length: 16\r\nConnection: close\r\n\r\n{\"version\": \"1\"}";
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) continue;
        // One request after another: a caller that only connects is let go after a second.
        struct timeval limit = {.tv_sec = 1};
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        char request[8192];
        size_t length = 0;
        ssize_t count;
        while ((count = read(client, request + length, sizeof request - 1 - length)) > 0) {
            length += (size_t)count;
            request[length] = 0;
            if (strstr(request, "\r\n\r\n")) {
                if (write(client, answer, sizeof answer - 1) < 0) perror("write");
                break;
            }
        }
        close(client);
    }
}

int main(int count, char **arguments) {
    int silent = 0;
    for (int i = 1; i < count; i++) {
        const char *word = arguments[i];
        const char *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (strcmp(word, "--launch") == 0 && value) return launch(arguments + i + 1);
        if (strcmp(word, "--delay") == 0) usleep((useconds_t)number(value) * 1000), i++;
        if (strcmp(word, "--eat") == 0) eat((size_t)number(value)), i++;
        if (strcmp(word, "--stray") == 0) leave_stray();
        if (strcmp(word, "--deaf") == 0) signal(SIGTERM, SIG_IGN), signal(SIGINT, SIG_IGN);
        if (strcmp(word, "--silent") == 0) silent = 1;
        if (strcmp(word, "--exit") == 0) {
            printf("leaving with %d\n", number(value));
            return number(value);
        }
        if (strcmp(word, "--spin") == 0) {
            for (volatile unsigned long turns = 0;; turns++) {}
        }
    }
    printf("ready\n");
    fflush(stdout);
    if (silent) for (;;) pause();
    int listener = listen_where_told();
    if (listener < 0) return 1;
    serve(listener);
}
