#include "engine/events.h"

#include <string.h>

#include "base/limits.h"
#include "calendar/instant.h"
#include "engine/correlate.h"
#include "engine/state.h"

#define ATTRIBUTE_BYTES_MAX 4096

static bool is_lower_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789");
    return n > 0 && s[n] == 0;
}

static bool check_text(json event, const char *key, struct fail *why)
{
    json v = json_get(event, key);
    bool good = json_is_string(v) && json_text_bytes(v) > 0;
    bool fits = !good || json_text_bytes(v) <= ATTRIBUTE_BYTES_MAX;
    json_free(v);
    if (!good)
        return fail(why, FAIL_INVALID,
                    "the event's attribute '%s' must be a text that is not empty", key);
    return fits || fail(why, FAIL_LIMIT, "the event's attribute '%s' has more than %d bytes", key,
                        ATTRIBUTE_BYTES_MAX);
}

static bool check_time(json event, struct fail *why)
{
    json time = json_get(event, "time");
    int64_t ms;
    bool good = json_is_absent(time) || json_is_null(time) ||
                (json_is_string(time) && instant_parse(json_text(time), &ms, why));
    json_free(time);
    return good || fail(why, FAIL_INVALID, "the event's 'time' is not an RFC 3339 instant");
}

// CloudEvents allows lower-case letters and digits in names; SDKs in the field send underscores and
// capitals as well, which harm nobody, but a value that is an array or object would.
static bool check_extension(const char *key, json value, struct fail *why)
{
    if (strcmp(key, "data") == 0 || strcmp(key, "data_base64") == 0)
        return true;
    if (!is_lower_name(key) && strlen(key) > 64)
        return fail(why, FAIL_LIMIT, "an event attribute's name has more than 64 bytes");
    if (json_is_array(value) || json_is_object(value))
        return fail(why, FAIL_INVALID,
                    "the event's attribute '%s' must be a text, number or boolean; structures "
                    "belong into 'data'",
                    key);
    if (json_is_string(value) && json_text_bytes(value) > ATTRIBUTE_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "the event's attribute '%s' has more than %d bytes", key,
                    ATTRIBUTE_BYTES_MAX);
    return true;
}

static bool check_attributes(json event, struct fail *why)
{
    if (json_length(event) > LIMIT_EVENT_ATTRIBUTES)
        return fail(why, FAIL_LIMIT, "an event may have %d attributes at most",
                    LIMIT_EVENT_ATTRIBUTES);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json value;
    while (json_next(event, &cursor, &key, &value)) {
        if (!check_extension(key, value, why)) {
            json_cursor_done(&cursor);
            return false;
        }
    }
    return true;
}

static bool is_there(json event, const char *key)
{
    json v = json_get(event, key);
    bool there = !json_is_absent(v) && !json_is_null(v);
    json_free(v);
    return there;
}

static bool check_optional(json event, struct fail *why)
{
    static const char *const texts[] = {"datacontenttype", "dataschema", "subject"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_there(event, texts[i]) && !check_text(event, texts[i], why))
            return false;
    return true;
}

// The JSON format of CloudEvents, 3.1.1: one of `data` and `data_base64`.
static bool check_data(json event, struct fail *why)
{
    if (!is_there(event, "data_base64"))
        return true;
    if (json_has(event, "data"))
        return fail(why, FAIL_INVALID,
                    "the event has both 'data' and 'data_base64'; it may have one");
    json v = json_get(event, "data_base64");
    const char *text = json_is_string(v) ? json_text(v) : "*";
    size_t length = strlen(text), plain = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                       "abcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t padding = length - plain;
    bool good = length % 4 == 0 && padding <= 2 && strspn(text + plain, "=") == padding;
    json_free(v);
    return good || fail(why, FAIL_INVALID, "the event's 'data_base64' is not base64");
}

// ---- what most events are: seen in one walk, and known to be good

struct seen {
    bool version, id, source, type;
};

static bool text_is(json v, const char *wanted)
{
    return strcmp(json_text(v), wanted) == 0;
}

static bool attribute_is_plain(struct seen *seen, const char *key, json v)
{
    if (strcmp(key, "data") == 0)
        return json_depth_within(v, LIMIT_DOCUMENT_DEPTH - 1);
    if (!json_is_string(v))
        return false;
    size_t bytes = json_text_bytes(v);
    if (bytes == 0 || bytes > ATTRIBUTE_BYTES_MAX || !is_lower_name(key))
        return false;
    seen->version |= strcmp(key, "specversion") == 0 && text_is(v, "1.0");
    seen->id |= strcmp(key, "id") == 0;
    seen->source |= strcmp(key, "source") == 0;
    seen->type |= strcmp(key, "type") == 0;
    struct fail why;
    int64_t ms;
    return strcmp(key, "time") != 0 || instant_parse(json_text(v), &ms, &why);
}

// Attributes that are texts, the four that must be there, and data. False says nothing: the checks
// one by one say whether the event is good, and what is wrong with it.
static bool is_plain(json event)
{
    struct seen seen = {0};
    const char *key;
    json v;
    int count = 0;
    for (int at = 0; json_any(event, &at, &key, &v);)
        if (++count > LIMIT_EVENT_ATTRIBUTES || !attribute_is_plain(&seen, key, v))
            return false;
    return seen.version && seen.id && seen.source && seen.type;
}

bool event_check(json event, struct fail *why)
{
    if (is_plain(event))
        return true;
    if (!json_is_object(event))
        return fail(why, FAIL_INVALID, "an event is a JSON object (CloudEvents 1.0)");
    json version = json_get(event, "specversion");
    bool good = json_is_string(version) && strcmp(json_text(version), "1.0") == 0;
    json_free(version);
    if (!good)
        return fail(why, FAIL_INVALID, "the event's 'specversion' must be \"1.0\"");
    return check_text(event, "id", why) && check_text(event, "source", why) &&
           check_text(event, "type", why) && check_time(event, why) && check_optional(event, why) &&
           check_attributes(event, why) && check_data(event, why) &&
           (json_depth_within(event, LIMIT_DOCUMENT_DEPTH) ||
            fail(why, FAIL_LIMIT, "the event is nested deeper than %d", LIMIT_DOCUMENT_DEPTH));
}

json event_complete(struct engine *e, json event)
{
    json out = json_is_object(event) ? json_ref(event) : json_object();
    if (!json_has(out, "specversion"))
        json_set_text(&out, "specversion", "1.0");
    if (!json_has(out, "id")) {
        struct id id = id_new(e->now_ms, &e->random);
        json_set_text(&out, "id", id.text);
    }
    if (!json_has(out, "time")) {
        char time[INSTANT_TEXT_SIZE];
        instant_write_utc(e->now_ms, time);
        json_set_text(&out, "time", time);
    }
    return out;
}
