#include "access/token.h"

#include <string.h>

#include "access/state.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "calendar/duration.h"
#include "calendar/instant.h"

#define TOKENS_MAX  10000
#define SCOPE_BYTES 200

_Static_assert(sizeof TOKEN_PREFIX - 1 + SECRET_SIZE <= TOKEN_SIZE, "a token fits");

static struct hash hash_of_token(const char *token)
{
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, "dure token 1", 12);
    hasher_add_field(&h, token, strlen(token));
    return hasher_done(&h);
}

static const char *status_of(const struct row *row, int64_t now_ms)
{
    if (!row_is_null(row, TOKEN_REVOKED_MS))
        return "revoked";
    return now_ms >= row_integer(row, TOKEN_EXPIRES_MS) ? "expired" : "good";
}

static bool is_good(const struct row *row, int64_t now_ms)
{
    return strcmp(status_of(row, now_ms), "good") == 0;
}

// ---- reading

static void set_moment(json *object, const char *key, const struct row *row, int column)
{
    char text[INSTANT_TEXT_SIZE];
    if (row_is_null(row, column))
        return;
    instant_write_utc(row_integer(row, column), text);
    json_set_text(object, key, text);
}

static json shown_of(const struct row *row, int64_t now_ms)
{
    json out = json_object();
    json_set_text(&out, "id", row_text(row, TOKEN_ID));
    json_set_text(&out, "name", row_text(row, TOKEN_NAME));
    json_set_text(&out, "scope", row_text(row, TOKEN_SCOPE));
    if (!row_is_null(row, TOKEN_ACCOUNT))
        json_set_text(&out, "account", row_text(row, TOKEN_ACCOUNT));
    json_set_text(&out, "status", status_of(row, now_ms));
    set_moment(&out, "createdAt", row, TOKEN_CREATED_MS);
    set_moment(&out, "expiresAt", row, TOKEN_EXPIRES_MS);
    set_moment(&out, "usedAt", row, TOKEN_USED_MS);
    set_moment(&out, "revokedAt", row, TOKEN_REVOKED_MS);
    return out;
}

static struct scan *scan_by(struct access *x, int index, const struct value *prefix,
                            struct fail *why)
{
    struct scan *scan = NULL;
    struct scan_opts opts = {
        .table = TABLE_TOKEN, .index = index, .prefix = prefix, .prefix_count = prefix != NULL};
    return store_scan(x->store, &opts, &scan, why) ? scan : NULL;
}

json token_list(struct access *x, struct fail *why)
{
    struct row row = {0};
    struct scan *scan = scan_by(x, TOKEN_BY_ID, NULL, why);
    if (!scan)
        return json_absent();
    json out = json_array();
    while (json_length(out) < TOKENS_MAX && scan_next(scan, &row, why)) {
        json_append_take(&out, shown_of(&row, access_now_ms(x)));
        row_done(&row);
    }
    scan_done(scan);
    return out;
}

static void touch(struct access *x, const struct row *row, int64_t now_ms)
{
    struct fail ignored = {0};
    struct value columns[TOKEN_REVOKED_MS + 1];
    bool is_known = !row_is_null(row, TOKEN_USED_MS) &&
                    now_ms < row_integer(row, TOKEN_USED_MS) + TOKEN_USED_MS_EVERY;
    if (is_known || !access_may_change(x, &ignored))
        return;
    memcpy(columns, row->columns, sizeof columns);
    columns[TOKEN_USED_MS] = value_integer(now_ms);
    store_put(x->store, TABLE_TOKEN, columns);
}

bool token_actor(struct access *x, const char *token, struct arena *arena, struct actor *out)
{
    struct hash hash = hash_of_token(token);
    struct value key = value_blob(hash.bytes, HASH_BYTES);
    struct row row = {0};
    struct fail why = {0};
    int64_t now_ms = access_now_ms(x);
    if (strncmp(token, TOKEN_PREFIX, sizeof TOKEN_PREFIX - 1) != 0 ||
        !store_get(x->store, TABLE_TOKEN, &key, &row, &why) || !row_is_there(&row))
        return false;
    bool good = is_good(&row, now_ms);
    *out = (struct actor){.kind = ACTOR_TOKEN};
    good = good && permissions_read(row_text(&row, TOKEN_SCOPE), &out->permissions, &why);
    if (good) {
        out->name = out->display = arena_string(arena, row_text(&row, TOKEN_NAME));
        touch(x, &row, now_ms);
    }
    row_done(&row);
    return good;
}

// ---- changing

static bool read_end(struct access *x, const char *expires, int64_t *end_ms, struct fail *why)
{
    struct duration d;
    int64_t now_ms = access_now_ms(x);
    if (!duration_parse(expires ? expires : "P90D", &d, why) ||
        !duration_add(now_ms, &d, NULL, end_ms, why))
        return fail_within(why, "expires");
    return (*end_ms > now_ms && *end_ms - now_ms <= TOKEN_DAYS_MAX * DAY_MS) ||
           fail(why, FAIL_INVALID, "expires: a token lasts from now to at most two years (P2Y)");
}

static bool read_name(const char *name, struct bytes *out, struct fail *why)
{
    size_t bytes = name ? strlen(name) : 0;
    bool good = bytes > 0 && utf8_is_valid(name, bytes) && utf8_normalize(name, bytes, out, why) &&
                !out->overflowed && out->length > 0;
    for (size_t i = 0; good && i < out->length; i++)
        good = (unsigned char)out->data[i] >= ' ' && out->data[i] != 0x7F;
    return good || fail(why, FAIL_INVALID,
                        "a token needs a name of at most %d bytes that says "
                        "what it is for",
                        TOKEN_NAME_BYTES);
}

static bool is_taken(struct access *x, const char *name)
{
    struct row row = {0};
    struct fail why = {0};
    struct scan *scan = scan_by(x, TOKEN_BY_ID, NULL, &why);
    bool taken = false;
    while (scan && !taken && scan_next(scan, &row, &why)) {
        taken = is_good(&row, access_now_ms(x)) && strcmp(row_text(&row, TOKEN_NAME), name) == 0;
        row_done(&row);
    }
    scan_done(scan);
    return taken;
}

static void record(struct access *x, const struct actor *by, const char *act, json token)
{
    json detail = json_object();
    json_set_text(&detail, "token", json_get_text(token, "name", ""));
    json_set_text(&detail, "id", json_get_text(token, "id", ""));
    json_set_text(&detail, "scope", json_get_text(token, "scope", ""));
    access_record(x, by, &(struct act){.act = act, .detail = detail});
    json_free(detail);
}

static void put_new(struct access *x, const struct actor *by, const struct token_draft *draft,
                    int64_t end_ms, char out[TOKEN_SIZE])
{
    char secret[SECRET_SIZE];
    int64_t now_ms = access_now_ms(x);
    struct id id = id_new(now_ms, &x->random);
    access_secret(x, secret);
    memcpy(out, TOKEN_PREFIX, sizeof TOKEN_PREFIX - 1);
    memcpy(out + sizeof TOKEN_PREFIX - 1, secret, SECRET_SIZE);
    struct hash hash = hash_of_token(out);
    store_put(x->store, TABLE_TOKEN,
              (struct value[]){
                  [TOKEN_HASH] = value_blob(hash.bytes, HASH_BYTES),
                  [TOKEN_ID] = value_text(id.text),
                  [TOKEN_NAME] = value_text(draft->name),
                  [TOKEN_SCOPE] = value_text(draft->scope),
                  [TOKEN_ACCOUNT] = by->kind == ACTOR_SESSION ? value_text(by->name) : value_null(),
                  [TOKEN_CREATED_MS] = value_integer(now_ms),
                  [TOKEN_EXPIRES_MS] = value_integer(end_ms),
                  [TOKEN_USED_MS] = value_null(),
                  [TOKEN_REVOKED_MS] = value_null(),
              });
}

static json shown_token(struct access *x, const char *token)
{
    struct hash hash = hash_of_token(token);
    struct value key = value_blob(hash.bytes, HASH_BYTES);
    struct row row = {0};
    struct fail why = {0};
    bool there = store_get(x->store, TABLE_TOKEN, &key, &row, &why);
    must(there && row_is_there(&row)); // it was put just now
    json shown = shown_of(&row, access_now_ms(x));
    row_done(&row);
    return shown;
}

bool token_create(struct access *x, const struct actor *by, const struct token_draft *draft,
                  char out[TOKEN_SIZE], json *shown, struct fail *why)
{
    struct bytes name;
    unsigned permissions;
    int64_t end_ms;
    *shown = json_absent();
    bytes_init(&name, TOKEN_NAME_BYTES);
    bool good = read_name(draft->name, &name, why) &&
                permissions_read(draft->scope ? draft->scope : "", &permissions, why) &&
                read_end(x, draft->expires, &end_ms, why);
    if (good && strlen(draft->scope) > SCOPE_BYTES)
        good = fail(why, FAIL_LIMIT, "a scope has at most %d bytes", SCOPE_BYTES);
    // Nobody hands out what he has not.
    if (good && (permissions & ~by->permissions))
        good = fail_code(why, FAIL_DENIED, "not_permitted",
                         "a token cannot have more permissions than who makes it");
    if (good && is_taken(x, name.data))
        good =
            fail(why, FAIL_CONFLICT, "there is a token '%s' already; revoke it first", name.data);
    if (good && access_may_change(x, why)) {
        put_new(x, by, &(struct token_draft){name.data, draft->scope, NULL}, end_ms, out);
        *shown = shown_token(x, out);
        record(x, by, "token-create", *shown);
    } else {
        good = false;
    }
    bytes_done(&name);
    return good;
}

static void mark_revoked(struct access *x, const struct row *row)
{
    struct value columns[TOKEN_REVOKED_MS + 1];
    memcpy(columns, row->columns, sizeof columns);
    columns[TOKEN_REVOKED_MS] = value_integer(access_now_ms(x));
    store_put(x->store, TABLE_TOKEN, columns);
}

bool token_revoke(struct access *x, const struct actor *by, const char *id_or_name,
                  struct fail *why)
{
    struct row row = {0}, found = {0};
    struct scan *scan = access_may_change(x, why) ? scan_by(x, TOKEN_BY_ID, NULL, why) : NULL;
    if (!scan)
        return false;
    while (scan_next(scan, &row, why)) {
        bool is_it = row_is_null(&row, TOKEN_REVOKED_MS) &&
                     (strcmp(row_text(&row, TOKEN_ID), id_or_name) == 0 ||
                      strcmp(row_text(&row, TOKEN_NAME), id_or_name) == 0);
        if (!is_it) {
            row_done(&row);
            continue;
        }
        row_done(&found); // of several with one name only the newest can be good
        found = row;
    }
    scan_done(scan);
    if (!row_is_there(&found))
        return why->kind == FAIL_NONE &&
               fail(why, FAIL_NOT_FOUND, "there is no token '%.80s' that is not revoked",
                    id_or_name);
    mark_revoked(x, &found);
    json shown = shown_of(&found, access_now_ms(x));
    record(x, by, "token-revoke", shown);
    json_free(shown);
    row_done(&found);
    return true;
}

bool tokens_revoke_of(struct access *x, const char *account, struct fail *why)
{
    struct value prefix = value_text(account);
    struct row row = {0};
    struct scan *scan = scan_by(x, TOKEN_BY_ACCOUNT, &prefix, why);
    if (!scan)
        return false;
    while (scan_next(scan, &row, why)) {
        if (row_is_null(&row, TOKEN_REVOKED_MS))
            mark_revoked(x, &row);
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}
