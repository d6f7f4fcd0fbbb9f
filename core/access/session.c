#include "access/session.h"

#include <stdlib.h>
#include <string.h>

#include "access/state.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"

#define AGENT_BYTES_MAX 200

_Static_assert(SESSION_SIZE == SECRET_SIZE, "a secret fits");

struct hash session_hash(const char *secret)
{
    // One function serves several purposes, so each says which.
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, "dure session 1", 14);
    hasher_add_field(&h, secret, strlen(secret));
    return hasher_done(&h);
}

void session_csrf(const char *secret, char out[SESSION_SIZE])
{
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, "dure form 1", 11);
    hasher_add_field(&h, secret, strlen(secret));
    struct hash hash = hasher_done(&h);
    base64_encode(hash.bytes, HASH_BYTES, out);
}

static bool is_over(const struct row *row, int64_t now_ms)
{
    return now_ms >= row_integer(row, SESSION_ENDS_MS) ||
           now_ms >= row_integer(row, SESSION_SEEN_MS) + SESSION_IDLE_MS;
}

static void drop(struct access *x, const struct row *row)
{
    store_delete(x->store, TABLE_SESSION, &row->columns[SESSION_HASH]);
}

static struct scan *scan_of(struct access *x, const char *account, struct fail *why)
{
    struct value prefix = value_text(account);
    struct scan *scan = NULL;
    return store_scan(x->store,
                      &(struct scan_opts){.table = TABLE_SESSION,
                                          .index = SESSION_BY_ACCOUNT,
                                          .prefix = &prefix,
                                          .prefix_count = 1},
                      &scan, why)
               ? scan
               : NULL;
}

// Those that are over, and the oldest where there would be too many.
static bool make_room(struct access *x, const char *account, struct fail *why)
{
    struct scan *scan = scan_of(x, account, why);
    struct row row = {0}, oldest = {0};
    int64_t now_ms = access_now_ms(x);
    size_t count = 0;
    if (!scan)
        return false;
    while (scan_next(scan, &row, why)) {
        if (is_over(&row, now_ms)) {
            drop(x, &row);
        } else if (count++ == 0 || row_integer(&row, SESSION_CREATED_MS) <
                                       row_integer(&oldest, SESSION_CREATED_MS)) {
            row_done(&oldest);
            oldest = row;
            continue;
        }
        row_done(&row);
    }
    scan_done(scan);
    if (count >= SESSIONS_MAX)
        drop(x, &oldest);
    row_done(&oldest);
    return why->kind == FAIL_NONE;
}

bool session_new(struct access *x, const char *account, const char *agent,
                 char secret[SESSION_SIZE], struct fail *why)
{
    why->kind = FAIL_NONE;
    if (!access_may_change(x, why) || !make_room(x, account, why))
        return false;
    access_secret(x, secret);
    struct hash hash = session_hash(secret);
    int64_t now_ms = access_now_ms(x);
    size_t bytes = agent ? (size_t)utf8_cut(agent, AGENT_BYTES_MAX) : 0;
    store_put(x->store, TABLE_SESSION,
              (struct value[]){
                  [SESSION_HASH] = value_blob(hash.bytes, HASH_BYTES),
                  [SESSION_ACCOUNT] = value_text(account),
                  [SESSION_CREATED_MS] = value_integer(now_ms),
                  [SESSION_SEEN_MS] = value_integer(now_ms),
                  [SESSION_ENDS_MS] = value_integer(now_ms + SESSION_WHOLE_MS),
                  [SESSION_AGENT] = agent ? value_text_sized(agent, bytes) : value_null(),
              });
    return true;
}

static void touch(struct access *x, const struct row *row, int64_t now_ms)
{
    struct fail ignored = {0};
    if (now_ms < row_integer(row, SESSION_SEEN_MS) + SESSION_SEEN_MS_EVERY ||
        !access_may_change(x, &ignored))
        return;
    struct value columns[SESSION_AGENT + 1];
    memcpy(columns, row->columns, sizeof columns);
    columns[SESSION_SEEN_MS] = value_integer(now_ms);
    store_put(x->store, TABLE_SESSION, columns);
}

char *session_account(struct access *x, const char *secret)
{
    struct hash hash = session_hash(secret);
    struct value key = value_blob(hash.bytes, HASH_BYTES);
    struct row row = {0};
    struct fail why = {0};
    char *account = NULL;
    int64_t now_ms = access_now_ms(x);
    if (strlen(secret) != SESSION_SIZE - 1 || !store_get(x->store, TABLE_SESSION, &key, &row, &why))
        return NULL;
    if (row_is_there(&row) && !is_over(&row, now_ms)) {
        account = mem_string(row_text(&row, SESSION_ACCOUNT));
        touch(x, &row, now_ms);
    }
    row_done(&row);
    return account;
}

bool session_end(struct access *x, const char *secret, struct fail *why)
{
    struct hash hash = session_hash(secret);
    struct value key = value_blob(hash.bytes, HASH_BYTES);
    if (!access_may_change(x, why))
        return false;
    store_delete(x->store, TABLE_SESSION, &key);
    return true;
}

static void hex_of(const struct row *row, char out[HASH_HEX_SIZE])
{
    struct hash hash;
    must(row->columns[SESSION_HASH].bytes == HASH_BYTES);
    memcpy(hash.bytes, row->columns[SESSION_HASH].data, HASH_BYTES);
    hash_hex(&hash, out);
}

// Those with this id (NULL: all) but that one.
static bool end_some(struct access *x, const char *account, const char *only, const char *keep,
                     struct fail *why)
{
    struct row row = {0};
    char hex[HASH_HEX_SIZE];
    size_t count = 0;
    why->kind = FAIL_NONE;
    struct scan *scan = access_may_change(x, why) ? scan_of(x, account, why) : NULL;
    if (!scan)
        return false;
    while (scan_next(scan, &row, why)) {
        hex_of(&row, hex);
        if ((!only || strcmp(hex, only) == 0) && (!keep || strcmp(hex, keep) != 0)) {
            drop(x, &row);
            count++;
        }
        row_done(&row);
    }
    scan_done(scan);
    if (why->kind != FAIL_NONE)
        return false;
    return count > 0 || !only || fail(why, FAIL_NOT_FOUND, "this session has ended already");
}

bool sessions_end(struct access *x, const char *account, const char *keep, struct fail *why)
{
    return end_some(x, account, NULL, keep, why);
}

bool session_end_one(struct access *x, const char *account, const char *hex, struct fail *why)
{
    return end_some(x, account, hex, NULL, why);
}

json session_list(struct access *x, const char *account, struct fail *why)
{
    struct row row = {0};
    int64_t now_ms = access_now_ms(x);
    struct scan *scan = scan_of(x, account, why);
    if (!scan)
        return json_absent();
    json out = json_array();
    while (scan_next(scan, &row, why)) {
        if (!is_over(&row, now_ms)) {
            char hex[HASH_HEX_SIZE], at[INSTANT_TEXT_SIZE];
            json one = json_object();
            hex_of(&row, hex);
            json_set_text(&one, "id", hex);
            instant_write_utc(row_integer(&row, SESSION_CREATED_MS), at);
            json_set_text(&one, "createdAt", at);
            instant_write_utc(row_integer(&row, SESSION_SEEN_MS), at);
            json_set_text(&one, "seenAt", at);
            json_set_text(&one, "agent",
                          row_is_null(&row, SESSION_AGENT) ? "" : row_text(&row, SESSION_AGENT));
            json_append_take(&out, one);
        }
        row_done(&row);
    }
    scan_done(scan);
    return out;
}
