#include "store/heads.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "store/chain.h"
#include "store/pack.h"

// The form: a byte FORM, then for each head
//
//      how many bytes the packed instance shares with the one before (a number)
//      how many follow, times two, and one more where it stays a text (a number)
//      these bytes
//      the number of the history row (a number)
//      the first HEADS_MARK_BYTES of its hash
//
// A number has seven bits a byte, the lowest first, and the eighth set where more follow. Lines
// begin with a character of an instance's name, never with FORM. No heads are no bytes in both.
#define FORM               1
#define NUMBER_BYTES       10
#define INSTANCE_BYTES_MAX 4096

static void put_number(struct bytes *out, uint64_t n)
{
    for (; n > 0x7f; n >>= 7)
        bytes_add_char(out, (char)((n & 0x7f) | 0x80));
    bytes_add_char(out, (char)n);
}

static bool take_number(struct heads_reader *r, uint64_t *n)
{
    *n = 0;
    for (int i = 0; i < NUMBER_BYTES && r->place < r->end; i++) {
        uint8_t byte = (uint8_t)*r->place++;
        *n |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

void heads_begin(struct heads_writer *w, struct bytes *lines, struct bytes *stored)
{
    w->lines = lines;
    w->stored = stored;
    bytes_init(&w->before, INSTANCE_BYTES_MAX);
}

void heads_end(struct heads_writer *w)
{
    bytes_done(&w->before);
}

static size_t shared_bytes(const struct bytes *before, const char *packed, size_t bytes)
{
    size_t shared = 0;
    while (shared < bytes && shared < before->length && before->data[shared] == packed[shared])
        shared++;
    return shared;
}

void heads_add(struct heads_writer *w, const char *instance, int64_t seq, const struct hash *hash)
{
    char packed[INSTANCE_BYTES_MAX];
    size_t length = strlen(instance);
    must(PACK_ID_MAX(length) <= sizeof(packed) && seq > 0);
    heads_add_line(instance, seq, hash, w->lines);
    if (w->stored->length == 0)
        bytes_add_char(w->stored, FORM);
    size_t bytes = pack_id(instance, length, packed);
    bool is_text = bytes == 0;
    if (is_text)
        memcpy(packed, instance, bytes = length);
    size_t shared = shared_bytes(&w->before, packed, bytes);
    put_number(w->stored, shared);
    put_number(w->stored, (bytes - shared) * 2 + is_text);
    bytes_append(w->stored, packed + shared, bytes - shared);
    put_number(w->stored, (uint64_t)seq);
    bytes_append(w->stored, hash->bytes, HEADS_MARK_BYTES);
    bytes_clear(&w->before);
    bytes_append(&w->before, packed, bytes);
}

void heads_open(struct heads_reader *r, const char *stored, size_t bytes)
{
    *r = (struct heads_reader){.place = stored, .end = stored + bytes};
    r->lines = bytes > 0 && stored[0] != FORM;
    if (bytes > 0 && !r->lines)
        r->place++;
    bytes_init(&r->packed, INSTANCE_BYTES_MAX);
    bytes_init(&r->instance, 2 * INSTANCE_BYTES_MAX);
}

void heads_close(struct heads_reader *r)
{
    bytes_done(&r->packed);
    bytes_done(&r->instance);
}

// "instance seq hash", where an instance has no blank.
static bool next_line(struct heads_reader *r, struct head *head)
{
    const char *stop = memchr(r->place, '\n', (size_t)(r->end - r->place));
    stop = stop != NULL ? stop : r->end;
    const char *seq = memchr(r->place, ' ', (size_t)(stop - r->place));
    const char *hash = seq != NULL ? memchr(seq + 1, ' ', (size_t)(stop - seq - 1)) : NULL;
    if (hash == NULL || hash == seq + 1)
        return false;
    bytes_clear(&r->instance);
    bytes_append(&r->instance, r->place, (size_t)(seq - r->place));
    head->instance = r->instance.data;
    head->seq = strtoll(seq + 1, NULL, 10);
    r->place = stop < r->end ? stop + 1 : stop;
    return base64_decode(hash + 1, (size_t)(stop - hash - 1), head->mark, HASH_BYTES,
                         &head->mark_bytes) &&
           head->mark_bytes == HASH_BYTES;
}

static bool take_instance(struct heads_reader *r)
{
    uint64_t shared, rest;
    if (!take_number(r, &shared) || !take_number(r, &rest) || shared > r->packed.length ||
        rest / 2 > (uint64_t)(r->end - r->place))
        return false;
    r->packed.length = shared;
    if (!bytes_append(&r->packed, r->place, rest / 2))
        return false;
    r->place += rest / 2;
    bytes_clear(&r->instance);
    if (rest % 2 == 1)
        return bytes_append(&r->instance, r->packed.data, r->packed.length);
    char text[UNPACK_ID_MAX(INSTANCE_BYTES_MAX)];
    size_t bytes = unpack_id(r->packed.data, r->packed.length, text);
    return bytes > 0 && bytes_append(&r->instance, text, bytes);
}

static bool next_packed(struct heads_reader *r, struct head *head)
{
    uint64_t seq;
    if (!take_instance(r) || !take_number(r, &seq) || seq == 0 || seq > INT64_MAX ||
        r->end - r->place < HEADS_MARK_BYTES)
        return false;
    head->instance = r->instance.data;
    head->seq = (int64_t)seq;
    memcpy(head->mark, r->place, HEADS_MARK_BYTES);
    head->mark_bytes = HEADS_MARK_BYTES;
    r->place += HEADS_MARK_BYTES;
    return true;
}

bool heads_next(struct heads_reader *r, struct head *head, bool *broken)
{
    *broken = false;
    if (r->place >= r->end)
        return false;
    if (r->lines ? next_line(r, head) : next_packed(r, head))
        return true;
    *broken = true;
    r->place = r->end;
    return false;
}

void heads_add_line(const char *instance, int64_t seq, const struct hash *hash, struct bytes *out)
{
    char encoded[BASE64_SIZE(HASH_BYTES)];
    base64_encode(hash->bytes, HASH_BYTES, encoded);
    bytes_add(out, instance);
    bytes_add_char(out, ' ');
    bytes_add_int(out, seq);
    bytes_add_char(out, ' ');
    bytes_add(out, encoded);
    bytes_add_char(out, '\n');
}
