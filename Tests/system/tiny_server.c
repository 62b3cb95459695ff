// A notebook server as far as a hub can see: it answers every request with 200 and a JupyterHub version.
// For bursts and faults, where a real server's imports would be all that is measured.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "X-JupyterHub-Version: 6.1.1\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 3\r\n"
                             "Connection: close\r\n\r\n{}\n";

int main(void) {
    const char *url = getenv("JUPYTERHUB_SERVICE_URL");
    const char *host = url ? strstr(url, "://") : NULL;
    const char *port = host ? strchr(host + 3, ':') : NULL;
    if (!port) {
        fprintf(stderr, "JUPYTERHUB_SERVICE_URL names no port: %s\n", url ? url : "(unset)");
        return 64;
    }
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port + 1))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
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
        if (length && write(connection, answer, sizeof answer - 1) < 0) perror("write");
        close(connection);
    }
}
