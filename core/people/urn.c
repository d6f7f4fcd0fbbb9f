// The urn.
//
// CLAIM. (1) Who has cast a ballot and what was cast share no id, time or order in any table, log,
// backup or history entry. (2) What was cast is unreadable before the urn is opened through any
// page, endpoint, plugin or file of the data directory. (3) From the case file alone anybody can
// check that the published ballots are exactly those that were cast: none added, dropped or
// changed. (4) A voter can check that the ballot behind the receipt is among them with the value
// that was cast.
//
// HOW. A key of its own for each urn lies outside the data directory (keyring.h). The slots of an
// urn are rows made when it opens, of one size, full of ciphertext whether used or not. A ballot
// goes into the slot that a keyed hash of its receipt names (or the next free one) and overwrites
// it in place: no row is new, no number of a row, no time and no order tells when. At the count the
// key opens the slots; the ballots are sorted by their marks, which are hashes of random receipts,
// and published; the slots are deleted (SQLite overwrites them) and the key is destroyed.
//
// For (3) each cast puts a point into the history in the commit that accepts it, beside the plain
// fact that somebody has cast a ballot:
//
//     P = M + r·G      M: the hash of mark and value on ristretto255, r: random, kept in the slot
//     P = M − M' + r·G where the ballot replaces the one that had M'; the slot keeps the sum of its
//     r
//
// and the publication tells R, the sum of all r. Whoever verifies adds up the points of the chain
// and the hashes of the published ballots and finds  ΣP = ΣM + R·G,  and as many casts as ballots
// as names on the roll. This is the multiset hash of Bellare and Micciancio (A New Paradigm for
// Collision-free Hashing, 1997; on curves: Maitin-Shepard et al., Elliptic Curve Multiset Hash,
// 2016) behind the commitment of Pedersen (1991).
//
// ADVERSARY AND PROOF SKETCH. Binding: who knows every key and every r and publishes another
// multiset for the same points has found a relation between hashed points and G, that is a discrete
// logarithm. The points themselves cannot be changed later, as the chain holds them (audit.h).
// Hiding: given only R, the points of n ballots are uniformly random among those of that sum, so
// that for n > 1 no point tells its ballot, whatever the computing power; and no r outlives the
// count. Before the count a thief of the data directory faces XChaCha20-Poly1305 without its key;
// slots replaced, moved or emptied fail the tag, which covers the slot's number, or the number of
// casts.
//
// WHAT IT DOES NOT GIVE. Before the count, root on the server (data directory, write-ahead log and
// the key together, or the process's memory) can tell who cast what, as can a plugin that replaces
// the vote's own. Whoever runs the server can cast for those who do not come: the roll shows it to
// them. A receipt shown to somebody, together with the published list, shows the ballot: it is a
// proof, and a proof can be sold (see plugins/vote/README.md). A single ballot has no crowd to hide
// in. The destroyed key may linger where a file system or disk copies blocks.
#include "people/urn.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "people/directory.h"
#include "people/keyring.h"
#include "people/urn_row.h"

// ---- the key

static void read_name(const struct urn *u, char out[URN_NAME_SIZE])
{
    must(strlen(u->name) <= URN_NAME_BYTES);
    snprintf(out, URN_NAME_SIZE, "%s %s %" PRId64 " %s", u->step.instance, u->step.path,
             u->step.attempt, u->name);
}

static bool key_read(struct people *p, const struct urn *u, uint8_t key[KEYRING_KEY_BYTES],
                     struct fail *why)
{
    char name[URN_NAME_SIZE];
    read_name(u, name);
    return keyring_read(p, name, key, why);
}

// ---- opening

bool urn_open(struct people *p, const struct urn *u, int64_t ballots, int64_t value_bytes,
              struct fail *why)
{
    char name[URN_NAME_SIZE];
    uint8_t key[KEYRING_KEY_BYTES];
    struct urn_head head;
    if (ballots < 1 || ballots > URN_BALLOTS_MAX)
        return fail(why, FAIL_LIMIT, "an urn is for 1 to %d ballots", URN_BALLOTS_MAX);
    if (value_bytes < 1 || value_bytes > URN_VALUE_BYTES)
        return fail(why, FAIL_LIMIT, "a ballot has 1 to %d bytes", URN_VALUE_BYTES);
    if (strlen(u->name) > URN_NAME_BYTES || strlen(u->step.path) > URN_PATH_BYTES)
        return fail(why, FAIL_LIMIT, "the name of an urn has at most %d bytes", URN_NAME_BYTES);
    if (!urn_head_read(p, u, &head, why))
        return false;
    if (head.is_there)
        return fail(why, FAIL_CONFLICT, "the urn '%s' is open already", u->name);
    read_name(u, name);
    if (!keyring_make(p, name, key, why))
        return false;
    sodium_memzero(key, sizeof key);
    // A quarter more than ballots, so that the search for a free one stays short.
    head = (struct urn_head){
        .is_there = true, .slots = ballots + ballots / 4 + 16, .value_bytes = value_bytes};
    urn_head_put(p, u, &head);
    return true;
}

bool urn_fill(struct people *p, const struct urn *u, int64_t count, bool *done, struct fail *why)
{
    struct urn_head head;
    struct urn_sealer sealer = {.port = engine_port(p->engine)};
    if (!urn_head_read(p, u, &head, why) || !urn_head_is_usable(&head, why) ||
        !key_read(p, u, sealer.key, why))
        return false;
    struct urn_slot *empty = urn_slot_new(&head);
    for (; count > 0 && head.filled < head.slots; count--, head.filled++)
        urn_slot_put(p, u, &sealer, head.filled, empty);
    urn_slot_free(empty);
    urn_head_put(p, u, &head);
    *done = head.filled == head.slots;
    sodium_memzero(&sealer, sizeof sealer);
    return true;
}

// ---- casting

static void random_scalar(struct people *p, struct scalar *r)
{
    uint8_t random[SCALAR_RANDOM_BYTES];
    const struct port *port = engine_port(p->engine);
    port->secret(port->context, random, sizeof random);
    *r = scalar_of(random);
    sodium_memzero(random, sizeof random);
}

static void make_tag(const uint8_t key[KEYRING_KEY_BYTES], const struct urn_ballot *b,
                     uint8_t tag[URN_TAG_BYTES])
{
    struct bytes text;
    bytes_init(&text, SIZE_MAX / 4);
    bytes_printf(&text, "dure tag 1 %zu %s %s", strlen(b->voter), b->voter, b->receipt);
    struct hash h = hash_keyed(key, text.data, text.length);
    memcpy(tag, h.bytes, URN_TAG_BYTES);
    bytes_done(&text);
}

// The slot of the tag, or the first free one behind its home; *number is which.
static bool find_slot(struct people *p, const struct urn *u, const struct urn_head *head,
                      const struct urn_sealer *sealer, const uint8_t tag[URN_TAG_BYTES],
                      int64_t *number, struct urn_slot *slot, struct fail *why)
{
    uint64_t home;
    memcpy(&home, tag, sizeof home);
    for (int64_t i = 0; i < head->slots; i++) {
        *number = (int64_t)((home % (uint64_t)head->slots + (uint64_t)i) % (uint64_t)head->slots);
        if (!urn_slot_read(p, u, sealer, *number, slot, why))
            return false;
        if (!slot->used || sodium_memcmp(slot->tag, tag, URN_TAG_BYTES) == 0)
            return true;
    }
    return fail(why, FAIL_LIMIT, "the urn is full");
}

static void note_point(struct people *p, const struct urn *u, const char *type,
                       const struct point *point)
{
    char hex[POINT_BYTES * 2 + 1];
    sodium_bin2hex(hex, sizeof hex, point->bytes, POINT_BYTES);
    json entry = urn_entry(u, type);
    json_set_text(&entry, "point", hex);
    engine_step_note(p->engine, &u->step, entry);
    json_free(entry);
}

// Puts the ballot into the slot and returns the point that the history gets.
static struct point fill_in(struct people *p, struct urn_slot *slot, const struct urn_ballot *b,
                            const uint8_t tag[URN_TAG_BYTES])
{
    struct scalar r;
    struct hash mark = urn_mark(b->receipt, b->value);
    char hex[HASH_HEX_SIZE];
    random_scalar(p, &r);
    hash_hex(&mark, hex);
    struct point sum = urn_point(hex, b->value), blind = point_blind(&r);
    sum = point_add(&sum, &blind);
    if (slot->used) {
        char before[HASH_HEX_SIZE];
        hash_hex(&slot->mark, before);
        struct point replaced = urn_point(before, slot->value);
        sum = point_subtract(&sum, &replaced);
        r = scalar_add(&r, &slot->blind);
    }
    slot->used = true;
    memcpy(slot->tag, tag, URN_TAG_BYTES);
    slot->blind = r;
    slot->mark = mark;
    urn_number(b->receipt, slot->number);
    snprintf(slot->value, (size_t)slot->value_bytes + 1, "%s", b->value);
    sodium_memzero(&r, sizeof r);
    return sum;
}

static bool cast(struct people *p, const struct urn *u, struct urn_head *head,
                 const struct urn_sealer *sealer, const struct urn_ballot *b, struct fail *why)
{
    uint8_t tag[URN_TAG_BYTES];
    int64_t number = 0;
    struct urn_slot *slot = urn_slot_new(head);
    make_tag(sealer->key, b, tag);
    bool good = find_slot(p, u, head, sealer, tag, &number, slot, why);
    if (good && b->again && !slot->used)
        good =
            fail_code(why, FAIL_REFUSED, "unknown_receipt", "there is no ballot with this receipt");
    if (good && !b->again && slot->used)
        good = fail(why, FAIL_CONFLICT, "this receipt has a ballot already");
    if (good) {
        struct point point = fill_in(p, slot, b, tag);
        urn_slot_put(p, u, sealer, number, slot);
        head->casts += b->again ? 0 : 1;
        head->recasts += b->again ? 1 : 0;
        urn_head_put(p, u, head);
        note_point(p, u, b->again ? "recast" : "cast", &point);
    }
    urn_slot_free(slot);
    return good;
}

bool urn_cast(struct people *p, const struct urn *u, const struct urn_ballot *ballot,
              struct fail *why)
{
    struct urn_head head;
    struct urn_sealer sealer = {.port = engine_port(p->engine)};
    if (!urn_head_read(p, u, &head, why) || !urn_head_is_usable(&head, why))
        return false;
    if (head.filled < head.slots)
        return fail(why, FAIL_CONFLICT, "the urn is not filled yet");
    if (strlen(ballot->value) > (size_t)head.value_bytes || ballot->receipt[0] == 0)
        return fail(why, FAIL_LIMIT, "a ballot of this urn has at most %lld bytes and a receipt",
                    (long long)head.value_bytes);
    bool good = key_read(p, u, sealer.key, why) && cast(p, u, &head, &sealer, ballot, why);
    sodium_memzero(&sealer, sizeof sealer);
    return good;
}

// ---- counting

bool urn_count(struct people *p, const struct urn *u, json *out, struct fail *why)
{
    struct urn_head head;
    struct urn_content content;
    *out = json_absent();
    if (!urn_head_read(p, u, &head, why) || !urn_head_is_usable(&head, why) ||
        !urn_content_read(p, u, &head, &content, why))
        return false;
    json marks = json_array(), values = json_object();
    for (int64_t i = 0; i < content.count; i++) {
        char hex[HASH_HEX_SIZE];
        const struct urn_slot *slot = content.slots[i];
        hash_hex(&slot->mark, hex);
        json_append_take(&marks, json_string(hex));
        json_set_int(&values, slot->value, json_get_int(values, slot->value, 0) + 1);
    }
    *out = json_object();
    json_set_int(out, "casts", head.casts);
    json_set_int(out, "recasts", head.recasts);
    json_set_take(out, "values", values);
    json_set_take(out, "marks", marks);
    urn_content_done(&content);
    if (!head.counted) {
        json entry = urn_entry(u, "opened");
        json_set_int(&entry, "casts", head.casts);
        json_set_int(&entry, "recasts", head.recasts);
        engine_step_note(p->engine, &u->step, entry);
        json_free(entry);
    }
    head.counted = true;
    urn_head_put(p, u, &head);
    return true;
}

void urn_step_ended(struct people *p, const struct step_address *step)
{
    char name[URN_NAME_SIZE];
    snprintf(name, sizeof name, "%s %s %" PRId64 " ", step->instance, step->path, step->attempt);
    keyring_destroy_all(p, name);
}
