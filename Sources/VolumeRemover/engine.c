// One question, one connection. HTTP 1.0, so that the answer ends with the connection and comes in one piece; no
// version in the path, so that every engine answers.

#include "engine.h"

enum { most_answer = 1024 * 1024, most_request = 4096, seconds_of_silence = 60, longest_path = 107 };

static char answer_buffer[most_answer];
static char request_buffer[most_request];

struct address {
    uint16_t family;
    char path[longest_path + 1];
};

struct writer {
    size_t length;
    int is_full;
};

static void put(struct writer *writer, char byte) {
    if (writer->length < most_request) request_buffer[writer->length++] = byte;
    else writer->is_full = 1;
}

static void put_text(struct writer *writer, const char *string) {
    while (*string) put(writer, *string++);
}

static int is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

static void put_encoded(struct writer *writer, struct text name) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.start[i];
        if (is_unreserved((char)c)) {
            put(writer, (char)c);
        } else {
            put(writer, '%');
            put(writer, digits[c >> 4]);
            put(writer, digits[c & 15]);
        }
    }
}

static struct answer no_answer(const char *problem) { return (struct answer){.problem = problem}; }

static long connect_to(struct text socket) {
    struct address address = {.family = 1};
    if (socket.length > longest_path) return -1;
    for (size_t i = 0; i < socket.length; i++) address.path[i] = socket.start[i];
    // AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
    long connection = system_call(call_socket, 1, 1 | 02000000, 0, 0, 0);
    if (connection < 0) return connection;
    struct moment limit = {seconds_of_silence, 0};
    // SOL_SOCKET, SO_RCVTIMEO and SO_SNDTIMEO
    system_call(call_setsockopt, connection, 1, 20, (long)&limit, sizeof limit);
    system_call(call_setsockopt, connection, 1, 21, (long)&limit, sizeof limit);
    long length = (long)(sizeof address.family + socket.length + 1);
    if (system_call(call_connect, connection, (long)&address, length, 0, 0) == 0) return connection;
    system_call(call_close, connection, 0, 0, 0, 0);
    return -1;
}

static struct answer read_answer(struct text bytes) {
    // "HTTP/1.0 200 OK"
    if (!begins_with(bytes, text_of("HTTP/1.")) || bytes.length < 13) return no_answer("no HTTP came back");
    int status = 0;
    for (size_t i = 9; i < 12; i++) {
        char c = bytes.start[i];
        if (c < '0' || c > '9') return no_answer("no HTTP came back");
        status = status * 10 + c - '0';
    }
    struct text end = text_of("\r\n\r\n");
    for (size_t i = 12; i + end.length <= bytes.length; i++) {
        struct text rest = {bytes.start + i, bytes.length - i};
        if (!begins_with(rest, end)) continue;
        return (struct answer){.status = status, .body = {rest.start + end.length, rest.length - end.length}};
    }
    return no_answer("the answer was cut off");
}

static struct answer talk(long connection, size_t length) {
    for (size_t sent = 0; sent < length;) {
        long count = system_call(call_write, connection, (long)(request_buffer + sent), (long)(length - sent), 0, 0);
        if (count <= 0) return no_answer("the question could not be sent");
        sent += (size_t)count;
    }
    size_t received = 0;
    for (;;) {
        if (received == most_answer) return no_answer("the answer is too long");
        long count =
            system_call(call_read, connection, (long)(answer_buffer + received), (long)(most_answer - received), 0, 0);
        if (count < 0) return no_answer("no answer came");
        if (count == 0) return read_answer((struct text){answer_buffer, received});
        received += (size_t)count;
    }
}

struct answer ask_engine(struct text socket, const char *method, struct text name) {
    struct writer writer = {0, 0};
    put_text(&writer, method);
    put_text(&writer, " /volumes/");
    put_encoded(&writer, name);
    put_text(&writer, " HTTP/1.0\r\nHost: docker\r\n\r\n");
    if (writer.is_full) return no_answer("the name is too long");
    long connection = connect_to(socket);
    if (connection < 0) return no_answer("nobody answers at the socket");
    struct answer answer = talk(connection, writer.length);
    system_call(call_close, connection, 0, 0, 0, 0);
    return answer;
}
