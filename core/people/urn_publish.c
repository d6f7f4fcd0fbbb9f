// What an urn leaves behind, as payloads of the case file that the history refers to by their
// hashes:
//
//     "urn PATH ATTEMPT NAME"        {format, urn, casts, recasts, blinding, hidden, roll, tally}
//     "urn PATH ATTEMPT NAME 00000"  {ballots: [[mark, number, value] …]}, sorted by mark
//
// and the entry {type: "tallied", path, attempt, urn, proof, ballots}, whose two members hold the
// references. Values are left out where `hidden`.
#include "people/urn.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "people/directory.h"
#include "people/item_row.h"
#include "people/keyring.h"
#include "people/urn_row.h"
#include "store/audit.h"

#define CHUNK_BALLOTS 500
#define REF_SIZE      (URN_NAME_SIZE + 16)

struct publishing {
    struct people *p;
    const struct urn *u;
    const struct urn_publication *pub;
    const struct urn_head *head;
    const struct urn_content *content;
};

static json put_payload(const struct publishing *x, const char *reference, json payload_take)
{
    struct audit_name name = {.instance = x->u->step.instance, .reference = reference};
    json said = audit_personal_named(x->p->store, &name, payload_take);
    json_free(payload_take);
    return said;
}

static json ballot_of(const struct urn_slot *slot, bool hide_value)
{
    char hex[HASH_HEX_SIZE];
    json ballot = json_array();
    hash_hex(&slot->mark, hex);
    json_append_take(&ballot, json_string(hex));
    json_append_take(&ballot, json_string(slot->number));
    if (!hide_value)
        json_append_take(&ballot, json_string(slot->value));
    return ballot;
}

static json put_ballots(const struct publishing *x)
{
    json references = json_array();
    for (int64_t i = 0, chunk = 0; i < x->content->count; chunk++) {
        char reference[REF_SIZE];
        json ballots = json_array(), payload = json_object();
        for (int n = 0; n < CHUNK_BALLOTS && i < x->content->count; n++, i++)
            json_append_take(&ballots, ballot_of(x->content->slots[i], x->pub->hide_values));
        json_set_take(&payload, "ballots", ballots);
        snprintf(reference, sizeof reference, URN_PAYLOAD_PREFIX "%s %" PRId64 " %s %05" PRId64,
                 x->u->step.path, x->u->step.attempt, x->u->name, chunk);
        json_append_take(&references, put_payload(x, reference, payload));
    }
    return references;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json sorted_roll(json roll)
{
    size_t count = json_length(roll);
    char **ids = mem_zero(count + 1, sizeof *ids);
    json sorted = json_array();
    for (size_t i = 0; i < count; i++) {
        json id = json_at(roll, i);
        ids[i] = mem_string(json_is_string(id) ? json_text(id) : "");
        json_free(id);
    }
    qsort(ids, count, sizeof *ids, by_bytes);
    for (size_t i = 0; i < count; i++) {
        json_append_take(&sorted, json_string(ids[i]));
        mem_free(ids[i]);
    }
    mem_free(ids);
    return sorted;
}

static void set_blinding(const struct publishing *x, json *proof)
{
    struct scalar sum = {{0}};
    char hex[SCALAR_BYTES * 2 + 1];
    for (int64_t i = 0; i < x->content->count; i++)
        sum = scalar_add(&sum, &x->content->slots[i]->blind);
    sodium_bin2hex(hex, sizeof hex, sum.bytes, SCALAR_BYTES);
    json_set_text(proof, "blinding", hex);
}

static json put_proof(const struct publishing *x)
{
    char reference[REF_SIZE];
    json proof = json_object();
    json_set_text(&proof, "format", URN_FORMAT);
    json_set_text(&proof, "urn", x->u->name);
    json_set_int(&proof, "casts", x->head->casts);
    json_set_int(&proof, "recasts", x->head->recasts);
    json_set_bool(&proof, "hidden", x->pub->hide_values);
    json_set_take(&proof, "roll", sorted_roll(x->pub->roll));
    json_set(&proof, "tally", x->pub->tally);
    set_blinding(x, &proof);
    snprintf(reference, sizeof reference, URN_PAYLOAD_PREFIX "%s %" PRId64 " %s", x->u->step.path,
             x->u->step.attempt, x->u->name);
    return put_payload(x, reference, proof);
}

static void destroy_key(struct people *p, const struct urn *u)
{
    char name[URN_NAME_SIZE];
    snprintf(name, sizeof name, "%s %s %" PRId64 " %s", u->step.instance, u->step.path,
             u->step.attempt, u->name);
    keyring_destroy(p, name);
}

bool urn_publish(struct people *p, const struct urn *u, const struct urn_publication *pub,
                 struct fail *why)
{
    struct urn_head head;
    struct urn_content content;
    if (!urn_head_read(p, u, &head, why))
        return false;
    if (!head.counted)
        return fail(why, FAIL_CONFLICT, "the urn '%s' is counted before it is published", u->name);
    if ((int64_t)json_length(pub->roll) != head.casts)
        return fail(why, FAIL_CORRUPT, "%lld ballots were cast and %zu names are on the roll",
                    (long long)head.casts, json_length(pub->roll));
    if (!urn_content_read(p, u, &head, &content, why))
        return false;
    struct publishing x = {p, u, pub, &head, &content};
    json entry = urn_entry(u, "tallied");
    json_set_take(&entry, "proof", put_proof(&x));
    json_set_take(&entry, "ballots", put_ballots(&x));
    engine_step_note(p->engine, &u->step, entry);
    json_free(entry);
    urn_content_done(&content);
    urn_slots_delete(p, u, &head);
    destroy_key(p, u);
    return true;
}

// ---- a voter asks

static void say(json *out, const char *state)
{
    *out = json_object();
    json_set_text(out, "state", state);
}

static bool find_open_ballot(struct people *p, const char *instance, const char *receipt, json *out,
                             struct fail *why)
{
    struct row answer, item = {0};
    struct value key = value_text(receipt);
    if (!store_get(p->store, TABLE_ANSWER, &key, &answer, why))
        return false;
    bool good = true;
    if (row_is_there(&answer) && item_row(p, row_text(&answer, ANSWER_ITEM), &item, why) &&
        strcmp(row_text(&item, ITEM_INSTANCE), instance) == 0) {
        bool withdrawn = strcmp(row_text(&answer, ANSWER_STATUS), "withdrawn") == 0;
        say(out, withdrawn ? "withdrawn" : "counted");
        json_set_text(out, "task", row_text(&item, ITEM_TASK));
    } else if (row_is_there(&answer) && !row_is_there(&item)) {
        good = why->kind == FAIL_NOT_FOUND;
    }
    row_done(&answer);
    row_done(&item);
    return good;
}

// The task in "urn /do/0/decide 0 1 00003".
static void set_task(json *out, const char *reference)
{
    char path[REF_SIZE];
    snprintf(path, sizeof path, "%s", reference + strlen(URN_PAYLOAD_PREFIX));
    for (int i = 0; i < 3; i++) {
        char *space = strrchr(path, ' ');
        if (space)
            *space = 0;
    }
    const char *slash = strrchr(path, '/');
    json_set_text(out, "task", slash ? slash + 1 : path);
}

static bool find_published(struct people *p, const char *instance, const char *receipt, json *out,
                           struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix = value_text(instance), from = value_text(URN_PAYLOAD_PREFIX);
    struct scan_opts opts = {
        .table = TABLE_PERSONAL, .index = -1, .prefix = &prefix, .prefix_count = 1, .from = &from};
    char number[URN_NUMBER_SIZE], quoted[URN_NUMBER_SIZE + 2];
    urn_number(receipt, number);
    snprintf(quoted, sizeof quoted, "\"%s\"", number);
    why->kind = FAIL_NONE;
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    for (bool more = true; more && scan_next(scan, &row, why);) {
        const char *reference = row_text(&row, PERSONAL_REF);
        const struct value *body = &row.columns[PERSONAL_BODY];
        more = strncmp(reference, URN_PAYLOAD_PREFIX, strlen(URN_PAYLOAD_PREFIX)) == 0;
        if (more && memmem(body->data, body->bytes, quoted, strlen(quoted)) != NULL) {
            say(out, "counted");
            set_task(out, reference);
            more = false;
        }
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

bool ballot_check(struct people *p, const char *instance, const char *receipt, json *out,
                  struct fail *why)
{
    *out = json_absent();
    bool good = find_open_ballot(p, instance, receipt, out, why);
    if (good && json_is_absent(*out))
        good = find_published(p, instance, receipt, out, why);
    if (good && json_is_absent(*out))
        say(out, keyring_has(p, instance) ? "not_yet" : "unknown");
    if (!good) {
        json_free(*out);
        *out = json_absent();
    }
    return good;
}
