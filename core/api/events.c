// CloudEvents over HTTP (1.0, HTTP protocol binding): structured, binary and batch.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "api/resource.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "net/form.h"
#include "net/mime.h"

#define TYPE_BATCH "application/cloudevents-batch+json"

// ---- binary mode: attributes are headers, the body is the data

struct binary {
    struct request *r;
    json event;
    bool good;
    struct fail why;
};

// Attribute values are percent-encoded where they are not ASCII (section 3.1.3.2).
static void take_attribute(void *context, const char *name, const char *value)
{
    struct binary *b = context;
    if (strncasecmp(name, "ce-", 3) != 0 || !b->good)
        return;
    char *key = arena_string(request_arena(b->r), name + 3);
    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    size_t bytes;
    const char *text =
        percent_decode(request_arena(b->r), value, strlen(value), false, &bytes, &b->why);
    b->good = text != NULL && strcmp(key, "data") != 0;
    if (b->good)
        json_set_take(&b->event, key, json_string_sized(text, bytes));
    else if (text)
        fail(&b->why, FAIL_INVALID, "the data of an event is its body, not a header");
}

static bool is_json_type(const char *type)
{
    size_t length = strlen(type);
    return strcmp(type, "application/json") == 0 || strcmp(type, "text/json") == 0 ||
           (length > 5 && strcmp(type + length - 5, "+json") == 0);
}

static bool take_data(struct binary *b)
{
    size_t bytes;
    const char *body = request_body(b->r, &bytes), *type = request_content_type(b->r);
    if (bytes == 0)
        return true;
    if (*type)
        json_set_text(&b->event, "datacontenttype", request_header(b->r, "Content-Type"));
    json data;
    if (!*type || is_json_type(type)) {
        if (!json_parse(body, bytes, &data, &b->why))
            return fail_within(&b->why, "the event's data");
        json_set_take(&b->event, "data", data);
    } else if (utf8_is_valid(body, bytes) && !memchr(body, 0, bytes)) {
        json_set_take(&b->event, "data", json_string_sized(body, bytes));
    } else {
        struct bytes coded;
        bytes_init(&coded, bytes * 2 + 8);
        mime_base64(body, bytes, 0, &coded);
        json_set_text(&b->event, "data_base64", coded.data);
        bytes_done(&coded);
    }
    return true;
}

static bool read_binary(struct request *r, json *events, struct fail *why)
{
    struct binary b = {.r = r, .event = json_object(), .good = true};
    request_each_header(r, take_attribute, &b);
    bool good = b.good && take_data(&b);
    if (good) {
        *events = json_array();
        json_append(events, b.event);
    } else {
        *why = b.why;
    }
    json_free(b.event);
    return good;
}

// ---- all modes

static bool read_structured(struct request *r, json *events, struct fail *why)
{
    json body;
    if (!request_json(r, &body, why))
        return false;
    bool batch = strcmp(request_content_type(r), TYPE_BATCH) == 0;
    bool good = batch ? json_is_array(body) : json_is_object(body);
    if (!good) {
        fail(why, FAIL_INVALID, "the body must be %s",
             batch ? "a list of events" : "an event (a JSON object)");
    } else if (batch) {
        *events = json_ref(body);
    } else {
        *events = json_array();
        json_append(events, body);
    }
    json_free(body);
    return good;
}

static bool read_events(struct request *r, json *events, struct fail *why)
{
    *events = json_absent();
    bool good = request_header(r, "ce-specversion") || request_header(r, "ce-id")
                    ? read_binary(r, events, why)
                    : read_structured(r, events, why);
    if (!good)
        return false;
    size_t count = json_length(*events);
    if (count > API_BATCH_MAX)
        return fail(why, FAIL_LIMIT, "a batch may have %d events at most", API_BATCH_MAX);
    // A single one is refused when it is handed over; its check need not be made twice.
    for (size_t i = 0; count > 1 && i < count; i++) {
        json event = json_at(*events, i);
        bool good_event = engine_event_check(event, why);
        json_free(event);
        if (!good_event)
            return fail_within(why, "event %zu of %zu (none was taken)", i + 1, count);
    }
    return true;
}

static void add_text(struct bytes *out, const char *before, json event, const char *key)
{
    json v = json_get(event, key);
    bytes_add(out, before);
    json_write_text(json_text(v), json_text_bytes(v), out);
    json_free(v);
}

static void add_count(struct bytes *out, const char *before, size_t count)
{
    bytes_add(out, before);
    bytes_add_int(out, (int64_t)count);
}

// The answer is written as it goes: an object for each of a thousand events is a third of their
// cost.
static bool accept_one(struct api *a, json event, struct bytes *items, size_t *duplicates,
                       struct fail *why)
{
    struct event_receipt receipt;
    if (!engine_event(a->engine, event, &receipt, why))
        return false;
    *duplicates += receipt.duplicate;
    add_text(items, items->length > 0 ? ",{\"source\":" : "{\"source\":", event, "source");
    add_text(items, ",\"id\":", event, "id");
    bytes_add(items, receipt.duplicate ? ",\"duplicate\":true" : ",\"duplicate\":false");
    add_count(items, ",\"matches\":", receipt.matches);
    add_count(items, ",\"starts\":", receipt.starts);
    bytes_add_char(items, '}');
    return true;
}

static void reply_accepted(struct api *a, struct request *r, const struct bytes *items,
                           size_t count, size_t duplicates)
{
    struct bytes body;
    bytes_init(&body, SIZE_MAX / 4);
    add_count(&body, "{\"accepted\":", count - duplicates);
    add_count(&body, ",\"duplicates\":", duplicates);
    bytes_add(&body, ",\"items\":[");
    bytes_append(&body, items->data, items->length);
    bytes_add(&body, "]}\n");
    reply_text_after_commit(a, r, 202, &body);
}

// A batch with a bad event is refused whole. Should the store stop in the middle of a good one,
// those before stay; they are deduplicated, so the whole batch may be sent again.
void events_accept(struct api *a, struct request *r)
{
    json events;
    struct fail why;
    if (!read_events(r, &events, &why)) {
        json_free(events);
        request_fail(r, &why);
        return;
    }
    struct bytes items;
    bytes_init(&items, SIZE_MAX / 4);
    size_t duplicates = 0, taken = 0, count = json_length(events);
    bool good = true;
    while (good && taken < count) {
        json event = json_at(events, taken);
        good = accept_one(a, event, &items, &duplicates, &why);
        taken += good;
        json_free(event);
    }
    json_free(events);
    if (!good && count > 1)
        fail_within(&why, "event %zu of %zu (those before it were taken)", taken + 1, count);
    if (good)
        reply_accepted(a, r, &items, count, duplicates);
    else
        request_fail(r, &why);
    bytes_done(&items);
}

void event_why(struct api *a, struct request *r)
{
    const char *id = request_query(r, "id"), *source = request_query(r, "source");
    struct fail why = {0};
    if (!id || !*id) {
        request_problem(r, 400, "bad_query", "'id' is missing: the event's id");
        return;
    }
    json list = engine_why(a->engine, source, id, &why);
    if (json_is_array(list))
        reply_page(r, list, 0, NULL);
    else
        request_fail(r, &why);
}
