#include "json/json_pull.h"

#include <string.h>

#include "base/utf8.h"
#include "json/json_place.h"

#define INT_DIGITS_MAX 16
#define INT_MAX_EXACT  (INT64_C(1) << 53)

void json_pull_init(struct json_pull *p, const char *text, size_t bytes)
{
    *p = (struct json_pull){.at = text, .end = text + bytes};
    p->bad = utf8_valid_prefix(text, bytes) != bytes;
}

static bool next_is(const struct json_pull *p, char c)
{
    return !p->bad && p->at < p->end && *p->at == c;
}

static void take(struct json_pull *p, char c)
{
    if (next_is(p, c))
        p->at++;
    else
        p->bad = true;
}

// True: one more follows. Nothing but an opening bracket ends in one, so what stands before tells
// whether this is the first.
static bool follows(struct json_pull *p, char open, char close)
{
    if (next_is(p, close)) {
        p->at++;
        return false;
    }
    if (!p->bad && p->at[-1] != open)
        take(p, ',');
    return !p->bad;
}

void json_pull_list(struct json_pull *p)
{
    take(p, '[');
}

bool json_pull_item(struct json_pull *p)
{
    return follows(p, '[', ']');
}

void json_pull_object(struct json_pull *p)
{
    take(p, '{');
}

bool json_pull_member(struct json_pull *p, struct json_slice *key)
{
    if (!follows(p, '{', '}'))
        return false;
    *key = json_pull_text(p);
    take(p, ':');
    return !p->bad;
}

int64_t json_pull_int(struct json_pull *p)
{
    bool negative = next_is(p, '-');
    p->at += negative;
    const char *from = p->at;
    int64_t n = 0;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9' && p->at - from < INT_DIGITS_MAX)
        n = n * 10 + (*p->at++ - '0');
    p->bad |=
        p->at == from || (*from == '0' && (p->at - from > 1 || negative)) || n > INT_MAX_EXACT;
    return p->bad ? 0 : negative ? -n : n;
}

struct json_slice json_pull_text(struct json_pull *p)
{
    take(p, '"');
    const char *from = p->at;
    while (!p->bad && p->at < p->end && *p->at != '"' && *p->at != '\\' &&
           (unsigned char)*p->at >= 0x20)
        p->at++;
    size_t bytes = (size_t)(p->at - from);
    take(p, '"');
    return p->bad ? (struct json_slice){"", 0} : (struct json_slice){from, bytes};
}

void json_pull_text_into(struct json_pull *p, struct bytes *out)
{
    struct json_pull plain = *p;
    struct json_slice text = json_pull_text(&plain);
    if (!plain.bad) {
        bytes_append(out, text.text, text.bytes);
        *p = plain;
        return;
    }
    json whole = json_pull_value(p);
    p->bad |= !json_is_string(whole);
    if (!p->bad)
        bytes_add(out, json_text(whole));
    json_free(whole);
}

json json_pull_value(struct json_pull *p)
{
    json out = json_absent();
    struct fail why;
    if (!p->bad)
        p->bad = !json_read_at(&p->at, p->end, &out, &why);
    return p->bad ? json_absent() : out;
}

static void skip_text(struct json_pull *p)
{
    for (p->at++; p->at < p->end && *p->at != '"'; p->at++)
        p->at += *p->at == '\\' && p->end - p->at > 1;
    take(p, '"');
}

struct json_slice json_pull_skip(struct json_pull *p)
{
    const char *from = p->at;
    size_t open = 0;
    while (!p->bad && p->at < p->end) {
        char c = *p->at;
        if (open == 0 && (c == ',' || c == ']' || c == '}'))
            break;
        if (c == '"') {
            skip_text(p);
            continue;
        }
        open += c == '[' || c == '{';
        open -= c == ']' || c == '}';
        p->at++;
    }
    p->bad |= p->at == from;
    return (struct json_slice){from, (size_t)(p->at - from)};
}

bool json_pull_done(const struct json_pull *p)
{
    return !p->bad && p->at == p->end;
}
