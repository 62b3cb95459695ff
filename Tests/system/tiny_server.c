// A notebook server as far as a hub can see: it answers every request with 200 and a JupyterHub version.
// For bursts and faults, where a real server's imports would be all that is measured.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The name of the machine tells servers of one user apart: which of them answered is seen, not only that one did.
static const char form[] = "HTTP/1.1 200 OK\r\n"
                           "X-JupyterHub-Version: 6.1.1\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: %zu\r\n"
                           "Connection: close\r\n\r\n%s";

static int status = 0;

static void leave(int number) {
    (void)number;
    _exit(status);
}

int main(int count, char **words) {
    if (count > 1 && !strcmp(words[1], "--crash")) {
        fprintf(stderr, "as it was told to, it ends\n");
        return 64;
    }
    // The first process of a container gets no signal that it has no handler for. Elsewhere its parent decides.
    if (getpid() == 1) {
        signal(SIGTERM, leave);
        signal(SIGINT, leave);
    }
    if (count > 3 && !strcmp(words[1], "--end")) {
        // It serves for so many seconds and ends by itself.
        status = atoi(words[3]);
        signal(SIGALRM, leave);
        alarm((unsigned)atoi(words[2]));
    }
    // Nobody can connect before it listens.
    if (count > 2 && !strcmp(words[1], "--slow")) sleep((unsigned)atoi(words[2]));
    char name[256] = "", body[320], answer[640];
    gethostname(name, sizeof name - 1);
    snprintf(body, sizeof body, "{\"host\": \"%s\"}\n", name);
    int size = snprintf(answer, sizeof answer, form, strlen(body), body);
    const char *url = getenv("JUPYTERHUB_SERVICE_URL");
    const char *host = url ? strstr(url, "://") : NULL;
    const char *port = host ? strchr(host + 3, ':') : NULL;
    if (!port) {
        fprintf(stderr, "JUPYTERHUB_SERVICE_URL names no port: %s\n", url ? url : "(unset)");
        return 64;
    }
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port + 1))};
    // On this machine for nobody else; in a container for whoever reaches it.
    int everywhere = strncmp(host + 3, "127.", 4) && strncmp(host + 3, "localhost", 9);
    address.sin_addr.s_addr = htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) {
        perror("bind");
        return 71;
    }
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) continue;
        char request[8192];
        size_t length = 0;
        ssize_t got;
        // A probe that only connects sends nothing, and gets nothing.
        while ((got = read(connection, request + length, sizeof request - 1 - length)) > 0) {
            length += (size_t)got;
            request[length] = 0;
            if (strstr(request, "\r\n\r\n") || length == sizeof request - 1) break;
        }
        if (length && write(connection, answer, (size_t)size) < 0) perror("write");
        close(connection);
    }
}
