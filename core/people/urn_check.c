#include "people/urn_check.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "people/tally_check.h"
#include "people/urn_form.h"
#include "store/entry.h"

// What the chain says of one urn, and what was published of it.
struct found {
    char *name; // "PATH ATTEMPT NAME"
    int64_t casts, recasts;
    struct point sum; // of the chain's points
    bool opened, tallied;
};

struct check {
    json personal;
    const char *receipt;
    struct urn_check_report *report;
    struct fail *why;
    struct map urns; // name -> struct found
    // Of the urn in hand.
    struct point points; // of the ballots
    char last[HASH_HEX_SIZE];
    json values; // {text: number}
    int64_t ballots;
    bool hidden;
};

static void __attribute__((format(printf, 2, 3))) bad(struct check *c, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (c->report->bad++ == 0)
        fail(c->why, FAIL_CORRUPT, "%s", text);
    bytes_printf(c->report->lines, "wrong: %s\n", text);
}

static bool from_hex(const char *hex, uint8_t *out, size_t bytes)
{
    size_t length = 0;
    return hex != NULL && strlen(hex) == bytes * 2 &&
           sodium_hex2bin(out, bytes, hex, bytes * 2, NULL, &length, NULL) == 0 && length == bytes;
}

static struct found *urn_of(struct check *c, json entry)
{
    char *name = mem_printf("%s %" PRId64 " %s", json_get_text(entry, "path", ""),
                            json_get_int(entry, "attempt", 0), json_get_text(entry, "urn", ""));
    struct found *f = map_get(&c->urns, name);
    if (f == NULL) {
        f = mem_new(struct found);
        *f = (struct found){.name = name, .sum = point_none()};
        map_put(&c->urns, name, f);
        c->report->urns++;
    } else {
        mem_free(name);
    }
    return f;
}

// ---- what was cast, as the chain has it

static void take_cast(struct check *c, json entry, bool again)
{
    struct found *f = urn_of(c, entry);
    struct point p;
    if (f->opened)
        bad(c, "a ballot went into urn '%s' after it was opened", f->name);
    if (!from_hex(json_get_text(entry, "point", NULL), p.bytes, POINT_BYTES) ||
        !point_is_valid(&p)) {
        bad(c, "a cast into urn '%s' has no point", f->name);
        return;
    }
    f->sum = point_add(&f->sum, &p);
    *(again ? &f->recasts : &f->casts) += 1;
}

// ---- what was published

// The body behind {personal, hash}; absent where it is none.
static json body_of(struct check *c, json reference)
{
    json entry = json_get(c->personal, json_get_text(reference, "personal", ""));
    json body = json_get(entry, "body");
    const char *text = json_get_text(entry, "bodyText", NULL);
    struct fail why;
    if (text != NULL && !json_parse_stored(text, strlen(text), &body, &why))
        body = json_absent();
    json_free(entry);
    return body;
}

static void look_for_receipt(struct check *c, json ballot, const char *name)
{
    char number[URN_NUMBER_SIZE], hex[HASH_HEX_SIZE];
    if (c->receipt == NULL)
        return;
    json mark = json_at(ballot, 0), own = json_at(ballot, 1), value = json_at(ballot, 2);
    urn_number(c->receipt, number);
    if (json_is_string(own) && strcmp(json_text(own), number) == 0) {
        c->report->receipt_found = true;
        if (json_is_string(value)) {
            struct hash h = urn_mark(c->receipt, json_text(value));
            hash_hex(&h, hex);
            if (strcmp(hex, json_text(mark)) != 0)
                bad(c, "the ballot of this receipt in '%s' is not as it was cast", name);
            else
                bytes_printf(c->report->lines,
                             "the ballot of this receipt is in the tally of '%s', as: %s\n", name,
                             json_text(value));
        } else {
            bytes_printf(c->report->lines, "the ballot of this receipt is in the tally of '%s'\n",
                         name);
        }
    }
    json_free(mark);
    json_free(own);
    json_free(value);
}

static void take_ballot(struct check *c, json ballot, const char *name)
{
    uint8_t mark[HASH_BYTES];
    json hex = json_at(ballot, 0), value = json_at(ballot, 2);
    const char *text = json_is_string(hex) ? json_text(hex) : "";
    c->ballots++;
    if (!from_hex(text, mark, HASH_BYTES) || json_is_string(value) == c->hidden) {
        bad(c, "ballot %" PRId64 " of '%s' is not whole", c->ballots, name);
    } else {
        if (strcmp(c->last, text) >= 0)
            bad(c, "the ballots of '%s' are not sorted, or one is there twice", name);
        snprintf(c->last, sizeof c->last, "%s", text);
        if (!c->hidden) {
            struct point p = urn_point(text, json_text(value));
            c->points = point_add(&c->points, &p);
            json_set_int(&c->values, json_text(value),
                         json_get_int(c->values, json_text(value), 0) + 1);
        }
        look_for_receipt(c, ballot, name);
    }
    json_free(hex);
    json_free(value);
}

static void take_ballots(struct check *c, json entry, const char *name)
{
    json references = json_get(entry, "ballots");
    for (size_t i = 0; i < json_length(references); i++) {
        json reference = json_at(references, i), body = body_of(c, reference);
        json ballots = json_get(body, "ballots");
        if (!json_is_array(ballots))
            bad(c, "a part of the ballots of '%s' is missing", name);
        for (size_t n = 0; json_is_array(ballots) && n < json_length(ballots); n++) {
            json ballot = json_at(ballots, n);
            take_ballot(c, ballot, name);
            json_free(ballot);
        }
        json_free(ballots);
        json_free(body);
        json_free(reference);
    }
    json_free(references);
}

static void check_roll(struct check *c, const struct found *f, json roll)
{
    char *last = mem_string("");
    for (size_t i = 0; i < json_length(roll); i++) {
        json id = json_at(roll, i);
        const char *text = json_is_string(id) ? json_text(id) : "";
        if (strcmp(last, text) >= 0)
            bad(c, "the roll of '%s' is not sorted, or somebody is on it twice", f->name);
        mem_free(last);
        last = mem_string(text);
        json_free(id);
    }
    mem_free(last);
    if ((int64_t)json_length(roll) != f->casts)
        bad(c, "%" PRId64 " ballots were cast into '%s' and %zu names are on the roll", f->casts,
            f->name, json_length(roll));
}

static void check_sum(struct check *c, const struct found *f, json proof)
{
    struct scalar r;
    if (c->hidden)
        return;
    if (!from_hex(json_get_text(proof, "blinding", NULL), r.bytes, SCALAR_BYTES) ||
        !scalar_is_valid(&r)) {
        bad(c, "the sum of '%s' cannot be opened", f->name);
        return;
    }
    struct point blind = point_blind(&r), sum = point_add(&c->points, &blind);
    if (!point_equal(&sum, &f->sum))
        bad(c, "the ballots of '%s' are not those that the chain has seen cast", f->name);
}

static void describe(struct check *c, const struct found *f, json tally)
{
    json counts = json_get(tally, "counts");
    char *text = json_dump(counts);
    bytes_printf(c->report->lines,
                 "secret vote '%s': %" PRId64 " ballots of as many voters, %" PRId64
                 " replaced before the close, %s; counts %s; of %" PRId64 " (%s) %" PRId64
                 " needed: %s\n",
                 f->name, c->ballots, f->recasts,
                 c->hidden ? "what they say is not published (minCell)"
                           : "none added, dropped or changed since it was cast",
                 text, json_get_int(tally, "denominator", 0), json_get_text(tally, "base", ""),
                 json_get_int(tally, "needed", 0), json_get_text(tally, "outcome", "no outcome"));
    mem_free(text);
    json_free(counts);
}

static void check_proof(struct check *c, struct found *f, json entry, json proof)
{
    struct fail why = {0};
    json roll = json_get(proof, "roll"), tally = json_get(proof, "tally");
    c->points = point_none();
    c->last[0] = 0;
    c->ballots = 0;
    c->hidden = json_get_bool(proof, "hidden", false);
    c->values = json_object();
    int64_t before = c->report->bad;
    take_ballots(c, entry, f->name);
    if (c->ballots != f->casts || json_get_int(proof, "casts", -1) != f->casts ||
        json_get_int(proof, "recasts", -1) != f->recasts)
        bad(c, "%" PRId64 " ballots were cast into '%s' and %" PRId64 " are published", f->casts,
            f->name, c->ballots);
    check_roll(c, f, roll);
    check_sum(c, f, proof);
    json none = json_absent();
    if (!tally_check(tally, c->hidden ? none : c->values, c->ballots, &why))
        bad(c, "the tally of '%s' is wrong: %s", f->name, why.message);
    c->report->ballots += c->ballots;
    if (c->report->bad == before)
        describe(c, f, tally);
    json_free(c->values);
    json_free(roll);
    json_free(tally);
}

static void take_tally(struct check *c, json entry)
{
    struct found *f = urn_of(c, entry);
    json reference = json_get(entry, "proof"), proof = body_of(c, reference);
    if (!f->opened || f->tallied)
        bad(c, "urn '%s' was published %s", f->name, f->tallied ? "twice" : "before it was opened");
    f->tallied = true;
    if (strcmp(json_get_text(proof, "format", ""), URN_FORMAT) != 0)
        bad(c, "the publication of '%s' is missing", f->name);
    else
        check_proof(c, f, entry, proof);
    json_free(reference);
    json_free(proof);
}

// ---- the walk

static void take_entry(struct check *c, json entry)
{
    const char *type = json_get_text(entry, "type", "");
    if (!json_is_object(entry) || !json_has(entry, "urn"))
        return;
    if (strcmp(type, "cast") == 0 || strcmp(type, "recast") == 0)
        take_cast(c, entry, strcmp(type, "recast") == 0);
    else if (strcmp(type, "opened") == 0)
        urn_of(c, entry)->opened = true;
    else if (strcmp(type, "tallied") == 0)
        take_tally(c, entry);
}

static void take_row(struct check *c, json row)
{
    json entries = json_get(row, "entries");
    const char *text = json_get_text(row, "entriesText", NULL);
    struct fail why;
    if (text != NULL && !entries_read(text, strlen(text), &entries, &why))
        entries = json_absent();
    for (size_t i = 0; json_is_array(entries) && i < json_length(entries); i++) {
        json entry = json_at(entries, i);
        take_entry(c, entry);
        json_free(entry);
    }
    json_free(entries);
}

static void say_rest(struct check *c)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&c->urns, &i, &entry);) {
        struct found *f = entry->value;
        if (!f->tallied)
            bytes_printf(c->report->lines,
                         "secret vote '%s': %" PRId64 " ballots so far; not opened yet\n", f->name,
                         f->casts);
        mem_free(f->name);
        mem_free(f);
    }
    if (c->receipt != NULL && !c->report->receipt_found)
        bad(c, "no ballot in a tally of this case has this receipt");
}

bool urn_check_case(json exported, const char *receipt, struct urn_check_report *report,
                    struct fail *why)
{
    struct check c = {.receipt = receipt, .report = report, .why = why};
    json history = json_get(exported, "history");
    c.personal = json_get(exported, "personal");
    map_init(&c.urns);
    for (size_t i = 0; json_is_array(history) && i < json_length(history); i++) {
        json row = json_at(history, i);
        take_row(&c, row);
        json_free(row);
    }
    say_rest(&c);
    map_done(&c.urns);
    json_free(history);
    json_free(c.personal);
    return report->bad == 0;
}
