// Taking an answer: who, what, whether it was taken before; then the step's handler decides. The
// row is written before the handler is asked, within a mark, so that a refusal leaves nothing.
//
//     key known ──> the same reply          item open? ─no─> refused with its closing code
//     not his   ──> not_eligible            schema ─no─> violations
#include "people/item.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "people/directory.h"
#include "people/form_schema.h"
#include "people/house.h"
#include "people/item_row.h"
#include "people/refusal.h"
#include "people/requests.h"
#include "people/resident.h"
#include "people/sentence.h"
#include "people/withdrawal.h"
#include "store/audit.h"

#define KEY_BYTES_MAX    200
#define REASON_BYTES_MAX 2000
#define RECEIPT_RANDOM   18
#define RECEIPT_STEP_MS  16 // 40 bits of them are 557 years
#define RECEIPT_SIZE     BASE64_SIZE(RECEIPT_RANDOM)
#define ANSWER_BYTES_MAX (1024 * 1024)
#define REQUEST_ACCEPTED 200

struct taking {
    struct people *p;
    const struct answer *answer;
    struct row item, earlier; // earlier: the row that is amended or withdrawn
    json data;                // what was sent, as it fits the form
    json kept;                // the item's detail column: {detail, secret, once, refusal}
    bool secret, once;
    bool claims;   // nobody works on it yet
    bool decision; // accepts or declines what was offered; the earlier data stays
    char receipt[RECEIPT_SIZE];
    json previous;
    char *request_key;       // NULL: none
    struct answer withdraws; // the answer with the receipt that was found, where it named none
    char *found_receipt;
    struct hash request_hash;
};

// ---- the request key

static void add_text(struct hasher *h, const char *text)
{
    hasher_add_field(h, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

// A ballot is guessed in a few tries, so what is secret does not go into the hash.
static struct hash content_hash(const struct taking *t)
{
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, t->p->key, HASH_BYTES);
    if (!t->secret) {
        char *data = json_dump(t->answer->data);
        add_text(&h, data);
        mem_free(data);
        add_text(&h, t->answer->delegate);
        add_text(&h, t->answer->recuse);
    }
    add_text(&h, t->answer->receipt);
    add_text(&h, t->answer->withdraw ? "withdraw" : "");
    return hasher_done(&h);
}

static bool request_begin(struct taking *t, struct fail *why)
{
    const char *key = t->answer->key;
    if (key == NULL || key[0] == 0)
        return true;
    if (strlen(key) > KEY_BYTES_MAX || !utf8_is_valid(key, strlen(key)))
        return fail(why, FAIL_INVALID, "a request key is text of at most %d bytes", KEY_BYTES_MAX);
    t->request_key = mem_printf(REQUEST_KEY_PREFIX "%s %s %s", t->answer->item,
                                t->answer->person == NULL ? "" : t->answer->person, key);
    if (!people_key(t->p, why))
        return false;
    t->request_hash = content_hash(t);
    return true;
}

// *known: this request was answered before; *reply is what was said then.
static bool request_look(struct taking *t, bool *known, json *reply, struct fail *why)
{
    struct row row;
    *known = false;
    if (t->request_key == NULL)
        return true;
    struct value key = value_text(t->request_key);
    if (!store_get(t->p->store, TABLE_REQUEST, &key, &row, why))
        return false;
    bool good = true;
    if (row_is_there(&row)) {
        const struct value *hash = &row.columns[REQUEST_HASH];
        bool same =
            hash->bytes == HASH_BYTES && memcmp(hash->data, t->request_hash.bytes, HASH_BYTES) == 0;
        json said;
        if (!same)
            good = fail_code(why, FAIL_CONFLICT, "request_key_reused",
                             "this request key was used before with another content");
        else if (row_json(&row, REQUEST_REPLY, &said, why))
            json_swap_take(reply, said);
        else
            good = false;
        *known = good;
    }
    row_done(&row);
    return good;
}

static void request_end(struct taking *t, json reply)
{
    if (t->request_key == NULL)
        return;
    json kept = json_ref(reply);
    // This row names the person, and what was told of a secret ballot could lead from there to it.
    if (t->secret) {
        json_swap_take(&kept, json_object());
        json_set_take(&kept, "at", json_get(reply, "at"));
    }
    char *text = json_dump(kept);
    json_free(kept);
    struct value columns[] = {
        [REQUEST_KEY] = value_text(t->request_key),
        [REQUEST_AT_MS] = value_integer(engine_now_ms(t->p->engine)),
        [REQUEST_HASH] = value_blob(t->request_hash.bytes, HASH_BYTES),
        [REQUEST_STATUS] = value_integer(REQUEST_ACCEPTED),
        [REQUEST_REPLY] = value_blob(text, strlen(text)),
    };
    store_put(t->p->store, TABLE_REQUEST, columns);
    mem_free(text);
    requests_sweep(t->p);
}

// ---- may this be answered, by him, so

static bool may_be_answered(const struct taking *t, struct fail *why)
{
    const char *status = row_text(&t->item, ITEM_STATUS);
    if (strcmp(status, "open") == 0)
        return true;
    bool done = strcmp(status, "done") == 0;
    const char *code = json_get_text(t->kept, "refusal", done ? "already_answered" : "closed");
    return fail_code(why, FAIL_REFUSED, code,
                     done ? "this has been answered" : "this takes no more answers");
}

// Who answers a public form under a name must be in the directory; who was asked is, or was. Nobody
// acts in the name of an erased person any more, by whatever link.
static bool is_somebody(struct people *p, const char *person, bool asked, struct fail *why)
{
    struct row row;
    struct value key = value_text(person);
    if (!store_get(p->store, TABLE_PERSON, &key, &row, why))
        return false;
    bool known = row_is_there(&row);
    bool erased = known && strcmp(row_text(&row, PERSON_STATUS), PERSON_ERASED) == 0;
    row_done(&row);
    return ((known || asked) && !erased) ||
           fail_code(why, FAIL_REFUSED, "not_eligible",
                     erased ? "'%.80s' has been erased" : "there is no person '%.80s'", person);
}

static bool person_may(const struct taking *t, struct fail *why)
{
    const char *assignee = row_text(&t->item, ITEM_ASSIGNEE), *person = t->answer->person;
    const char *whose = json_get_text(t->kept, "for", NULL);
    if (item_is_unclaimed(&t->item))
        return (person != NULL && person_is_of(t->p, person, assignee)) ||
               fail_code(why, FAIL_REFUSED, "not_eligible", "this asks somebody else");
    if (assignee != NULL && (person == NULL || strcmp(assignee, person) != 0))
        return whose != NULL && person != NULL && person_is_of(t->p, person, whose)
                   ? fail_code(why, FAIL_REFUSED, "already_claimed",
                               "somebody else is working on this")
                   : fail_code(why, FAIL_REFUSED, "not_eligible", "this asks somebody else");
    return person == NULL || is_somebody(t->p, person, assignee != NULL, why);
}

// Who is known and withdraws without a receipt means the last of his answers.
static bool find_withdrawn(struct taking *t, struct fail *why)
{
    const struct answer *a = t->answer;
    if (t->secret || a->person == NULL)
        return fail_code(why, FAIL_REFUSED, "receipt_needed",
                         "a withdrawal names the receipt of the answer");
    json latest = answer_of(t->p, a->item, a->person, why);
    t->found_receipt = mem_string(json_get_text(latest, "receipt", NULL));
    json_free(latest);
    if (t->found_receipt == NULL)
        return why->kind == FAIL_NONE &&
               fail_code(why, FAIL_REFUSED, "unknown_receipt", "there is no answer to withdraw");
    t->withdraws = *a;
    t->withdraws.receipt = t->found_receipt;
    t->answer = &t->withdraws;
    return true;
}

static bool find_earlier(struct taking *t, struct fail *why)
{
    if (t->answer->receipt == NULL && (!t->answer->withdraw || !find_withdrawn(t, why)))
        return !t->answer->withdraw;
    const struct answer *a = t->answer;
    if (t->secret) // the step alone knows which receipts it gave out
        return true;
    struct value key = value_text(a->receipt);
    if (!store_get(t->p->store, TABLE_ANSWER, &key, &t->earlier, why))
        return false;
    const char *item = row_is_there(&t->earlier) ? row_text(&t->earlier, ANSWER_ITEM) : "";
    if (strcmp(item, a->item) != 0)
        return fail_code(why, FAIL_REFUSED, "unknown_receipt",
                         "there is no answer with this receipt");
    const char *person = row_text(&t->earlier, ANSWER_PERSON);
    if (person != NULL && a->person != NULL && strcmp(person, a->person) != 0)
        return fail_code(why, FAIL_REFUSED, "not_eligible", "this answer is somebody else's");
    if (strcmp(row_text(&t->earlier, ANSWER_STATUS), "withdrawn") == 0)
        return fail_code(why, FAIL_REFUSED, "withdrawn", "this answer has been withdrawn");
    return row_json(&t->earlier, ANSWER_DATA, &t->previous, why);
}

// An offer is accepted or declined with {accept: true}, whatever else the form asks: one of its
// `decisions`.
static bool is_decision(json form, const struct answer *a)
{
    json decisions = json_get(form, "decisions");
    bool is = false;
    for (size_t i = 0;
         a->receipt != NULL && json_length(a->data) == 1 && !is && i < json_length(decisions);
         i++) {
        json name = json_at(decisions, i);
        is = json_is_object(a->data) && json_is_string(name) &&
             json_get_bool(a->data, json_text(name), false);
        json_free(name);
    }
    json_free(decisions);
    return is;
}

static bool content_is_sound(struct taking *t, json *reply, struct fail *why)
{
    const struct answer *a = t->answer;
    json form, violations;
    if (a->recuse != NULL && (strlen(a->recuse) > REASON_BYTES_MAX ||
                              text_has_resident_number(a->recuse, strlen(a->recuse))))
        return fail(why, FAIL_INVALID,
                    "the reason has more than %d bytes or a number that is kept "
                    "nowhere",
                    REASON_BYTES_MAX);
    if (a->delegate != NULL && !id_text_check("the delegate", a->delegate, PERSON_ID_BYTES, why))
        return false;
    if (json_size_estimate(a->data) > ANSWER_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "an answer has at most %d bytes", ANSWER_BYTES_MAX);
    if (!refuse_resident_number(a->data, why))
        return false;
    if (a->withdraw || a->delegate != NULL || a->recuse != NULL)
        return true;
    if (!form_read(t->p, &t->item, ITEM_FORM, &form, why))
        return false;
    t->decision = is_decision(form, a);
    bool good = true;
    violations = json_absent();
    if (!t->decision) {
        json_free(t->data);
        good = form_check(t->p, &t->item, ITEM_FORM, a->data, &t->data, &violations, why);
    }
    json_free(form);
    if (!json_is_absent(violations)) {
        json said = json_object();
        json_set_take(&said, "violations", violations);
        json_swap_take(reply, said);
    }
    return good;
}

static bool read_item(struct taking *t, struct fail *why)
{
    if (!item_row(t->p, t->answer->item, &t->item, why) ||
        !item_kept(t->p, &t->item, &t->kept, why))
        return false;
    t->secret = json_get_bool(t->kept, "secret", false);
    t->once = json_get_bool(t->kept, "once", false);
    return true;
}

// ---- writing

// What an open answer's row is named by begins with its time, which the row tells anyway, so that a
// hundred thousand of them are not written to a page each. The rest cannot be guessed. A secret
// ballot's receipt is random from its first digit.
static void make_receipt(struct taking *t)
{
    if (t->answer->receipt != NULL && strlen(t->answer->receipt) < RECEIPT_SIZE) {
        snprintf(t->receipt, sizeof t->receipt, "%s", t->answer->receipt);
        return;
    }
    uint8_t random[RECEIPT_RANDOM];
    const struct port *port = engine_port(t->p->engine);
    port->secret(port->context, random, sizeof random);
    base64_encode(random, sizeof random, t->receipt);
    if (t->secret)
        return;
    char time[ID_NUMBER_DIGITS + 1];
    id_write_number((uint64_t)engine_now_ms(t->p->engine) / RECEIPT_STEP_MS, time);
    memcpy(t->receipt, time, ID_NUMBER_DIGITS);
}

static json payload_of(const struct taking *t)
{
    const struct answer *a = t->answer;
    json payload = json_object();
    json_set_text(&payload, "item", a->item);
    json_set_text(&payload, "name", row_text(&t->item, ITEM_NAME));
    if (a->person != NULL)
        json_set_text(&payload, "person", a->person);
    if (!json_is_absent(t->data) && !json_is_null(t->data))
        json_set(&payload, "data", t->data);
    json_set_text(&payload, "receipt", t->receipt);
    if (a->key != NULL)
        json_set_text(&payload, "key", a->key);
    json_set_bool(&payload, "amend", a->receipt != NULL && !a->withdraw);
    json_set_bool(&payload, "withdraw", a->withdraw);
    if (a->delegate != NULL)
        json_set_text(&payload, "delegate", a->delegate);
    if (a->recuse != NULL)
        json_set_text(&payload, "recuse", a->recuse);
    if (a->by != NULL)
        json_set_text(&payload, "by", a->by);
    if (!json_is_absent(t->previous))
        json_set(&payload, "previous", t->previous);
    json_set_take(&payload, "at", item_instant(engine_now_ms(t->p->engine)));
    json_set_int(&payload, "at_ms", engine_now_ms(t->p->engine));
    return payload;
}

// What was answered; the reply comes later. Nothing of a secret ballot is kept here.
static void put_answer(struct taking *t, json reply)
{
    if (t->secret)
        return;
    const struct answer *a = t->answer;
    const struct row *old = &t->earlier;
    bool again = row_is_there(old);
    json kept = t->decision ? t->previous : t->data;
    char *data = a->withdraw || json_is_absent(kept) ? NULL : json_dump(kept),
         *said = json_dump(reply);
    struct value columns[] = {
        [ANSWER_RECEIPT] = value_text(t->receipt),
        [ANSWER_ITEM] = value_text(a->item),
        [ANSWER_SEQ] = again ? old->columns[ANSWER_SEQ]
                             : value_integer(row_integer(&t->item, ITEM_ANSWERS) + 1),
        [ANSWER_PERSON] = again ? old->columns[ANSWER_PERSON] : value_text(a->person),
        [ANSWER_AT_MS] = value_integer(engine_now_ms(t->p->engine)),
        [ANSWER_STATUS] = value_text(a->withdraw ? "withdrawn" : "accepted"),
        [ANSWER_DATA] = data == NULL ? value_null() : value_blob(data, strlen(data)),
        [ANSWER_REPLY] = value_blob(said, strlen(said)),
    };
    store_put(t->p->store, TABLE_ANSWER, columns);
    mem_free(data);
    mem_free(said);
}

static bool count_answer(struct taking *t, struct fail *why)
{
    int64_t answers = row_integer(&t->item, ITEM_ANSWERS);
    if (!row_is_there(&t->earlier) && !(t->secret && t->answer->receipt != NULL))
        answers++;
    return item_change(t->p, &t->item, t->once ? "done" : "open", answers, NULL, why);
}

// The decision itself goes into the history as the salted hash of a row of its own. Of a secret
// ballot the history says only that there was one.
static void note_answer(struct taking *t, json payload)
{
    const char *type = t->answer->withdraw          ? "withdrawn"
                       : t->answer->receipt != NULL ? "amended"
                                                    : "answered";
    struct step_address step = item_step(&t->item);
    if (step.instance[0] == 0) // no case file: the answer's row says who did what
        return;
    json entry = json_object();
    json_set_text(&entry, "type", type);
    json_set_text(&entry, "task", row_text(&t->item, ITEM_TASK));
    json_set_text(&entry, "path", step.path);
    if (!t->secret)
        json_set_take(&entry, "personal",
                      audit_personal(t->p->store, step.instance, t->answer->person, payload));
    engine_step_note(t->p->engine, &step, entry);
    json_free(entry);
}

static json reply_of(const struct taking *t, json payload, json handlers)
{
    json reply = json_is_object(handlers) ? json_ref(handlers) : json_object();
    json at = json_get(payload, "at");
    if (!t->secret)
        json_set_text(&reply, "receipt", t->receipt);
    if (t->answer->delegate != NULL)
        json_set_text(&reply, "delegate", t->answer->delegate);
    if (t->answer->recuse != NULL)
        json_set_bool(&reply, "recused", true);
    json_set_take(&reply, "at", at);
    if (!json_is_absent(handlers) && !json_is_object(handlers) && !json_is_null(handlers))
        json_set(&reply, "reply", handlers);
    return reply;
}

// The handler may have told something beside this very receipt; its reply wins.
static void keep_told(struct taking *t, json *said)
{
    struct fail why = {0};
    struct row row;
    struct value key = value_text(t->receipt);
    json told = json_absent();
    if (t->secret || !store_get(t->p->store, TABLE_ANSWER, &key, &row, &why))
        return;
    if (row_is_there(&row) && row_json(&row, ANSWER_REPLY, &told, &why)) {
        json_merge(&told, *said);
        json_swap_take(said, told);
    }
    row_done(&row);
}

// An answer to what nobody works on yet claims it, if the handler takes it.
static bool claim_first(struct taking *t, struct fail *why)
{
    item_assign(t->p, &t->item, t->answer->person);
    row_done(&t->item);
    return item_row(t->p, t->answer->item, &t->item, why);
}

static bool hand_to_step(struct taking *t, json payload, json *handlers, struct fail *why)
{
    if (t->claims && !claim_first(t, why))
        return false;
    struct step_address step = item_step(&t->item);
    if (!count_answer(t, why))
        return false;
    if (step.instance[0] == 0) // of the house, whose handler is this room's own
        return house_take(t->p, payload, handlers, why);
    return engine_step_hand(t->p->engine, &step, STEP_ANSWER, row_text(&t->item, ITEM_NAME),
                            payload, handlers, why);
}

static bool hand_over(struct taking *t, json payload, json *reply, struct fail *why)
{
    json handlers = json_absent();
    size_t mark = store_mark(t->p->store);
    json none = json_object();
    put_answer(t, none);
    json_free(none);
    t->claims = item_is_unclaimed(&t->item);
    bool good = hand_to_step(t, payload, &handlers, why);
    if (good) {
        json said = reply_of(t, payload, handlers);
        keep_told(t, &said);
        put_answer(t, said);
        request_end(t, said);
        store_keep(t->p->store, mark);
        if (t->claims)
            item_note_claim(t->p, &t->item, "claimed", t->answer->person);
        note_answer(t, payload);
        json_swap_take(reply, said);
    } else {
        store_undo(t->p->store, mark);
        json_swap_take(reply, json_ref(handlers));
    }
    json_free(handlers);
    return good;
}

// Its step is over, but what was answered is worked with: the way its reply says (withdrawal.h).
static bool withdraw_later(struct taking *t, json said, json *reply, struct fail *why)
{
    json reason = json_get(t->answer->data, "reason");
    struct withdrawal w = {.instance = row_text(&t->item, ITEM_INSTANCE),
                           .receipt = t->answer->receipt,
                           .reply = said,
                           .reason = json_is_string(reason) ? json_text(reason) : NULL};
    bool too_long = w.reason && strlen(w.reason) > REASON_BYTES_MAX;
    bool good = too_long
                    ? fail(why, FAIL_INVALID, "a reason has at most %d bytes", REASON_BYTES_MAX)
                    : content_is_sound(t, reply, why) && withdrawal_send(t->p, &w, why);
    json_free(reason);
    if (!good)
        return false;
    make_receipt(t);
    json payload = payload_of(t), changed = json_ref(said);
    json_remove(&changed, "withdrawal");
    json_set_text(&changed, "status", "withdrawn");
    json now = reply_of(t, payload, changed);
    put_answer(t, now);
    request_end(t, now);
    note_answer(t, payload);
    json_swap_take(reply, now);
    json_free(changed);
    json_free(payload);
    return true;
}

// Where its reply says no such way, the refusal stands as it is.
static bool withdrawn_later(struct taking *t, json *reply, struct fail *why)
{
    struct fail other = {0};
    json said = json_absent();
    if (!t->answer->withdraw || t->secret || why->kind != FAIL_REFUSED)
        return false;
    bool found = find_earlier(t, &other) && row_json(&t->earlier, ANSWER_REPLY, &said, &other);
    bool good = found && json_has(said, "withdrawal") && withdraw_later(t, said, reply, why);
    if (!found && strcmp(other.code, "withdrawn") == 0)
        *why = other;
    json_free(said);
    return good;
}

static bool take(struct taking *t, json *reply, struct fail *why)
{
    bool known = false;
    if (!read_item(t, why) || !request_begin(t, why) || !request_look(t, &known, reply, why))
        return false;
    if (known)
        return true;
    if (!engine_may_change(t->p->engine, why) || !person_may(t, why))
        return false;
    if (!may_be_answered(t, why))
        return withdrawn_later(t, reply, why);
    if (!find_earlier(t, why) || !content_is_sound(t, reply, why))
        return false;
    make_receipt(t);
    json payload = payload_of(t);
    bool good = hand_over(t, payload, reply, why);
    json_free(payload);
    return good;
}

// What the disk or a limit of the house refuses is none of the case's business.
static void note_refusal(const struct taking *t, const struct fail *why)
{
    bool is_rule = why->kind == FAIL_REFUSED || why->kind == FAIL_INVALID ||
                   (why->kind == FAIL_CONFLICT && strcmp(why->code, "failed") != 0);
    if (!is_rule || !row_is_there(&t->item))
        return;
    refusal_note(t->p, &(struct refusal){.step = item_step(&t->item),
                                         .task = row_text(&t->item, ITEM_TASK),
                                         .item = t->answer->item,
                                         .person = t->answer->person,
                                         .code = why->code});
}

bool item_answer(struct people *p, const struct answer *answer, json *reply, struct fail *why)
{
    struct taking t = {.p = p,
                       .answer = answer,
                       .data = json_ref(answer->data),
                       .kept = json_absent(),
                       .previous = json_absent()};
    *reply = json_absent();
    bool good = take(&t, reply, why);
    if (!good) {
        note_refusal(&t, why);
        sentence_add(why, reply);
    }
    row_done(&t.item);
    row_done(&t.earlier);
    json_free(t.data);
    json_free(t.kept);
    json_free(t.previous);
    mem_free(t.request_key);
    mem_free(t.found_receipt);
    return good;
}
