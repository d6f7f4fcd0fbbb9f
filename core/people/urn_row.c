#include "people/urn_row.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "people/directory.h"

#define KEY_BYTES   (1 + URN_NAME_BYTES + 1 + 16)
#define BLOCK_BYTES 16
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_BYTES  crypto_aead_xchacha20poly1305_ietf_ABYTES
#define FIXED_BYTES (1 + URN_TAG_BYTES + SCALAR_BYTES + HASH_BYTES + URN_NUMBER_SIZE - 1 + 2)

_Static_assert(KEYRING_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a key seals");
_Static_assert(URN_VALUE_BYTES <= UINT16_MAX, "a length is two bytes");

static void record_key(const struct urn *u, const char *text, struct value key[RECORD_VALUE])
{
    key[RECORD_INSTANCE] = value_text(u->step.instance);
    key[RECORD_PATH] = value_text(u->step.path);
    key[RECORD_ATTEMPT] = value_integer(u->step.attempt);
    key[RECORD_KEY] = value_text(text);
}

static void slot_key(const struct urn *u, int64_t number, char out[KEY_BYTES])
{
    snprintf(out, KEY_BYTES, "\x03%s %08" PRId64, u->name, number);
}

// ---- the head

static void head_key(const struct urn *u, char out[KEY_BYTES])
{
    snprintf(out, KEY_BYTES, "\x03%s head", u->name);
}

bool urn_head_read(struct people *p, const struct urn *u, struct urn_head *out, struct fail *why)
{
    char text[KEY_BYTES], line[160] = {0};
    struct value key[RECORD_VALUE + 1];
    struct row row;
    int counted = 0;
    *out = (struct urn_head){0};
    head_key(u, text);
    record_key(u, text, key);
    if (!store_get(p->store, TABLE_RECORD, key, &row, why))
        return false;
    bool good = true;
    if (row_is_there(&row)) {
        const struct value *v = &row.columns[RECORD_VALUE];
        memcpy(line, v->data, v->bytes < sizeof line ? v->bytes : sizeof line - 1);
        good = sscanf(line, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %d",
                      &out->slots, &out->value_bytes, &out->filled, &out->casts, &out->recasts,
                      &counted) == 6 &&
               out->value_bytes >= 1 && out->value_bytes <= URN_VALUE_BYTES && out->slots >= 1;
        out->is_there = true;
        out->counted = counted != 0;
    }
    row_done(&row);
    return good || fail(why, FAIL_CORRUPT, "the urn '%s' does not read back", u->name);
}

bool urn_head_is_usable(const struct urn_head *head, struct fail *why)
{
    if (!head->is_there)
        return fail(why, FAIL_NOT_FOUND, "there is no such urn in this step");
    return !head->counted || fail_code(why, FAIL_REFUSED, "closed", "the urn has been opened");
}

void urn_head_put(struct people *p, const struct urn *u, const struct urn_head *head)
{
    char text[KEY_BYTES], line[160];
    struct value columns[RECORD_VALUE + 1];
    must(head->is_there && head->filled <= head->slots && head->casts <= head->slots);
    head_key(u, text);
    record_key(u, text, columns);
    int length = snprintf(line, sizeof line,
                          "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d",
                          head->slots, head->value_bytes, head->filled, head->casts, head->recasts,
                          head->counted ? 1 : 0);
    columns[RECORD_VALUE] = value_blob(line, (size_t)length);
    store_put(p->store, TABLE_RECORD, columns);
}

// ---- slots

struct urn_slot *urn_slot_new(const struct urn_head *head)
{
    struct urn_slot *slot = mem_zero(1, sizeof *slot + (size_t)head->value_bytes + 1);
    slot->value_bytes = head->value_bytes;
    return slot;
}

void urn_slot_free(struct urn_slot *slot)
{
    if (slot == NULL)
        return;
    sodium_memzero(slot, sizeof *slot + (size_t)slot->value_bytes + 1);
    mem_free(slot);
}

static size_t plain_bytes(const struct urn_slot *slot)
{
    size_t bytes = FIXED_BYTES + (size_t)slot->value_bytes;
    return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

static void add(uint8_t **at, const void *data, size_t bytes)
{
    memcpy(*at, data, bytes);
    *at += bytes;
}

static void take(const uint8_t **at, void *out, size_t bytes)
{
    memcpy(out, *at, bytes);
    *at += bytes;
}

static void write_plain(const struct urn_slot *slot, uint8_t *at)
{
    uint16_t length = (uint16_t)strlen(slot->value);
    uint8_t head = slot->used ? 1 : 0, size[2] = {(uint8_t)length, (uint8_t)(length >> 8)};
    add(&at, &head, 1);
    add(&at, slot->tag, URN_TAG_BYTES);
    add(&at, slot->blind.bytes, SCALAR_BYTES);
    add(&at, slot->mark.bytes, HASH_BYTES);
    add(&at, slot->number, URN_NUMBER_SIZE - 1);
    add(&at, size, 2);
    add(&at, slot->value, length);
}

static void read_plain(struct urn_slot *slot, const uint8_t *at)
{
    uint8_t head, size[2];
    take(&at, &head, 1);
    take(&at, slot->tag, URN_TAG_BYTES);
    take(&at, slot->blind.bytes, SCALAR_BYTES);
    take(&at, slot->mark.bytes, HASH_BYTES);
    take(&at, slot->number, URN_NUMBER_SIZE - 1);
    take(&at, size, 2);
    size_t length = (size_t)size[0] | (size_t)size[1] << 8;
    must(length <= (size_t)slot->value_bytes); // the tag says that it was written here
    take(&at, slot->value, length);
    slot->value[length] = 0;
    slot->number[URN_NUMBER_SIZE - 1] = 0;
    slot->used = head == 1;
}

void urn_slot_put(struct people *p, const struct urn *u, const struct urn_sealer *sealer,
                  int64_t number, const struct urn_slot *slot)
{
    char text[KEY_BYTES];
    struct value columns[RECORD_VALUE + 1];
    size_t bytes = plain_bytes(slot), total = NONCE_BYTES + bytes + SEAL_BYTES;
    uint8_t *plain = mem_zero(1, bytes), *box = mem_zero(1, total);
    write_plain(slot, plain);
    sealer->port->secret(sealer->port->context, box, NONCE_BYTES);
    slot_key(u, number, text);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE_BYTES, NULL, plain, bytes,
                                               (const uint8_t *)text, strlen(text), NULL, box,
                                               sealer->key);
    record_key(u, text, columns);
    columns[RECORD_VALUE] = value_blob(box, total);
    store_put(p->store, TABLE_RECORD, columns);
    sodium_memzero(plain, bytes);
    mem_free(plain);
    mem_free(box);
}

static bool open_box(const struct urn_sealer *sealer, const char *text, const struct value *box,
                     struct urn_slot *slot)
{
    size_t bytes = plain_bytes(slot);
    const uint8_t *data = (const uint8_t *)box->data;
    if (box->bytes != NONCE_BYTES + bytes + SEAL_BYTES)
        return false;
    uint8_t *plain = mem_zero(1, bytes);
    bool good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                    plain, NULL, NULL, data + NONCE_BYTES, box->bytes - NONCE_BYTES,
                    (const uint8_t *)text, strlen(text), data, sealer->key) == 0;
    if (good)
        read_plain(slot, plain);
    sodium_memzero(plain, bytes);
    mem_free(plain);
    return good;
}

bool urn_slot_read(struct people *p, const struct urn *u, const struct urn_sealer *sealer,
                   int64_t number, struct urn_slot *slot, struct fail *why)
{
    char text[KEY_BYTES];
    struct value key[RECORD_VALUE + 1];
    struct row row;
    slot_key(u, number, text);
    record_key(u, text, key);
    if (!store_get(p->store, TABLE_RECORD, key, &row, why))
        return false;
    bool good = row_is_there(&row) && open_box(sealer, text, &row.columns[RECORD_VALUE], slot);
    row_done(&row);
    return good ||
           fail(why, FAIL_CORRUPT, "slot %lld of the urn was changed or removed; restore a backup",
                (long long)number);
}

void urn_slots_delete(struct people *p, const struct urn *u, const struct urn_head *head)
{
    char text[KEY_BYTES];
    struct value key[RECORD_VALUE + 1];
    for (int64_t i = 0; i < head->filled; i++) {
        slot_key(u, i, text);
        record_key(u, text, key);
        store_delete(p->store, TABLE_RECORD, key);
    }
    head_key(u, text);
    record_key(u, text, key);
    store_delete(p->store, TABLE_RECORD, key);
}

// ---- all of it

static int by_mark(const void *a, const void *b)
{
    const struct urn_slot *one = *(struct urn_slot *const *)a,
                          *other = *(struct urn_slot *const *)b;
    return memcmp(one->mark.bytes, other->mark.bytes, HASH_BYTES);
}

void urn_content_done(struct urn_content *content)
{
    for (int64_t i = 0; i < content->count; i++)
        urn_slot_free(content->slots[i]);
    mem_free(content->slots);
    *content = (struct urn_content){0};
}

bool urn_content_read(struct people *p, const struct urn *u, const struct urn_head *head,
                      struct urn_content *out, struct fail *why)
{
    char name[URN_NAME_SIZE];
    struct urn_sealer sealer = {.port = engine_port(p->engine)};
    *out = (struct urn_content){0};
    snprintf(name, sizeof name, "%s %s %" PRId64 " %s", u->step.instance, u->step.path,
             u->step.attempt, u->name);
    if (!keyring_read(p, name, sealer.key, why))
        return false;
    out->slots = mem_zero((size_t)head->slots, sizeof *out->slots);
    bool good = true;
    for (int64_t i = 0; good && i < head->filled; i++) {
        struct urn_slot *slot = urn_slot_new(head);
        good = urn_slot_read(p, u, &sealer, i, slot, why);
        if (good && slot->used)
            out->slots[out->count++] = slot;
        else
            urn_slot_free(slot);
    }
    sodium_memzero(&sealer, sizeof sealer);
    if (good && out->count != head->casts)
        good = fail(why, FAIL_CORRUPT, "%lld ballots were cast and %lld are in the urn",
                    (long long)head->casts, (long long)out->count);
    if (good)
        qsort(out->slots, (size_t)out->count, sizeof *out->slots, by_mark);
    else
        urn_content_done(out);
    return good;
}

json urn_entry(const struct urn *u, const char *type)
{
    json entry = json_object();
    json_set_text(&entry, "type", type);
    json_set_text(&entry, "path", u->step.path);
    json_set_int(&entry, "attempt", u->step.attempt);
    json_set_text(&entry, "urn", u->name);
    return entry;
}
