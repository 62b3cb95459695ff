#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CLinux.h"

static int ask(int netlink, int family, uint16_t port) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 question;
    } message = {
        .header = {
            .nlmsg_len = sizeof message, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        },
        .question = {
            .sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1U << TCP_LISTEN,
            .id = {.idiag_sport = htons(port)},
        },
    };
    return send(netlink, &message, sizeof message, 0) == (ssize_t)sizeof message ? 0 : -1;
}

static int read_answers(
    int netlink, int family, uint16_t port, struct clinux_listener *listeners, int capacity
) {
    int count = 0;
    union {
        struct nlmsghdr header;
        char bytes[16384];
    } answer;
    for (;;) {
        ssize_t received = recv(netlink, &answer, sizeof answer, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received <= 0) return -1;
        unsigned int left = (unsigned int)received;
        for (struct nlmsghdr *header = &answer.header; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE) return count;
            if (header->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *error = NLMSG_DATA(header);
                errno = error->error < 0 ? -error->error : EIO;
                return -1;
            }
            if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) continue;
            const struct inet_diag_msg *socket = NLMSG_DATA(header);
            // The kernel filters already; an old one may not.
            if (socket->idiag_family != family || ntohs(socket->id.idiag_sport) != port || count == capacity) continue;
            struct clinux_listener *listener = &listeners[count++];
            memcpy(listener->address, socket->id.idiag_src, sizeof listener->address);
            listener->inode = socket->idiag_inode;
            listener->uid = socket->idiag_uid;
        }
    }
}

int clinux_listeners(int family, uint16_t port, struct clinux_listener *listeners, int capacity) {
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) return -1;
    int count = ask(netlink, family, port);
    if (count == 0) count = read_answers(netlink, family, port, listeners, capacity);
    int error = errno;
    close(netlink);
    errno = error;
    return count;
}
