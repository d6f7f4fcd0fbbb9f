#include "cli/scenario_compare.h"

#include <string.h>

#include "base/mem.h"
#include "calendar/zone.h"

#define SHOWN_MAX 300 // bytes of a value in a message

static bool differ(struct bytes *out, const char *path, json wanted, json actual)
{
    char *want = json_is_absent(wanted) ? mem_string("nothing") : json_dump(wanted);
    char *have = json_is_absent(actual) ? mem_string("nothing") : json_dump(actual);
    bytes_printf(out, "    %s: wanted %.*s, got %.*s\n", *path ? path : "/", SHOWN_MAX, want,
                 SHOWN_MAX, have);
    mem_free(want);
    mem_free(have);
    return false;
}

static bool names_instant(const char *text, int64_t *ms)
{
    struct fail why;
    size_t length = strlen(text);
    bool offset = length > 10 && (text[length - 1] == 'Z' || strchr("+-", text[length - 6]));
    return offset && text[10] == 'T' && zone_parse(zone_utc(), text, ms, &why);
}

// A moment is the same whatever offset it is written with.
static bool text_fits(const char *wanted, const char *actual)
{
    int64_t want, have;
    if (wanted[0] == '~')
        return strstr(actual, wanted + 1) != NULL;
    return strcmp(wanted, actual) == 0 ||
           (names_instant(wanted, &want) && names_instant(actual, &have) && want == have);
}

static bool object_fits(json wanted, json actual, const char *path, struct bytes *difference)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json part;
    bool same = true;
    while (json_next(wanted, &cursor, &key, &part)) {
        char *inner = mem_printf("%s/%s", path, key);
        json have = json_get(actual, key);
        same &= scenario_subset(part, have, inner, difference);
        json_free(have);
        mem_free(inner);
    }
    return same;
}

static bool array_fits(json wanted, json actual, const char *path, struct bytes *difference)
{
    if (json_length(wanted) != json_length(actual))
        return differ(difference, path, wanted, actual);
    bool same = true;
    for (size_t i = 0; i < json_length(wanted); i++) {
        char *inner = mem_printf("%s/%zu", path, i);
        json want = json_at(wanted, i), have = json_at(actual, i);
        same &= scenario_subset(want, have, inner, difference);
        json_free(want);
        json_free(have);
        mem_free(inner);
    }
    return same;
}

bool scenario_subset(json wanted, json actual, const char *path, struct bytes *difference)
{
    enum json_kind kind = json_kind(wanted);
    if (kind == JSON_NULL && json_is_absent(actual))
        return true;
    if (kind != json_kind(actual))
        return differ(difference, path, wanted, actual);
    if (kind == JSON_OBJECT)
        return object_fits(wanted, actual, path, difference);
    if (kind == JSON_ARRAY)
        return array_fits(wanted, actual, path, difference);
    bool same = kind == JSON_STRING ? text_fits(json_text(wanted), json_text(actual))
                                    : json_equal(wanted, actual);
    return same || differ(difference, path, wanted, actual);
}

static bool mail_fits(json wanted, json mail)
{
    struct bytes ignored;
    bytes_init(&ignored, 4096);
    bool fits = scenario_subset(wanted, mail, "", &ignored);
    bytes_done(&ignored);
    return fits;
}

bool scenario_match_mails(json wanted, json mails, struct bytes *difference)
{
    size_t count = json_length(mails);
    bool same = json_length(wanted) > 0 || count == 0;
    bool *used = mem_zero(count + 1, sizeof *used);
    for (size_t i = 0; i < json_length(wanted); i++) {
        json want = json_at(wanted, i);
        bool found = false;
        for (size_t k = 0; k < count && !found; k++) {
            json mail = json_at(mails, k);
            if (!used[k] && mail_fits(want, mail))
                used[k] = found = true;
            json_free(mail);
        }
        if (!found)
            same = differ(difference, "mail", want, json_absent());
        json_free(want);
    }
    if (!same)
        scenario_describe_mails(mails, difference);
    mem_free(used);
    return same;
}

void scenario_describe_mails(json mails, struct bytes *out)
{
    bytes_printf(out, "    there were %zu mails:\n", json_length(mails));
    for (size_t i = 0; i < json_length(mails) && i < 50; i++) {
        json mail = json_at(mails, i);
        bytes_printf(out, "      to %s: %s\n", json_get_text(mail, "to", "?"),
                     json_get_text(mail, "subject", ""));
        json_free(mail);
    }
}
