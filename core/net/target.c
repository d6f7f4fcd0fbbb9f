#include "net/target.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

// Skips "http://host" of the absolute form; the Host header decides nothing here, so it is dropped.
static const char *origin_form(const char *text)
{
    size_t scheme = strncasecmp(text, "http://", 7) == 0    ? 7
                    : strncasecmp(text, "https://", 8) == 0 ? 8
                                                            : 0;
    if (!scheme)
        return text;
    const char *rest = text + scheme + strcspn(text + scheme, "/?");
    return *rest == '/' ? rest : "/";
}

// A segment that decodes to "." or ".." or hides a slash would let two parts of a server read the
// same path differently; no address of ours needs one.
static bool add_segment(struct arena *arena, const char *text, size_t bytes, struct target *out,
                        struct fail *why)
{
    if (out->count == TARGET_SEGMENTS_MAX)
        return fail(why, FAIL_LIMIT, "a path may have %d segments at most", TARGET_SEGMENTS_MAX);
    size_t length;
    const char *segment = percent_decode(arena, text, bytes, false, &length, why);
    if (!segment)
        return fail_within(why, "the path");
    if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0 || strpbrk(segment, "/\\"))
        return fail(why, FAIL_INVALID, "the path may not hold '.', '..', or an escaped slash");
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)segment[i] < 0x20 || segment[i] == 0x7F)
            return fail(why, FAIL_INVALID, "the path may not hold control characters");
    out->segments[out->count++] = segment;
    return true;
}

static bool split_path(struct arena *arena, struct target *out, struct fail *why)
{
    for (const char *at = out->path + 1;;) {
        size_t length = strcspn(at, "/");
        if (!add_segment(arena, at, length, out, why))
            return false;
        if (!at[length])
            return true;
        at += length + 1;
    }
}

bool target_read(struct arena *arena, const char *text, struct target *out, struct fail *why)
{
    *out = (struct target){.path = "/", .query_text = ""};
    size_t bytes = strlen(text);
    if (bytes > TARGET_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "an address may have %d bytes at most", TARGET_BYTES_MAX);
    if (!utf8_is_valid(text, bytes))
        return fail(why, FAIL_INVALID, "the address is not valid UTF-8");
    if (strcmp(text, "*") == 0) {
        out->path = "*";
        out->asterisk = true;
        return true;
    }
    text = origin_form(text);
    if (*text != '/')
        return fail(why, FAIL_INVALID, "the request target must begin with '/'");
    size_t path_bytes = strcspn(text, "?");
    out->path = arena_string_sized(arena, text, path_bytes);
    if (text[path_bytes])
        out->query_text = arena_string(arena, text + path_bytes + 1);
    if (!split_path(arena, out, why))
        return false;
    if (!form_read_urlencoded(arena, out->query_text, strlen(out->query_text), &out->query, why))
        return fail_within(why, "the query");
    return true;
}
