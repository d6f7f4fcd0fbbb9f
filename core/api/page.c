// Lists in pages, and bodies with known members.
#include "api/resource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

#define CURSOR_MARK  "1:" // a number for the format, so that it can change
#define CURSOR_BYTES 512

static bool refuse_cursor(struct request *r)
{
    request_problem(r, 400, "bad_cursor",
                    "the cursor is not one that this list has given; start without one");
    return false;
}

bool cursor_is_id(struct request *r, const char *after)
{
    return !after || id_is_valid(after) || refuse_cursor(r);
}

bool cursor_number(struct request *r, const char *after, int64_t *number)
{
    *number = 0;
    if (!after)
        return true;
    char *end;
    errno = 0;
    long long value = strtoll(after, &end, 10);
    if (*end || errno || value < 0 || value == INT64_MAX)
        return refuse_cursor(r);
    *number = value;
    return true;
}

static bool is_listed(const char *known, const char *name)
{
    size_t length = strlen(name);
    for (const char *c = known ? known : ""; *c; c += *c == ' ') {
        size_t bytes = strcspn(c, " ");
        if (bytes == length && memcmp(c, name, bytes) == 0)
            return true;
        c += bytes;
    }
    return false;
}

// A filter that is misspelt would otherwise show everything, or cancel it.
bool check_queries(struct request *r, const char *known)
{
    const struct form *query = request_query_form(r);
    for (size_t i = 0; i < query->count; i++) {
        if (is_listed(known, query->fields[i].name))
            continue;
        request_problem(r, 400, "bad_query", "there is no query '%.80s' here%s%s",
                        query->fields[i].name, known ? "; known are: " : "", known ? known : "");
        return false;
    }
    return true;
}

bool read_page(struct request *r, size_t *limit, const char **after)
{
    struct fail why;
    int64_t n;
    *after = NULL;
    if (!request_query_int(r, "limit", 1, LIMIT_PAGE_ROWS, LIMIT_PAGE_ROWS / 2, &n, &why)) {
        request_fail(r, &why);
        return false;
    }
    *limit = (size_t)n;
    const char *cursor = request_query(r, "cursor");
    if (!cursor)
        return true;
    char plain[CURSOR_BYTES + 1];
    size_t bytes = 0;
    bool good = base64_decode(cursor, strlen(cursor), plain, CURSOR_BYTES, &bytes) &&
                bytes > strlen(CURSOR_MARK) &&
                memcmp(plain, CURSOR_MARK, strlen(CURSOR_MARK)) == 0 &&
                utf8_is_valid(plain, bytes) && !memchr(plain, 0, bytes);
    if (!good)
        return refuse_cursor(r);
    *after = arena_string_sized(request_arena(r), plain + strlen(CURSOR_MARK),
                                bytes - strlen(CURSOR_MARK));
    return true;
}

static json make_cursor(json item, const char *key)
{
    json at = json_get(item, key);
    char *plain = json_is_string(at) ? mem_printf("%s%s", CURSOR_MARK, json_text(at)) : NULL;
    if (json_is_integer(at))
        plain = mem_printf("%s%lld", CURSOR_MARK, (long long)json_int(at));
    json cursor = json_null();
    if (plain && strlen(plain) <= CURSOR_BYTES) {
        char text[BASE64_SIZE(CURSOR_BYTES)];
        base64_encode(plain, strlen(plain), text);
        cursor = json_string(text);
    }
    mem_free(plain);
    json_free(at);
    return cursor;
}

void reply_page(struct request *r, json items_take, size_t limit, const char *key)
{
    json page = json_object();
    size_t count = json_length(items_take);
    json next = json_null();
    if (key && count && count >= limit) {
        json last = json_at(items_take, count - 1);
        next = make_cursor(last, key);
        json_free(last);
    }
    json_set_take(&page, "next", next);
    json_set_take(&page, "items", items_take);
    request_reply_json(r, 200, page);
    json_free(page);
}

// ---- members

static const struct member *find_member(const struct member *members, const char *name)
{
    for (; members->name; members++)
        if (strcmp(members->name, name) == 0)
            return members;
    return NULL;
}

static bool refuse_unknown(const struct member *members, const char *name, struct fail *why)
{
    struct bytes known;
    bytes_init(&known, 1024);
    for (size_t i = 0; members[i].name; i++)
        bytes_printf(&known, "%s%s", i ? ", " : "", members[i].name);
    fail_code(why, FAIL_INVALID, "unknown_member", "'%.80s' is not known here; known are: %s", name,
              known.data);
    bytes_done(&known);
    return false;
}

static bool refuse_kind(const struct member *member, json value, struct fail *why)
{
    struct bytes kinds;
    bytes_init(&kinds, 256);
    for (unsigned kind = JSON_NULL; kind <= JSON_OBJECT; kind++)
        if (member->kinds & (1U << kind))
            bytes_printf(&kinds, "%s%s", kinds.length > 0 ? " or " : "",
                         json_kind_name((enum json_kind)kind));
    fail(why, FAIL_INVALID, "'%s' must be %s, not %s", member->name, kinds.data,
         json_kind_name(json_kind(value)));
    bytes_done(&kinds);
    return false;
}

bool members_check(json object, const struct member *members, struct fail *why)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (json_next(object, &cursor, &name, &value)) {
        const struct member *member = find_member(members, name);
        if (member && (member->kinds & (1U << json_kind(value))))
            continue;
        if (member)
            refuse_kind(member, value, why);
        else
            refuse_unknown(members, name, why);
        json_cursor_done(&cursor);
        return false;
    }
    return true;
}

bool read_object(struct request *r, json *out, const struct member *members, bool may_lack)
{
    size_t bytes;
    struct fail why;
    request_body(r, &bytes);
    *out = json_object();
    if (bytes == 0 && may_lack)
        return true;
    json body;
    if (!request_json(r, &body, &why)) {
        request_fail(r, &why);
    } else if (!json_is_object(body)) {
        request_problem(r, 422, "invalid", "the body must be an object, not %s",
                        json_kind_name(json_kind(body)));
        json_free(body);
    } else {
        json_swap_take(out, body);
        if (members_check(*out, members, &why))
            return true;
        request_fail(r, &why);
    }
    json_swap_take(out, json_absent());
    return false;
}
