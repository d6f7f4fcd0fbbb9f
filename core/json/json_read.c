// The reader of json.h: RFC 8259 to the letter, with the place of every mistake. libjq's own parser
// takes NaN, lone surrogates, doubled keys and bad UTF-8 without a word.
#include "json/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "json/json_key.h"
#include "json/json_place.h"

#define TEXT_BYTES_MAX   (256u * 1024 * 1024)
#define STORED_DEPTH     512
#define NUMBER_BYTES_MAX 400 // digits of the longest number that is read
#define KEYS_SEEN        16  // of an object, compared one by one

struct reader {
    const char *start, *at, *end;
    int depth, depth_max;
    bool find_double; // second pass over an object known to hold a key twice
    struct fail *why;
};

static bool read_value(struct reader *r, json *out);

static bool wrong(struct reader *r, enum fail_kind kind, const char *at, const char *what)
{
    size_t line = 1;
    const char *line_start = r->start;
    for (const char *p = r->start; p < at; p++) {
        if (*p == '\n') {
            line++;
            line_start = p + 1;
        }
    }
    size_t column = utf8_count(line_start, (size_t)(at - line_start)) + 1;
    return fail(r->why, kind, "line %zu, column %zu: %s", line, column, what);
}

static bool unexpected(struct reader *r, const char *wanted)
{
    char what[160];
    if (r->at >= r->end)
        snprintf(what, sizeof what, "the text ends where %s should follow", wanted);
    else if ((unsigned char)*r->at < 0x20)
        snprintf(what, sizeof what, "%s should stand here, not a control character", wanted);
    else
        snprintf(what, sizeof what, "%s should stand here, not '%.*s'", wanted,
                 (int)utf8_valid_prefix(r->at, (size_t)(r->end - r->at < 4 ? r->end - r->at : 4)),
                 r->at);
    return wrong(r, FAIL_INVALID, r->at, what);
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static bool read_word(struct reader *r, const char *word, json value, json *out)
{
    size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return unexpected(r, "a value");
    r->at += length;
    *out = value;
    return true;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

// The end of the number's text by the grammar of RFC 8259 section 6, or NULL.
static const char *number_end(const char *p, const char *end)
{
    if (p < end && *p == '-')
        p++;
    const char *digits = p;
    p = skip_digits(p, end);
    if (p == digits || (p - digits > 1 && *digits == '0'))
        return NULL;
    if (p < end && *p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction, end);
        if (p == fraction)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *exponent = p;
        p = skip_digits(exponent, end);
        if (p == exponent)
            return NULL;
    }
    return p;
}

static bool read_number(struct reader *r, json *out)
{
    const char *from = r->at, *to = number_end(from, r->end);
    if (!to)
        return wrong(r, FAIL_INVALID, from, "this is no number as JSON writes them");
    size_t length = (size_t)(to - from);
    if (length <= 15 && !memchr(from, '.', length) && !memchr(from, 'e', length) &&
        !memchr(from, 'E', length)) {
        int64_t n = 0;
        for (const char *p = from + (*from == '-'); p < to; p++)
            n = n * 10 + (*p - '0');
        *out = json_integer(*from == '-' ? -n : n);
        r->at = to;
        return true;
    }
    char text[NUMBER_BYTES_MAX + 1];
    if (length > NUMBER_BYTES_MAX)
        return wrong(r, FAIL_LIMIT, from, "a number may have 400 characters at most");
    memcpy(text, from, length);
    text[length] = 0;
    double n = strtod(text, NULL);
    if (isinf(n))
        return wrong(r, FAIL_LIMIT, from, "this number is too large for a double");
    *out = jv_number(n);
    r->at = to;
    return true;
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
    uint32_t n = 0;
    if (r->end - r->at < 4)
        return wrong(r, FAIL_INVALID, r->at, "\\u wants four hexadecimal digits");
    for (int i = 0; i < 4; i++) {
        char c = *r->at;
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            digit = (uint32_t)((c | 32) - 'a' + 10);
        else
            return wrong(r, FAIL_INVALID, r->at, "\\u wants four hexadecimal digits");
        n = n * 16 + digit;
        r->at++;
    }
    *out = n;
    return true;
}

static void add_code_point(struct bytes *out, uint32_t c)
{
    if (c < 0x80) {
        bytes_add_char(out, (char)c);
    } else if (c < 0x800) {
        bytes_add_char(out, (char)(0xC0 | c >> 6));
        bytes_add_char(out, (char)(0x80 | (c & 63)));
    } else if (c < 0x10000) {
        bytes_add_char(out, (char)(0xE0 | c >> 12));
        bytes_add_char(out, (char)(0x80 | (c >> 6 & 63)));
        bytes_add_char(out, (char)(0x80 | (c & 63)));
    } else {
        bytes_add_char(out, (char)(0xF0 | c >> 18));
        bytes_add_char(out, (char)(0x80 | (c >> 12 & 63)));
        bytes_add_char(out, (char)(0x80 | (c >> 6 & 63)));
        bytes_add_char(out, (char)(0x80 | (c & 63)));
    }
}

// After "\u"; a surrogate must have its other half.
static bool read_code_point(struct reader *r, struct bytes *out)
{
    const char *from = r->at - 2;
    uint32_t c, low;
    if (!read_hex4(r, &c))
        return false;
    if (c == 0)
        return wrong(r, FAIL_INVALID, from, "the zero character \\u0000 may not stand in a text");
    if (c >= 0xDC00 && c <= 0xDFFF)
        return wrong(r, FAIL_INVALID, from, "the second half of a surrogate pair stands alone");
    if (c >= 0xD800 && c <= 0xDBFF) {
        if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
            return wrong(r, FAIL_INVALID, from, "the first half of a surrogate pair stands alone");
        r->at += 2;
        if (!read_hex4(r, &low))
            return false;
        if (low < 0xDC00 || low > 0xDFFF)
            return wrong(r, FAIL_INVALID, from, "the first half of a surrogate pair stands alone");
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    add_code_point(out, c);
    return true;
}

static bool read_escape(struct reader *r, struct bytes *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    r->at++; // the backslash
    if (r->at >= r->end)
        return unexpected(r, "a letter after the backslash");
    char c = *r->at++;
    if (c == 'u')
        return read_code_point(r, out);
    const char *known = c ? strchr(from, c) : NULL;
    if (!known)
        return wrong(r, FAIL_INVALID, r->at - 2, "JSON has no such escape after the backslash");
    bytes_add_char(out, to[known - from]);
    return true;
}

static bool read_escaped_text(struct reader *r, const char *from, json *out)
{
    struct bytes text;
    bytes_init(&text, TEXT_BYTES_MAX);
    bytes_append(&text, from, (size_t)(r->at - from));
    bool good = true;
    while (good) {
        const char *run = r->at;
        while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= 0x20)
            r->at++;
        bytes_append(&text, run, (size_t)(r->at - run));
        if (r->at < r->end && *r->at == '\\')
            good = read_escape(r, &text);
        else
            break;
    }
    if (good && (r->at >= r->end || *r->at != '"'))
        good = unexpected(r, "the closing quote of a text");
    if (good) {
        r->at++;
        *out = json_string_sized(text.data, text.length);
    }
    bytes_done(&text);
    return good;
}

static bool read_text(struct reader *r, bool is_key, json *out)
{
    const char *from = ++r->at;
    while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= 0x20)
        r->at++;
    if (r->at < r->end && *r->at == '"') {
        size_t bytes = (size_t)(r->at - from);
        *out = is_key ? json_key_sized(from, bytes) : json_string_sized(from, bytes);
        r->at++;
        return true;
    }
    return read_escaped_text(r, from, out);
}

// True at ',' (more follows), false at `close` or a mistake (then *bad).
static bool more_follows(struct reader *r, char close, bool *bad)
{
    skip_space(r);
    if (r->at < r->end && *r->at == ',') {
        r->at++;
        skip_space(r);
        return true;
    }
    if (r->at < r->end && *r->at == close) {
        r->at++;
        return false;
    }
    *bad = true;
    return unexpected(r, close == ']' ? "',' or ']'" : "',' or '}'");
}

static bool read_array(struct reader *r, json *out)
{
    json array = jv_array();
    bool bad = false;
    r->at++;
    skip_space(r);
    if (r->at < r->end && *r->at == ']') {
        r->at++;
        *out = array;
        return true;
    }
    do {
        json item;
        if (!read_value(r, &item)) {
            bad = true;
            break;
        }
        array = jv_array_append(array, item);
    } while (more_follows(r, ']', &bad));
    if (bad) {
        jv_free(array);
        return false;
    }
    *out = array;
    return true;
}

// The keys of an object so far, which live on in it.
struct seen {
    const char *keys[KEYS_SEEN];
    int count; // more than KEYS_SEEN: the rest is not here
};

static bool stands_twice(const struct reader *r, const struct seen *seen, json object, json key)
{
    if (r->find_double)
        return jv_object_has(jv_copy(object), jv_copy(key));
    const char *text = jv_string_value(key);
    for (int i = 0; i < seen->count && i < KEYS_SEEN; i++)
        if (seen->keys[i] == text || strcmp(seen->keys[i], text) == 0)
            return true;
    return false;
}

static bool read_member(struct reader *r, struct seen *seen, json *object)
{
    const char *from = r->at;
    json key, value;
    if (r->at >= r->end || *r->at != '"')
        return unexpected(r, "a key in double quotes");
    if (!read_text(r, true, &key))
        return false;
    if (stands_twice(r, seen, *object, key)) {
        char what[160];
        snprintf(what, sizeof what, "the key '%.*s' stands twice in one object",
                 (int)utf8_valid_prefix(jv_string_value(key), strnlen(jv_string_value(key), 100)),
                 jv_string_value(key));
        jv_free(key);
        return wrong(r, FAIL_INVALID, from, what);
    }
    skip_space(r);
    bool colon = r->at < r->end && *r->at == ':';
    if (colon)
        r->at++;
    if (!colon || (skip_space(r), !read_value(r, &value))) {
        jv_free(key);
        return colon ? false : unexpected(r, "':'");
    }
    if (seen->count < KEYS_SEEN)
        seen->keys[seen->count] = jv_string_value(key);
    seen->count++;
    *object = jv_object_set(*object, key, value);
    return true;
}

static bool read_object(struct reader *r, json *out)
{
    const char *from = r->at;
    json object = jv_object();
    struct seen seen;
    seen.count = 0; // the keys are not cleared: most objects have few
    bool bad = false;
    r->at++;
    skip_space(r);
    if (r->at < r->end && *r->at == '}') {
        r->at++;
        *out = object;
        return true;
    }
    do {
        if (!read_member(r, &seen, &object)) {
            bad = true;
            break;
        }
    } while (more_follows(r, '}', &bad));
    // In a large object, asking before each key would double the work for a mistake that is rare;
    // so count, and read such an object once more to name the key.
    if (!bad && seen.count > KEYS_SEEN && jv_object_length(jv_copy(object)) != seen.count) {
        must(!r->find_double);
        jv_free(object);
        r->at = from;
        r->find_double = true;
        return read_object(r, out);
    }
    if (bad) {
        jv_free(object);
        return false;
    }
    *out = object;
    return true;
}

static bool read_nested(struct reader *r, json *out)
{
    if (r->depth >= r->depth_max) {
        char what[80];
        snprintf(what, sizeof what, "values may be nested %d deep at most", r->depth_max);
        return wrong(r, FAIL_LIMIT, r->at, what);
    }
    r->depth++;
    bool good = *r->at == '{' ? read_object(r, out) : read_array(r, out);
    r->depth--;
    return good;
}

static bool read_value(struct reader *r, json *out)
{
    if (r->at >= r->end)
        return unexpected(r, "a value");
    switch (*r->at) {
    case '{':
    case '[':
        return read_nested(r, out);
    case '"':
        return read_text(r, false, out);
    case 't':
        return read_word(r, "true", jv_true(), out);
    case 'f':
        return read_word(r, "false", jv_false(), out);
    case 'n':
        return read_word(r, "null", jv_null(), out);
    default:
        if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9'))
            return read_number(r, out);
        return unexpected(r, "a value");
    }
}

static bool read_text_whole(struct reader *r, json *out)
{
    size_t bytes = (size_t)(r->end - r->start);
    if (bytes > TEXT_BYTES_MAX)
        return fail(r->why, FAIL_LIMIT, "a JSON text may have %u bytes at most", TEXT_BYTES_MAX);
    size_t valid = utf8_valid_prefix(r->start, bytes);
    if (valid != bytes)
        return wrong(r, FAIL_INVALID, r->start + valid, "the text is not valid UTF-8");
    if (bytes >= 3 && memcmp(r->at, "\xEF\xBB\xBF", 3) == 0)
        r->at += 3;
    skip_space(r);
    if (!read_value(r, out))
        return false;
    skip_space(r);
    if (r->at < r->end) {
        jv_free(*out);
        return unexpected(r, "the end of the text");
    }
    return true;
}

static bool read_with_depth(const char *text, size_t bytes, int depth_max, json *out,
                            struct fail *why)
{
    struct reader r = {text, text, text + bytes, 0, depth_max, false, why};
    *out = jv_invalid();
    if (read_text_whole(&r, out))
        return true;
    *out = jv_invalid();
    return false;
}

bool json_parse(const char *text, size_t bytes, json *out, struct fail *why)
{
    return read_with_depth(text, bytes, LIMIT_DOCUMENT_DEPTH, out, why);
}

bool json_parse_stored(const char *text, size_t bytes, json *out, struct fail *why)
{
    return read_with_depth(text, bytes, STORED_DEPTH, out, why);
}

bool json_read_at(const char **at, const char *end, json *out, struct fail *why)
{
    struct reader r = {*at, *at, end, 0, STORED_DEPTH, false, why};
    *out = jv_invalid();
    if (!read_value(&r, out)) {
        *out = jv_invalid();
        return false;
    }
    *at = r.at;
    return true;
}
