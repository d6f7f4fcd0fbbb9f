#include "people/mail.h"

#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "people/directory.h"
#include "people/item_row.h"
#include "people/quiet.h"

#define KEY_BYTES_MAX   400
#define MAIL_BYTES_MAX  (4 * 1024 * 1024)
#define ATTACHMENTS_MAX 20

// Whom it goes to, and as what.
struct mail_target {
    const char *address, *person, *purpose; // person NULL: nobody known
};

const char *mail_fate_name(enum mail_fate fate)
{
    switch (fate) {
    case MAIL_SENT:
        return "sent";
    case MAIL_DELAYED:
        return "delayed";
    case MAIL_KEY_USED:
        return "sent_before";
    case MAIL_OPTED_OUT:
        return "opted_out";
    case MAIL_NO_ADDRESS:
        return "no_address";
    case MAIL_BOUNCING:
        return "bouncing";
    }
    return "";
}

// ---- is it sound

static bool has_line_break(const char *text)
{
    for (; *text != 0; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

static bool header_is_sound(const char *name, json value, struct fail *why)
{
    bool good = name[0] != 0 && strlen(name) <= 60 && json_is_string(value);
    for (const char *c = name; good && *c != 0; c++)
        good = *c > ' ' && *c < 0x7F && *c != ':';
    if (!good || has_line_break(json_text(value)) ||
        json_text_bytes(value) > MAIL_SUBJECT_BYTES_MAX)
        return fail(why, FAIL_INVALID, "the mail header '%.60s' is no single line of text", name);
    return true;
}

static bool headers_are_sound(json headers, struct fail *why)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json value;
    if (!json_is_absent(headers) && !json_is_null(headers) && !json_is_object(headers))
        return fail(why, FAIL_INVALID, "the headers of a mail are {name: text}");
    while (json_next(headers, &cursor, &name, &value)) {
        if (!header_is_sound(name, value, why)) {
            json_cursor_done(&cursor);
            return false;
        }
    }
    return true;
}

static bool attachment_is_sound(json a, struct fail *why)
{
    const char *name = json_get_text(a, "name", ""), *type = json_get_text(a, "type", "");
    bool text = json_get_text(a, "text", NULL) != NULL;
    if (name[0] == 0 || strlen(name) > 200 || has_line_break(name) || strchr(name, '/') != NULL ||
        strchr(name, '"') != NULL || type[0] == 0 || has_line_break(type) || !text)
        return fail(why, FAIL_INVALID,
                    "an attachment is {name, type, text}; the name is a plain file "
                    "name");
    return true;
}

static bool attachments_are_sound(json list, struct fail *why)
{
    if (json_is_absent(list) || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_length(list) > ATTACHMENTS_MAX)
        return fail(why, FAIL_INVALID, "attachments are a list of at most %d", ATTACHMENTS_MAX);
    bool good = true;
    for (size_t i = 0; good && i < json_length(list); i++) {
        json a = json_at(list, i);
        good = attachment_is_sound(a, why);
        json_free(a);
    }
    return good;
}

static bool order_is_sound(const struct mail_order *order, struct fail *why)
{
    if (order->key == NULL || order->key[0] == 0 || strlen(order->key) > KEY_BYTES_MAX)
        return fail(why, FAIL_INVALID, "a mail has a key of 1 to %d bytes", KEY_BYTES_MAX);
    if (order->subject == NULL || order->subject[0] == 0)
        return fail(why, FAIL_INVALID, "a mail has a subject");
    if (strlen(order->subject) > MAIL_SUBJECT_BYTES_MAX || has_line_break(order->subject))
        return fail(why, FAIL_INVALID, "the subject of a mail is one line of at most %d bytes",
                    MAIL_SUBJECT_BYTES_MAX);
    if (order->text == NULL && order->html == NULL)
        return fail(why, FAIL_INVALID, "a mail has a text");
    if (order->purpose &&
        (strlen(order->purpose) > PURPOSE_BYTES_MAX || has_line_break(order->purpose)))
        return fail(why, FAIL_INVALID, "the purpose of a mail is one line of at most %d bytes",
                    PURPOSE_BYTES_MAX);
    if (!json_is_absent(order->quiet) && !json_is_null(order->quiet) &&
        !quiet_check(order->quiet, why))
        return false;
    return headers_are_sound(order->headers, why) && attachments_are_sound(order->attachments, why);
}

// ---- the row

static bool key_is_used(struct people *p, const char *key, bool *used, struct fail *why)
{
    struct row row;
    struct value value = value_text(key);
    if (!store_get(p->store, TABLE_MAIL, &value, &row, why))
        return false;
    *used = row_is_there(&row);
    row_done(&row);
    return true;
}

static bool next_seq(struct people *p, int64_t *seq, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct scan_opts opts = {.table = TABLE_MAIL, .index = MAIL_BY_SEQ, .descending = true};
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    *seq = 1;
    why->kind = FAIL_NONE;
    if (scan_next(scan, &row, why)) {
        *seq = row_integer(&row, MAIL_SEQ) + 1;
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

static bool is_false(json value)
{
    return json_kind(value) == JSON_BOOL && !json_is_true(value);
}

// attributes.mail = false: wants none but the mandatory ones; {PURPOSE: false}: none of these. And
// whoever has used the link in a mail.
static bool has_opted_out(struct people *p, const struct mail_target *to, json person)
{
    json wish = json_path(person, "attributes.mail"), of = json_get(wish, to->purpose);
    bool out = is_false(wish) || is_false(of) ||
               optout_is_set(p, to->person ? to->person : to->address, to->purpose) ||
               optout_is_set(p, to->address, to->purpose);
    json_free(of);
    json_free(wish);
    return out;
}

static json person_of(struct people *p, const char *id)
{
    struct fail why = {0};
    return id == NULL ? json_absent() : people_get(p, id, &why);
}

static json request_of(const struct mail_order *order)
{
    json request = json_object();
    json_set_text(&request, "key", order->key);
    json_set_text(&request, "to", order->to);
    json_set_text(&request, "subject", order->subject);
    if (order->person != NULL)
        json_set_text(&request, "person", order->person);
    if (order->text != NULL)
        json_set_text(&request, "text", order->text);
    if (order->html != NULL)
        json_set_text(&request, "html", order->html);
    if (json_is_array(order->attachments))
        json_set(&request, "attachments", order->attachments);
    if (json_is_object(order->headers))
        json_set(&request, "headers", order->headers);
    if (!order->mandatory)
        json_set_text(&request, "purpose", order->purpose ? order->purpose : "");
    return request;
}

static bool put_row(struct people *p, const struct step_address *step,
                    const struct mail_order *order, json request, const char *status,
                    struct fail *why)
{
    int64_t seq;
    struct bytes body;
    if (!next_seq(p, &seq, why))
        return false;
    bytes_init(&body, MAIL_BYTES_MAX);
    json_write(request, JSON_COMPACT, &body);
    bool good =
        !body.overflowed ||
        fail(why, FAIL_LIMIT, "a mail has at most %d bytes with its attachments", MAIL_BYTES_MAX);
    struct value columns[] = {
        [MAIL_KEY] = value_text(order->key),
        [MAIL_SEQ] = value_integer(seq),
        [MAIL_AT_MS] = value_integer(engine_now_ms(p->engine)),
        [MAIL_RECIPIENT] = value_text(order->to),
        [MAIL_PERSON] = value_text(order->person),
        [MAIL_SUBJECT] = value_text(order->subject),
        [MAIL_BODY] = value_blob(body.data, body.length),
        [MAIL_STATUS] = value_text(status),
        [MAIL_INSTANCE] = value_text(step == NULL ? NULL : step->instance),
    };
    if (good)
        store_put(p->store, TABLE_MAIL, columns);
    bytes_done(&body);
    return good;
}

static void release(struct people *p, const struct step_address *step,
                    const struct mail_order *order, int64_t due_ms)
{
    char hex[HASH_HEX_SIZE];
    struct hash hash = hash_of(order->key, strlen(order->key));
    hash_hex(&hash, hex);
    char *name = mem_printf("mail:%.32s", hex);
    json request = request_of(order);
    if (due_ms > engine_now_ms(p->engine))
        engine_step_effect_at(p->engine, step, name, "mail", "idempotent", request, due_ms);
    else
        engine_step_effect(p->engine, step, name, "mail", "idempotent", request, false);
    json_free(request);
    mem_free(name);
}

// Where the person lives, as far as it is known.
static const struct zone *zone_of(const struct people *p, json person)
{
    struct fail why;
    json own = json_path(person, "attributes.zone");
    const struct zone *zone = json_is_string(own) ? zone_find(json_text(own), &why) : NULL;
    json_free(own);
    return zone ? zone : p->zone;
}

// The person's own quiet hours, where he lives, go before those of the workflow.
static int64_t due_of(struct people *p, const struct mail_order *order, json person)
{
    int64_t now_ms = engine_now_ms(p->engine);
    json own = json_path(person, "attributes.quiet");
    json quiet = json_is_object(own) ? own : order->quiet;
    const struct zone *zone =
        order->zone && !json_is_object(own) ? order->zone : zone_of(p, person);
    int64_t due_ms = order->mandatory ? now_ms : quiet_end(quiet, zone, now_ms);
    json_free(own);
    return due_ms;
}

static bool send_row(struct people *p, const struct step_address *step,
                     const struct mail_order *order, enum mail_fate *fate, struct fail *why)
{
    struct mail_target to = {order->to, order->person, order->purpose ? order->purpose : ""};
    json person = order->mandatory ? json_absent() : person_of(p, order->person);
    int64_t due_ms = due_of(p, order, person);
    *fate = due_ms > engine_now_ms(p->engine) ? MAIL_DELAYED : MAIL_SENT;
    if (address_is_bouncing(p, order->to))
        *fate = MAIL_BOUNCING;
    else if (!order->mandatory && has_opted_out(p, &to, person))
        *fate = MAIL_OPTED_OUT;
    json_free(person);
    bool goes = *fate == MAIL_SENT || *fate == MAIL_DELAYED;
    json request = request_of(order);
    if (!goes)
        json_set_text(&request, "note", mail_fate_name(*fate));
    const char *status = *fate == MAIL_SENT ? "queued" : goes ? "delayed" : "suppressed";
    bool good = put_row(p, step, order, request, status, why);
    json_free(request);
    if (good && goes)
        release(p, step, order, due_ms);
    return good;
}

// Few servers take other addresses (SMTPUTF8), and none says so before the mail is on its way.
static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text == 0;
}

bool mail_send(struct people *p, const struct step_address *step, const struct mail_order *order,
               enum mail_fate *fate, struct fail *why)
{
    struct fail address_why = {0};
    bool used = false;
    *fate = MAIL_NO_ADDRESS;
    if (!order_is_sound(order, why) || !key_is_used(p, order->key, &used, why))
        return false;
    if (used)
        *fate = MAIL_KEY_USED;
    if (used || order->to == NULL || !is_ascii(order->to) ||
        !address_check(order->to, &address_why))
        return true;
    return send_row(p, step, order, fate, why);
}

// ---- what became of it

static bool get_row(struct people *p, const char *key, struct row *row, struct fail *why)
{
    struct value value = value_text(key);
    return store_get(p->store, TABLE_MAIL, &value, row, why);
}

// The row with another status (NULL: as it was), and members added to its body.
static bool change_row(struct people *p, const struct row *row, const char *status, json more,
                       struct fail *why)
{
    struct value columns[MAIL_INSTANCE + 1];
    json body;
    if (!row_json(row, MAIL_BODY, &body, why))
        return false;
    json_merge(&body, more);
    char *text = json_dump(body);
    memcpy(columns, row->columns, sizeof columns);
    if (status)
        columns[MAIL_STATUS] = value_text(status);
    if (json_length(more) > 0)
        columns[MAIL_BODY] = value_blob(text, strlen(text));
    store_put(p->store, TABLE_MAIL, columns);
    mem_free(text);
    json_free(body);
    return true;
}

static bool change(struct people *p, const char *key, const char *status, json more,
                   struct fail *why)
{
    struct row row;
    if (!get_row(p, key, &row, why))
        return false;
    bool good = !row_is_there(&row) || change_row(p, &row, status, more, why);
    row_done(&row);
    return good;
}

bool mail_settle(struct people *p, const char *key, const char *status, const char *note,
                 struct fail *why)
{
    json more = json_object();
    if (note)
        json_set_text(&more, "note", note);
    bool good = change(p, key, status, more, why);
    json_free(more);
    return good;
}

// Optional mail that waited for the morning is no use when its workflow was cancelled in the night.
// What a step says of the cancelling itself is decided in the same instant, and goes.
static bool was_called_off(struct people *p, const struct row *mail)
{
    struct fail why = {0};
    struct row row;
    struct value id = value_text(row_text(mail, MAIL_INSTANCE));
    if (row_is_null(mail, MAIL_INSTANCE) || strcmp(row_text(mail, MAIL_STATUS), "delayed") != 0 ||
        !store_get(p->store, TABLE_INSTANCE, &id, &row, &why))
        return false;
    bool off = row_is_there(&row) && strcmp(row_text(&row, INSTANCE_STATUS), "cancelled") == 0 &&
               !row_is_null(&row, INSTANCE_ENDED_MS) &&
               row_integer(&row, INSTANCE_ENDED_MS) > row_integer(mail, MAIL_AT_MS);
    row_done(&row);
    return off;
}

bool mail_may_go(struct people *p, const char *key, const char **why_not)
{
    struct fail why = {0};
    struct row row;
    json body = json_absent();
    *why_not = NULL;
    if (!get_row(p, key, &row, &why) || !row_is_there(&row))
        return true; // sent by its request alone
    bool read = row_json(&row, MAIL_BODY, &body, &why);
    const char *purpose = read ? json_get_text(body, "purpose", NULL) : NULL;
    struct mail_target to = {row_text(&row, MAIL_RECIPIENT), row_text(&row, MAIL_PERSON), purpose};
    json person = purpose ? person_of(p, to.person) : json_absent();
    if (address_is_bouncing(p, to.address))
        *why_not = mail_fate_name(MAIL_BOUNCING);
    else if (purpose && has_opted_out(p, &to, person))
        *why_not = mail_fate_name(MAIL_OPTED_OUT);
    else if (was_called_off(p, &row))
        *why_not = "cancelled";
    if (*why_not && !mail_settle(p, key, "suppressed", *why_not, &why))
        *why_not = NULL;
    json_free(person);
    json_free(body);
    row_done(&row);
    return *why_not == NULL;
}

bool mail_bounced(struct people *p, const char *key, const struct bounce *bounce, struct fail *why)
{
    bool marked;
    json more = json_object(), told = json_object();
    json_set_bool(&told, "hard", bounce->hard);
    json_set_text(&told, "reason", bounce->reason);
    json_set_take(&told, "at", item_instant(engine_now_ms(p->engine)));
    json_set_take(&more, "bounce", told);
    bool good = change(p, key, bounce->hard ? "bounced" : NULL, more, why) &&
                address_bounced(p, bounce, &marked, why);
    json_free(more);
    return good;
}

// A soft one after a soft one, or any after a hard one, tells nothing new of this mail.
static bool was_reported(json mail, bool hard)
{
    json before = json_get(mail, "bounce");
    bool known = json_is_object(before) && (!hard || json_get_bool(before, "hard", false));
    json_free(before);
    return known;
}

bool mail_reported(struct people *p, int64_t seq, const struct bounce *bounce,
                   enum bounce_fate *fate, struct fail *why)
{
    json mail = mail_show(p, seq, why);
    if (!json_is_object(mail))
        return false;
    const char *address = json_get_text(mail, "to", "");
    const struct bounce of_mail = {address, bounce->hard, bounce->reason};
    bool was = address_is_bouncing(p, address), known = was_reported(mail, bounce->hard);
    bool good =
        known || !*address || mail_bounced(p, json_get_text(mail, "key", ""), &of_mail, why);
    *fate = known || !*address                        ? BOUNCE_KNOWN
            : !was && address_is_bouncing(p, address) ? BOUNCE_MARKED
                                                      : BOUNCE_COUNTED;
    json_free(mail);
    return good;
}

char *mail_key_of(struct people *p, int64_t seq)
{
    struct fail why = {0};
    json mail = mail_show(p, seq, &why);
    const char *key = json_get_text(mail, "key", NULL);
    char *copy = mem_string(key);
    json_free(mail);
    return copy;
}

// ---- reading

static bool show_row(const struct row *row, json *out, struct fail *why)
{
    json mail;
    if (!row_json(row, MAIL_BODY, &mail, why))
        return false;
    json_set_int(&mail, "seq", row_integer(row, MAIL_SEQ));
    json_set_take(&mail, "at", item_instant(row_integer(row, MAIL_AT_MS)));
    json_set_text(&mail, "status", row_text(row, MAIL_STATUS));
    if (!row_is_null(row, MAIL_INSTANCE))
        json_set_text(&mail, "instance", row_text(row, MAIL_INSTANCE));
    *out = mail;
    return true;
}

static json list_rows(struct people *p, const struct scan_opts *opts, size_t limit,
                      struct fail *why)
{
    struct scan *scan;
    struct row row;
    if (!store_scan(p->store, opts, &scan, why))
        return json_absent();
    json list = json_array();
    bool good = true;
    why->kind = FAIL_NONE;
    while (good && json_length(list) < limit && scan_next(scan, &row, why)) {
        json mail;
        good = show_row(&row, &mail, why);
        if (good)
            json_append_take(&list, mail);
        row_done(&row);
    }
    scan_done(scan);
    if (!good || why->kind != FAIL_NONE)
        json_swap_take(&list, json_absent());
    return list;
}

json mail_list(struct people *p, int64_t before_seq, size_t limit, struct fail *why)
{
    struct value to = value_integer(before_seq);
    return list_rows(p,
                     &(struct scan_opts){.table = TABLE_MAIL,
                                         .index = MAIL_BY_SEQ,
                                         .to = before_seq > 0 ? &to : NULL,
                                         .descending = true},
                     limit, why);
}

json mail_list_after(struct people *p, int64_t after_seq, size_t limit, struct fail *why)
{
    struct value from = value_integer(after_seq + 1);
    return list_rows(p,
                     &(struct scan_opts){.table = TABLE_MAIL, .index = MAIL_BY_SEQ, .from = &from},
                     limit, why);
}

json mail_show(struct people *p, int64_t seq, struct fail *why)
{
    json list = mail_list_after(p, seq - 1, 1, why);
    json mail = json_at(list, 0);
    json_free(list);
    if (json_is_absent(mail) || json_get_int(mail, "seq", 0) != seq) {
        json_swap_take(&mail, json_absent());
        if (why->kind == FAIL_NONE)
            fail(why, FAIL_NOT_FOUND, "there is no mail %lld", (long long)seq);
    }
    return mail;
}

json mail_find(struct people *p, const char *key, struct fail *why)
{
    struct row row;
    json mail = json_absent();
    if (!get_row(p, key, &row, why))
        return json_absent();
    if (row_is_there(&row) && !show_row(&row, &mail, why))
        mail = json_absent();
    row_done(&row);
    return mail;
}
