#include "api/replay.h"

#include <stdlib.h>
#include <string.h>

#include "api/wait.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"
#include "store/store.h"

#define KEY_PREFIX      "api "
#define KEY_BYTES_MAX   255
#define SWEEP_EVERY     16
#define SWEEP_ROWS      64
#define REPLY_BYTES_MAX ((size_t)64 * 1024 * 1024)

static struct hash request_hash(const struct request *r)
{
    size_t bytes;
    const char *body = request_body(r, &bytes), *query = request_query_text(r);
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, query, strlen(query));
    hasher_add_field(&h, body, bytes);
    return hasher_done(&h);
}

// The kept answer may still be on its way to the disk, so it too waits for the commit.
static void reply_again(struct api *a, struct request *r, const struct row *row)
{
    const struct value *reply = &row->columns[REQUEST_REPLY];
    json kept;
    struct fail why;
    if (!json_parse_stored(reply->data, reply->bytes, &kept, &why)) {
        request_problem(r, 500, "corrupt", "the kept answer cannot be read: %s", why.message);
        return;
    }
    int status = (int)row_integer(row, REQUEST_STATUS);
    const char *id = json_get_text(kept, "id", NULL);
    int64_t wait_s = 0;
    request_set_header(r, "Idempotency-Replayed", "true");
    if (status == 201 && id) { // an instance that was started
        request_set_header(r, "Location",
                           arena_printf(request_arena(r), "/api/v1/instances/%s", id));
        if (request_query_int(r, "wait", 0, API_WAIT_MAX, 0, &wait_s, &why) && wait_s > 0) {
            wait_for_end(a, r, id, wait_s);
            json_free(kept);
            return;
        }
    }
    reply_instances_after_commit(a, r, status, kept);
}

static enum replay_state look(struct replay *replay, struct api *a, struct request *r)
{
    struct value key = value_text(replay->key);
    struct row row = {0};
    struct fail why;
    if (!store_get(engine_store(a->engine), TABLE_REQUEST, &key, &row, &why)) {
        request_fail(r, &why);
        return REPLAY_DONE;
    }
    if (!row_is_there(&row))
        return REPLAY_NEW;
    const struct value *hash = &row.columns[REQUEST_HASH];
    if (hash->bytes == HASH_BYTES && memcmp(hash->data, replay->hash.bytes, HASH_BYTES) == 0)
        reply_again(a, r, &row);
    else
        request_problem(r, 409, "request_key_reused",
                        "this Idempotency-Key was used before with another request");
    row_done(&row);
    return REPLAY_DONE;
}

enum replay_state replay_begin(struct replay *replay, struct api *a, struct request *r)
{
    *replay = (struct replay){0};
    const char *key = request_header(r, "Idempotency-Key");
    if (!key)
        return REPLAY_NEW;
    if (!*key || strlen(key) > KEY_BYTES_MAX) {
        request_problem(r, 400, "bad_request_key", "an Idempotency-Key has 1 to %d bytes",
                        KEY_BYTES_MAX);
        return REPLAY_DONE;
    }
    replay->key = mem_printf(KEY_PREFIX "%s %s %s", request_method(r), request_path(r), key);
    replay->hash = request_hash(r);
    enum replay_state state = look(replay, a, r);
    if (state == REPLAY_DONE)
        replay_done(replay);
    return state;
}

// Old answers go while new ones come: each SWEEP_EVERY-th looks at the next SWEEP_ROWS old rows.
// The people room keeps keys in the same table for longer, so rows of others are passed over.
static void sweep(struct api *a)
{
    struct store *store = engine_store(a->engine);
    struct value to = value_integer(engine_now_ms(a->engine) - (int64_t)REPLAY_DAYS * DAY_MS);
    struct scan *scan;
    struct fail why = {0};
    bool more = store_scan(store,
                           &(struct scan_opts){.table = TABLE_REQUEST,
                                               .index = REQUEST_BY_AT,
                                               .to = &to,
                                               .after = row_is_there(&a->swept) ? &a->swept : NULL},
                           &scan, &why);
    if (!more)
        return; // the disk does not read just now; the next sweep tries again
    for (int i = 0; i < SWEEP_ROWS && more; i++) {
        struct row row = {0};
        more = scan_next(scan, &row, &why);
        row_done(&a->swept);
        a->swept = row; // none at the end: it begins anew
        if (more && strncmp(row_text(&row, REQUEST_KEY), KEY_PREFIX, strlen(KEY_PREFIX)) == 0)
            store_delete(store, TABLE_REQUEST, &row.columns[REQUEST_KEY]);
    }
    scan_done(scan);
}

void replay_stop(struct api *a)
{
    row_done(&a->swept);
}

static void keep(struct replay *replay, struct api *a, int status, json body)
{
    if (!replay->key)
        return;
    struct bytes reply;
    bytes_init(&reply, REPLY_BYTES_MAX);
    json_write(body, JSON_COMPACT, &reply);
    must(!reply.overflowed);
    struct value columns[] = {
        [REQUEST_KEY] = value_text(replay->key),
        [REQUEST_AT_MS] = value_integer(engine_now_ms(a->engine)),
        [REQUEST_HASH] = value_blob(replay->hash.bytes, HASH_BYTES),
        [REQUEST_STATUS] = value_integer(status),
        [REQUEST_REPLY] = value_blob(reply.data, reply.length),
    };
    store_put(engine_store(a->engine), TABLE_REQUEST, columns);
    bytes_done(&reply);
    if (++a->kept % SWEEP_EVERY == 0)
        sweep(a);
}

void replay_keep_take(struct replay *replay, struct api *a, int status, json body)
{
    keep(replay, a, status, body);
    json_free(body);
    replay_done(replay);
}

void replay_end_take(struct replay *replay, struct api *a, struct request *r, int status, json body)
{
    keep(replay, a, status, body);
    replay_done(replay);
    reply_instances_after_commit(a, r, status, body);
}

void replay_done(struct replay *replay)
{
    mem_free(replay->key);
    replay->key = NULL;
}
