// Only a volume that bears the label may be removed, so nothing is believed that can be read in two ways: a key that
// comes twice, a name that is another one, bytes behind the end. Whoever can make volumes chooses labels and options.

#include "labels.h"

/// Deeper than Docker ever answers, and shallow enough for the stack.
enum { most_depth = 32 };

struct reader {
    const char *at;
    const char *end;
};

static int peek(const struct reader *reader) { return reader->at < reader->end ? (unsigned char)*reader->at : -1; }

static void skip_space(struct reader *reader) {
    for (int c = peek(reader); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(reader)) reader->at++;
}

static int take(struct reader *reader, char expected) {
    skip_space(reader);
    if (peek(reader) != (unsigned char)expected) return 0;
    reader->at++;
    return 1;
}

static int read_word(struct reader *reader, const char *word) {
    struct text expected = text_of(word);
    struct text rest = {reader->at, (size_t)(reader->end - reader->at)};
    if (!begins_with(rest, expected)) return 0;
    reader->at += expected.length;
    return 1;
}

/// Four hexadecimal digits; -1 where there are none.
static int read_unit(struct reader *reader) {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(reader);
        int lower = c | 0x20;
        if (c >= '0' && c <= '9') unit = unit * 16 + c - '0';
        else if (lower >= 'a' && lower <= 'f') unit = unit * 16 + lower - 'a' + 10;
        else return -1;
        reader->at++;
    }
    return unit;
}

/// What follows `\u`: a character, of which two halves may be written. -1 for a half alone.
static int32_t read_escaped_character(struct reader *reader) {
    int32_t high = read_unit(reader);
    if (high < 0xD800 || high > 0xDFFF) return high;
    if (high > 0xDBFF || !read_word(reader, "\\u")) return -1;
    int32_t low = read_unit(reader);
    if (low < 0xDC00 || low > 0xDFFF) return -1;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

static size_t encode(uint32_t character, char bytes[4]) {
    size_t count = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char marks[5] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = count - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    bytes[0] = (char)(marks[count] | character);
    return count;
}

/// Reads a string, and compares what it means with `expected` on the way. 0 where it is no string.
static int read_string(struct reader *reader, struct text expected, int *is_same) {
    if (!take(reader, '"')) return 0;
    size_t position = 0;
    int fits = 1;
    for (;;) {
        int c = peek(reader);
        if (c < 0x20) return 0;
        reader->at++;
        char bytes[4] = {(char)c, 0, 0, 0};
        size_t count = 1;
        if (c == '"') break;
        if (c == '\\') {
            int escape = peek(reader);
            if (escape < 0) return 0;
            reader->at++;
            switch (escape) {
            case '"': case '\\': case '/': bytes[0] = (char)escape; break;
            case 'b': bytes[0] = '\b'; break;
            case 'f': bytes[0] = '\f'; break;
            case 'n': bytes[0] = '\n'; break;
            case 'r': bytes[0] = '\r'; break;
            case 't': bytes[0] = '\t'; break;
            case 'u': {
                int32_t character = read_escaped_character(reader);
                if (character < 0) return 0;
                count = encode((uint32_t)character, bytes);
                break;
            }
            default: return 0;
            }
        }
        for (size_t i = 0; i < count; i++, position++) {
            if (position >= expected.length || expected.start[position] != bytes[i]) fits = 0;
        }
    }
    if (is_same) *is_same = fits && position == expected.length;
    return 1;
}

static int read_digits(struct reader *reader) {
    int count = 0;
    for (int c = peek(reader); c >= '0' && c <= '9'; c = peek(reader)) reader->at++, count++;
    return count;
}

static int read_number(struct reader *reader) {
    if (peek(reader) == '-') reader->at++;
    int starts_with_zero = peek(reader) == '0';
    int count = read_digits(reader);
    if (count == 0 || (starts_with_zero && count > 1)) return 0;
    if (peek(reader) == '.') {
        reader->at++;
        if (read_digits(reader) == 0) return 0;
    }
    if (peek(reader) == 'e' || peek(reader) == 'E') {
        reader->at++;
        if (peek(reader) == '+' || peek(reader) == '-') reader->at++;
        if (read_digits(reader) == 0) return 0;
    }
    return 1;
}

static int skip_value(struct reader *reader, int depth);

/// Goes through an object; `visit` is called behind each colon, and reads the value.
static int read_object(
    struct reader *reader, int depth, struct text key, int (*visit)(struct reader *, int, int, void *), void *context
) {
    if (depth > most_depth || !take(reader, '{')) return 0;
    if (take(reader, '}')) return 1;
    do {
        int is_key = 0;
        if (!read_string(reader, key, &is_key) || !take(reader, ':')) return 0;
        skip_space(reader);
        if (!visit(reader, depth, is_key, context)) return 0;
    } while (take(reader, ','));
    return take(reader, '}');
}

static int skip_member(struct reader *reader, int depth, int is_key, void *context) {
    (void)is_key, (void)context;
    return skip_value(reader, depth + 1);
}

static int skip_array(struct reader *reader, int depth) {
    if (depth > most_depth || !take(reader, '[')) return 0;
    if (take(reader, ']')) return 1;
    do {
        if (!skip_value(reader, depth + 1)) return 0;
    } while (take(reader, ','));
    return take(reader, ']');
}

static int skip_value(struct reader *reader, int depth) {
    skip_space(reader);
    switch (peek(reader)) {
    case '{': return read_object(reader, depth, text_of(""), skip_member, 0);
    case '[': return skip_array(reader, depth);
    case '"': return read_string(reader, text_of(""), 0);
    case 't': return read_word(reader, "true");
    case 'f': return read_word(reader, "false");
    case 'n': return read_word(reader, "null");
    default: return read_number(reader);
    }
}

/// A member that may come once: how often it came, and whether it is what was expected.
struct finding {
    struct text expected;
    int count;
    int fits;
};

static int visit_text(struct reader *reader, int depth, int is_key, void *context) {
    struct finding *finding = context;
    if (!is_key) return skip_value(reader, depth + 1);
    finding->count++;
    return read_string(reader, finding->expected, &finding->fits);
}

struct label {
    struct text key;
    struct finding value;
    int count;
};

static int visit_labels(struct reader *reader, int depth, int is_key, void *context) {
    struct label *label = context;
    if (!is_key) return skip_value(reader, depth + 1);
    label->count++;
    // A volume without labels.
    if (peek(reader) == 'n') return read_word(reader, "null");
    return read_object(reader, depth + 1, label->key, visit_text, &label->value);
}

static int read_whole(
    struct text json, struct text key, int (*visit)(struct reader *, int, int, void *), void *context
) {
    struct reader reader = {json.start, json.start + json.length};
    if (!read_object(&reader, 0, key, visit, context)) return 0;
    skip_space(&reader);
    return reader.at == reader.end;
}

enum verdict judge_volume(struct text json, struct text name, struct text key, struct text value) {
    struct finding found = {name, 0, 0};
    if (!read_whole(json, text_of("Name"), visit_text, &found) || found.count != 1 || !found.fits) {
        return verdict_unreadable;
    }
    struct label label = {key, {value, 0, 0}, 0};
    if (!read_whole(json, text_of("Labels"), visit_labels, &label) || label.count > 1 || label.value.count > 1) {
        return verdict_unreadable;
    }
    return label.value.count == 1 && label.value.fits ? verdict_ours : verdict_strange;
}
