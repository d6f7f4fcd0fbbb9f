#include "store/payload.h"

#include "store/schema.h"

bool payload_put(struct store *s, const void *data, size_t bytes, struct hash *out,
                 struct fail *why)
{
    struct row row;
    *out = hash_of(data, bytes);
    struct value columns[] = {[PAYLOAD_HASH] = value_blob(out->bytes, HASH_BYTES),
                              [PAYLOAD_BODY] = value_blob(data, bytes)};
    if (!store_get(s, TABLE_PAYLOAD, columns, &row, why))
        return false;
    if (!row_is_there(&row))
        store_put(s, TABLE_PAYLOAD, columns);
    row_done(&row);
    return true;
}

bool payload_get(struct store *s, const struct hash *hash, struct row *out, struct fail *why)
{
    char hex[HASH_HEX_SIZE];
    if (!store_get(s, TABLE_PAYLOAD, (struct value[]){value_blob(hash->bytes, HASH_BYTES)}, out,
                   why))
        return false;
    hash_hex(hash, hex);
    if (!row_is_there(out))
        return fail(why, FAIL_NOT_FOUND, "payload %s is not there", hex);
    const struct value *body = &out->columns[PAYLOAD_BODY];
    struct hash found = hash_of(body->data, body->bytes);
    if (hash_equal(&found, hash))
        return true;
    row_done(out);
    return fail(why, FAIL_CORRUPT, "payload %s is not what was put away", hex);
}
