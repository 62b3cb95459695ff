// Removes volumes from the machine that it runs on, where Docker's own API does not reach from another one, and only
// those that bear a label.
//
//   multiplespawner-volume-remover [--socket PATH] [--patience SECONDS] KEY=VALUE VOLUME…
//
// A volume that is in use is tried again for a while, and then left to whoever uses it. One line for each volume says
// what became of it. The exit status: 0 when nothing is left to be done here, 1 when it is worth another try, 64 when
// it was not called rightly.

#include "engine.h"
#include "labels.h"

enum { status_settled = 0, status_try_again = 1, status_usage = 64 };

struct order {
    struct text socket;
    struct text key;
    struct text value;
    /// Until when a volume in use is tried again.
    int64_t deadline;
};

static void print(struct text text) {
    // One line stays one line, whatever a name holds.
    char line[512];
    size_t length = 0;
    for (size_t i = 0; i < text.length && length < sizeof line; i++) {
        unsigned char c = (unsigned char)text.start[i];
        line[length++] = c < 0x20 || c == 0x7F ? '?' : (char)c;
    }
    system_call(call_write, 1, (long)line, (long)length, 0, 0);
}

static int tell(struct text name, const char *outcome, struct text detail, int status) {
    print(text_of("volume "));
    print(name);
    print(text_of(": "));
    print(text_of(outcome));
    if (detail.length > 300) detail.length = 300;
    print(detail);
    system_call(call_write, 1, (long)"\n", 1, 0, 0);
    return status;
}

static int tell_failure(struct text name, struct answer answer) {
    if (answer.problem) return tell(name, "not removed: ", text_of(answer.problem), status_try_again);
    return tell(name, "not removed, the engine says: ", answer.body, status_try_again);
}

/// Whether Docker could have a volume of that name, and no path is made of it.
static int is_name(struct text name) {
    if (name.length == 0 || same(name, text_of(".")) || same(name, text_of(".."))) return 0;
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.start[i];
        if (c < 0x20 || c == 0x7F || c == '/') return 0;
    }
    return 1;
}

static int remove_volume(const struct order *order, struct text name) {
    struct text nothing = text_of("");
    if (!is_name(name)) return tell(name, "left, for this is no name of a volume", nothing, status_settled);
    for (;;) {
        // Before each try: in between, another may have been made under the same name.
        struct answer answer = ask_engine(order->socket, "GET", name);
        if (answer.status == 404) return tell(name, "gone before", nothing, status_settled);
        if (answer.status != 200) return tell_failure(name, answer);
        switch (judge_volume(answer.body, name, order->key, order->value)) {
        case verdict_ours: break;
        case verdict_strange: return tell(name, "left, for this hub did not make it", nothing, status_settled);
        case verdict_unreadable:
            return tell(name, "not removed: ", text_of("what the engine says of it is not understood"),
                        status_try_again);
        }
        answer = ask_engine(order->socket, "DELETE", name);
        if (answer.status == 204) return tell(name, "removed", nothing, status_settled);
        if (answer.status == 404) return tell(name, "gone before", nothing, status_settled);
        if (answer.status != 409) return tell_failure(name, answer);
        if (now() >= order->deadline) return tell(name, "left, for it is in use", nothing, status_settled);
        pause_briefly();
    }
}

static int usage(void) {
    print(text_of("usage: multiplespawner-volume-remover [--socket PATH] [--patience SECONDS] KEY=VALUE VOLUME..."));
    system_call(call_write, 1, (long)"\n", 1, 0, 0);
    return status_usage;
}

/// A number of seconds, up to a day; -1 where it is none.
static int64_t seconds(struct text text) {
    int64_t number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.start[i] < '0' || text.start[i] > '9') return -1;
        number = number * 10 + text.start[i] - '0';
        if (number > 86400) return -1;
    }
    return text.length > 0 ? number : -1;
}

static int run(int count, char **arguments) {
    struct order order = {.socket = text_of("/var/run/docker.sock")};
    int64_t patience = 20;
    int next = 1;
    for (; next + 1 < count; next += 2) {
        struct text option = text_of(arguments[next]);
        struct text given = text_of(arguments[next + 1]);
        if (same(option, text_of("--socket"))) order.socket = given;
        else if (same(option, text_of("--patience"))) patience = seconds(given);
        else break;
    }
    if (next + 1 >= count || patience < 0) return usage();
    struct text label = text_of(arguments[next++]);
    size_t length = 0;
    while (length < label.length && label.start[length] != '=') length++;
    if (length == 0 || length + 1 >= label.length) return usage();
    order.key = (struct text){label.start, length};
    order.value = (struct text){label.start + length + 1, label.length - length - 1};
    order.deadline = now() + patience;
    int status = status_settled;
    for (; next < count; next++) {
        if (remove_volume(&order, text_of(arguments[next])) != status_settled) status = status_try_again;
    }
    return status;
}

ENTRY_POINT

/// Where the kernel's own way of passing arguments becomes C's.
__attribute__((used, noreturn)) void begin(long *stack) {
    int status = run((int)stack[0], (char **)(stack + 1));
    for (;;) system_call(call_exit, status, 0, 0, 0, 0);
}
