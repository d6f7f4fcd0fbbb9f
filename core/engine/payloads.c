#include "engine/payloads.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "store/payload.h"

#define REFERENCE_KEY  "$payload"
#define BYTES_MAX      ((size_t)1 << 28)
#define REMEMBERED_MAX 16

static void forget(struct payload *item)
{
    json_free(item->value);
}

void payloads_done(struct payloads *p)
{
    for (size_t i = 0; i < p->count; i++)
        forget(&p->items[i]);
    mem_free(p->items);
    *p = (struct payloads){0};
}

static const struct payload *find(const struct payloads *p, json value)
{
    for (size_t i = 0; i < p->count; i++) {
        if (jv_identical(json_ref(p->items[i].value), json_ref(value)))
            return &p->items[i];
    }
    return NULL;
}

// The oldest gives way.
static const struct payload *remember(struct payloads *p, json value, const struct hash *hash)
{
    if (!p->items)
        p->items = mem_zero(REMEMBERED_MAX, sizeof(*p->items));
    if (p->count == REMEMBERED_MAX) {
        forget(&p->items[0]);
        memmove(p->items, p->items + 1, (REMEMBERED_MAX - 1) * sizeof(*p->items));
        p->count--;
    }
    struct payload *item = &p->items[p->count++];
    item->value = json_ref(value);
    hash_hex(hash, item->hex);
    return item;
}

static const struct payload *put(struct payloads *p, struct store *s, json value)
{
    struct bytes text;
    bytes_init(&text, BYTES_MAX);
    json_write(value, JSON_COMPACT, &text);
    must(!text.overflowed);
    struct hash hash;
    struct fail why = {0};
    if (!payload_put(s, text.data, text.length, &hash, &why))
        must_failed("a payload can be stored", __FILE__, __LINE__, __func__);
    bytes_done(&text);
    return remember(p, value, &hash);
}

// Data that looks like a reference goes the same way as what is large, or it would be read as one.
static bool goes_out(json value)
{
    switch (json_kind(value)) {
    case JSON_STRING:
        return json_text_bytes(value) > LIMIT_PAYLOAD_INLINE;
    case JSON_OBJECT:
        return json_has(value, REFERENCE_KEY) || json_size_estimate(value) > LIMIT_PAYLOAD_INLINE;
    case JSON_ARRAY:
        return json_size_estimate(value) > LIMIT_PAYLOAD_INLINE;
    case JSON_ABSENT:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        break;
    }
    return false;
}

bool payload_written(struct payloads *p, struct store *s, json value, struct bytes *out)
{
    const struct payload *known = p->count > 0 ? find(p, value) : NULL;
    if (!known && goes_out(value))
        known = put(p, s, value);
    if (known)
        bytes_printf(out, "{\"" REFERENCE_KEY "\":\"%s\"}", known->hex);
    return known != NULL;
}

static json get(struct payloads *p, struct store *s, json reference)
{
    struct hash hash;
    struct row row = {0};
    struct fail why = {0};
    json out = json_absent();
    bool good = hash_from_hex(json_get_text(reference, REFERENCE_KEY, ""), &hash) &&
                payload_get(s, &hash, &row, &why) &&
                json_parse_stored(row.columns[PAYLOAD_BODY].data, row.columns[PAYLOAD_BODY].bytes,
                                  &out, &why);
    row_done(&row);
    if (!good) {
        log_error("engine", "payload_lost", "reason=\"%s\"", why.message);
        must_failed("a payload can be read", __FILE__, __LINE__, __func__);
    }
    remember(p, out, &hash);
    return out;
}

void payload_read(struct payloads *p, struct store *s, json *value)
{
    if (json_has(*value, REFERENCE_KEY))
        json_swap_take(value, get(p, s, *value));
}
