#include "json/placeholder.h"

#include <string.h>

#include "base/markup.h"
#include "base/mem.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void read_name(struct placeholder *p)
{
    const char *from = p->begin + 2, *to = p->end - 2;
    while (from < to && is_blank(*from))
        from++;
    while (from < to && is_blank(to[-1]))
        to--;
    p->optional = from < to && to[-1] == '?';
    if (p->optional)
        to--;
    size_t bytes = (size_t)(to - from);
    p->broken = bytes == 0 || bytes > PLACEHOLDER_NAME_MAX;
    if (p->broken)
        bytes = 0;
    memcpy(p->name, from, bytes);
    p->name[bytes] = 0;
}

bool placeholder_next(const char *text, struct placeholder *out)
{
    const char *open = strstr(text, "{{"), *close = open ? strstr(open + 2, "}}") : NULL;
    if (!close)
        return false;
    out->begin = open;
    out->end = close + 2;
    read_name(out);
    return true;
}

static bool is_plain(json value)
{
    enum json_kind kind = json_kind(value);
    return kind == JSON_STRING || kind == JSON_NUMBER || kind == JSON_BOOL;
}

// A name with dots may be a key as it is; else it is a path.
static json value_of(json values, const char *name)
{
    json value = json_get(values, name);
    if (!is_plain(value))
        json_swap_take(&value, json_path(values, name));
    return value;
}

static void add(const char *text, bool html, struct bytes *out)
{
    if (html)
        markup_escape(text, strlen(text), out);
    else
        bytes_add(out, text);
}

static void add_value(json value, bool html, struct bytes *out)
{
    if (json_is_string(value)) {
        add(json_text(value), html, out);
        return;
    }
    char *text = json_dump(value);
    add(text, html, out);
    mem_free(text);
}

static bool fill_one(const struct placeholder *p, json values, const struct placeholder_opts *opts,
                     struct bytes *out, struct fail *why)
{
    json value = p->broken ? json_absent() : value_of(values, p->name);
    bool there = is_plain(value), good = true;
    if (there)
        add_value(value, opts->html, out);
    else if (opts->missing == PLACEHOLDER_SHOWN) {
        bytes_add(out, "[");
        add(p->name, opts->html, out);
        bytes_add(out, "]");
    } else if (!p->optional)
        good = fail_code(why, FAIL_INVALID, "missing_value",
                         "'{{%s}}' has no value; give it, or write {{%s?}} where it may be missing",
                         p->name, p->name);
    json_free(value);
    return good;
}

bool placeholder_fill(const char *text, json values, const struct placeholder_opts *opts,
                      struct bytes *out, struct fail *why)
{
    struct placeholder p;
    while (placeholder_next(text, &p)) {
        bytes_append(out, text, (size_t)(p.begin - text));
        if (!fill_one(&p, values, opts, out, why))
            return false;
        text = p.end;
    }
    bytes_add(out, text);
    return !out->overflowed || fail(why, FAIL_LIMIT, "a text has at most %zu bytes", out->max);
}
