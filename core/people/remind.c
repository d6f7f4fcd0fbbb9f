#include "people/remind.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "calendar/instant.h"
#include "people/item_row.h"
#include "people/link.h"
#include "people/mail.h"

#define RECORD_NAME    "\x02remind" // no key of a plugin's records begins with a control character
#define LINKS_MAX      20           // in one mail
#define LIST_BYTES_MAX (64 * 1024)

// ---- the step: the one of the task that is open and asks persons, else the last that did

struct found {
    char *path;
    int64_t attempt;
    bool open;
};

static bool asks_a_person(const struct row *row)
{
    return !row_is_null(row, ITEM_ASSIGNEE) && !item_is_unclaimed(row);
}

static bool find_step(struct people *p, const char *instance, const char *task, struct found *out,
                      struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix = value_text(instance);
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_STEP, .prefix = &prefix, .prefix_count = 1};
    *out = (struct found){0};
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    why->kind = FAIL_NONE;
    while (!out->open && scan_next(scan, &row, why)) {
        if (asks_a_person(&row) && strcmp(row_text(&row, ITEM_TASK), task) == 0) {
            mem_free(out->path);
            *out = (struct found){mem_string(row_text(&row, ITEM_PATH)),
                                  row_integer(&row, ITEM_ATTEMPT), item_is_open(&row)};
        }
        row_done(&row);
    }
    scan_done(scan);
    if (out->path == NULL && why->kind == FAIL_NONE)
        fail(why, FAIL_NOT_FOUND, "no task '%.60s' asks anybody", task);
    return out->path != NULL && why->kind == FAIL_NONE;
}

// ---- the roll

// Of an ended step waits for ever who has not answered: that is what is asked about it.
static void count_row(const struct row *row, bool ended, json *by_person)
{
    const char *person = row_text(row, ITEM_ASSIGNEE);
    bool waits = (ended || item_is_open(row)) && row_integer(row, ITEM_ANSWERS) == 0;
    json his = json_get(*by_person, person);
    if (!json_is_object(his)) {
        json_swap_take(&his, json_object());
        json_set_text(&his, "person", person);
    }
    int64_t waiting = json_get_int(his, "waiting", 0);
    json_set_int(&his, "asked", json_get_int(his, "asked", 0) + 1);
    json_set_int(&his, "waiting", waiting + (waits ? 1 : 0));
    if (waiting == 0)
        json_set_text(&his, "item", row_text(row, ITEM_ID));
    json_set_take(by_person, person, his);
}

static bool read_rows(struct people *p, const struct step_address *step, json *roll,
                      json *by_person, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix[] = {value_text(step->instance), value_text(step->path),
                             value_integer(step->attempt)};
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_STEP, .prefix = prefix, .prefix_count = 3};
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    bool good = true;
    why->kind = FAIL_NONE;
    while (good && scan_next(scan, &row, why)) {
        json title;
        if (!json_has(*roll, "title") && !row_is_null(&row, ITEM_ASSIGNEE)) {
            good = row_json(&row, ITEM_TITLE, &title, why);
            if (good)
                json_set_take(roll, "title", title);
            if (!row_is_null(&row, ITEM_CLOSES_MS))
                json_set_take(roll, "closesAt", item_instant(row_integer(&row, ITEM_CLOSES_MS)));
        }
        if (!row_is_null(&row, ITEM_ASSIGNEE))
            count_row(&row, json_get_bool(*roll, "ended", false), by_person);
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

static void add_people(json *roll, json by_person)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *person = NULL;
    json his, people = json_array();
    int64_t waiting = 0;
    while (json_next(by_person, &cursor, &person, &his)) {
        waiting += json_get_int(his, "waiting", 0) > 0;
        json_append(&people, his);
    }
    int64_t asked = (int64_t)json_length(people);
    json_set_int(roll, "asked", asked);
    json_set_int(roll, "waiting", waiting);
    json_set_int(roll, "answered", asked - waiting);
    json_set_take(roll, "people", people);
}

// ---- how often a step has reminded, and when last: a record that goes with the step

struct reminded {
    int64_t number, at_ms;
};

static void record_key(const struct step_address *step, struct value *key)
{
    key[RECORD_INSTANCE] = value_text(step->instance);
    key[RECORD_PATH] = value_text(step->path);
    key[RECORD_ATTEMPT] = value_integer(step->attempt);
    key[RECORD_KEY] = value_text(RECORD_NAME);
}

static bool read_reminded(struct people *p, const struct step_address *step, struct reminded *out,
                          struct fail *why)
{
    struct row row;
    struct value key[RECORD_VALUE];
    char text[64] = {0};
    *out = (struct reminded){0, INSTANT_MIN};
    record_key(step, key);
    if (!store_get(p->store, TABLE_RECORD, key, &row, why))
        return false;
    bool good = true;
    if (row_is_there(&row)) {
        const struct value *v = &row.columns[RECORD_VALUE];
        memcpy(text, v->data, v->bytes < sizeof text ? v->bytes : sizeof text - 1);
        good = sscanf(text, "%" SCNd64 " %" SCNd64, &out->number, &out->at_ms) == 2 ||
               fail(why, FAIL_CORRUPT, "the record of reminders does not read back");
    }
    row_done(&row);
    return good;
}

static void put_reminded(struct people *p, const struct step_address *step, struct reminded now)
{
    struct value columns[RECORD_VALUE + 1];
    char text[64];
    int length = snprintf(text, sizeof text, "%" PRId64 " %" PRId64, now.number, now.at_ms);
    record_key(step, columns);
    columns[RECORD_VALUE] = value_blob(text, (size_t)length);
    store_put(p->store, TABLE_RECORD, columns);
}

static bool roll_of(struct people *p, const struct step_address *step, bool ended, json *roll,
                    struct reminded *reminded, struct fail *why)
{
    json by_person = json_object();
    *roll = json_object();
    json_set_bool(roll, "ended", ended);
    bool good = read_rows(p, step, roll, &by_person, why) && read_reminded(p, step, reminded, why);
    if (good) {
        add_people(roll, by_person);
        json_set_text(roll, "path", step->path);
        json_set_int(roll, "reminders", reminded->number);
        if (reminded->number > 0)
            json_set_take(roll, "remindedAt", item_instant(reminded->at_ms));
    } else {
        json_swap_take(roll, json_absent());
    }
    json_free(by_person);
    return good;
}

json item_roll(struct people *p, const char *instance, const char *task, struct fail *why)
{
    struct found found;
    struct reminded ignored;
    json roll = json_absent();
    if (find_step(p, instance, task, &found, why) &&
        !roll_of(p, &(struct step_address){instance, found.path, found.attempt}, !found.open, &roll,
                 &ignored, why))
        roll = json_absent();
    mem_free(found.path);
    return roll;
}

// ---- which steps have one

// The first request of the step that asks a person becomes its line; `last` the row behind which
// the next step begins, so that a vote of ten thousand costs what one of ten does.
static bool read_step(struct people *p, const struct row *first, json *line, struct row *last,
                      struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct step_address step = item_step(first);
    struct value prefix[] = {value_text(step.instance), value_text(step.path),
                             value_integer(step.attempt)};
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_STEP, .prefix = prefix, .prefix_count = 3};
    *line = json_absent();
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    json title;
    bool good = true;
    while (json_is_absent(*line) && good && scan_next(scan, &row, why)) {
        if (asks_a_person(&row) && (good = row_json(&row, ITEM_TITLE, &title, why))) {
            *line = json_object();
            json_set_text(line, "task", row_text(&row, ITEM_TASK));
            json_set_take(line, "title", title);
        }
        row_done(&row);
    }
    scan_done(scan);
    opts.descending = true;
    if (!good || why->kind != FAIL_NONE || !store_scan(p->store, &opts, &scan, why))
        return false;
    good = scan_next(scan, last, why);
    scan_done(scan);
    return good;
}

// The next step's first row behind `*at`, which it replaces.
static bool next_step(struct people *p, const char *instance, struct row *at, json *line,
                      bool *more, struct fail *why)
{
    struct scan *scan;
    struct row first, last;
    struct value prefix = value_text(instance);
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_STEP, .prefix = &prefix, .prefix_count = 1};
    if (row_is_there(at))
        opts.after = at;
    *line = json_absent();
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    *more = scan_next(scan, &first, why);
    scan_done(scan);
    if (!*more)
        return why->kind == FAIL_NONE;
    bool good = read_step(p, &first, line, &last, why);
    row_done(&first);
    if (good) {
        row_done(at);
        *at = last;
    }
    return good;
}

json item_rolls(struct people *p, const char *instance, struct fail *why)
{
    struct row at = {0};
    json rolls = json_array(), seen = json_object(), line;
    bool more = true, good = true;
    why->kind = FAIL_NONE;
    while (more && (good = next_step(p, instance, &at, &line, &more, why))) {
        if (json_is_object(line) && !json_has(seen, json_get_text(line, "task", ""))) {
            json_set_bool(&seen, json_get_text(line, "task", ""), true);
            json_append(&rolls, line);
        }
        json_free(line);
    }
    row_done(&at);
    json_free(seen);
    if (!good)
        json_swap_take(&rolls, json_absent());
    return rolls;
}

// ---- reminding

struct reminding {
    struct people *p;
    struct step_address step;
    int64_t number, sent, unsent;
};

static const char *title_in(json title, const char *language)
{
    if (json_is_string(title))
        return json_text(title);
    return json_get_text(title, language, json_get_text(title, "ko", ""));
}

static void add_close(struct reminding *m, const struct row *row, bool ko, struct bytes *out)
{
    if (row_is_null(row, ITEM_CLOSES_MS))
        return;
    struct local_time t = zone_local(m->p->zone, row_integer(row, ITEM_CLOSES_MS));
    bytes_printf(out,
                 ko ? " (마감 %04d-%02d-%02d %02d:%02d)" : " (closes %04d-%02d-%02d %02d:%02d)",
                 t.year, t.month, t.day, t.hour, t.minute);
}

static bool add_link(struct reminding *m, const struct row *row, const char *language,
                     struct bytes *out, struct fail *why)
{
    json title;
    char token[LINK_SIZE];
    if (!row_json(row, ITEM_TITLE, &title, why))
        return false;
    bytes_printf(out, "· %s", title_in(title, language));
    json_free(title);
    add_close(m, row, strcmp(language, "ko") == 0, out);
    if (!link_make(m->p, row_text(row, ITEM_ID), row_text(row, ITEM_ASSIGNEE), INSTANT_NONE, token,
                   why))
        return false;
    bytes_printf(out, "\n  %s/w/%s\n", people_url(m->p), token);
    return true;
}

// His requests of this step that wait, each with its link.
static bool add_links(struct reminding *m, const char *person, const char *language,
                      struct bytes *out, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix[] = {value_text(person), value_text("open")};
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_ASSIGNEE, .prefix = prefix, .prefix_count = 2};
    if (!store_scan(m->p->store, &opts, &scan, why))
        return false;
    bool good = true;
    why->kind = FAIL_NONE;
    for (int links = 0; good && links < LINKS_MAX && scan_next(scan, &row, why);) {
        struct step_address own = item_step(&row);
        if (strcmp(own.instance, m->step.instance) == 0 && strcmp(own.path, m->step.path) == 0 &&
            own.attempt == m->step.attempt && row_integer(&row, ITEM_ANSWERS) == 0) {
            good = add_link(m, &row, language, out, why);
            links++;
        }
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

// One line, short enough for a header: "[알림] 향후 사업계획".
static char *subject_of(json title, const char *language, struct fail *why)
{
    struct bytes line;
    const char *text = title_in(title, language);
    bytes_init(&line, 64 * 1024);
    char *subject = NULL;
    if (utf8_normalize(text, strlen(text), &line, why))
        subject = mem_printf("%s %.*s", strcmp(language, "ko") == 0 ? "[알림]" : "[Reminder]",
                             utf8_cut(line.data, 300), line.data);
    bytes_done(&line);
    return subject;
}

static bool write_mail(struct reminding *m, json person, json title, struct fail *why)
{
    const char *id = json_get_text(person, "id", ""),
               *language = json_get_text(person, "language", "ko");
    bool ko = strcmp(language, "ko") == 0;
    enum mail_fate fate = MAIL_NO_ADDRESS;
    struct bytes text;
    bytes_init(&text, LIST_BYTES_MAX);
    bytes_printf(&text,
                 ko ? "%s 님,\n\n아직 답하지 않으신 것이 있습니다. 아래에서 답해 주십시오.\n\n"
                    : "%s,\n\nwe have not had your answer yet. Please answer below.\n\n",
                 json_get_text(person, "name", ""));
    char *subject = subject_of(title, language, why),
         *key = mem_printf("remind:%s%s@%" PRId64 ":%" PRId64 ":%s", m->step.instance, m->step.path,
                           m->step.attempt, m->number, id);
    bool good = subject != NULL && add_links(m, id, language, &text, why) &&
                mail_send(m->p, &m->step,
                          &(struct mail_order){.key = key,
                                               .to = json_get_text(person, "email", NULL),
                                               .person = id,
                                               .subject = subject,
                                               .text = text.data,
                                               .attachments = json_absent(),
                                               .headers = json_absent(),
                                               .mandatory = true},
                          &fate, why);
    bool sent = fate == MAIL_SENT;
    m->sent += sent;
    m->unsent += good && !sent;
    mem_free(key);
    mem_free(subject);
    bytes_done(&text);
    return good;
}

static bool remind_one(struct reminding *m, json his, json title, struct fail *why)
{
    if (json_get_int(his, "waiting", 0) == 0)
        return true;
    json person = people_get(m->p, json_get_text(his, "person", ""), why);
    if (json_is_absent(person)) {
        m->unsent++;
        return why->kind == FAIL_NOT_FOUND;
    }
    bool good = write_mail(m, person, title, why);
    json_free(person);
    return good;
}

static bool remind_all(struct reminding *m, json roll, struct fail *why)
{
    json people = json_get(roll, "people"), title = json_get(roll, "title");
    bool good = true;
    for (size_t i = 0; good && i < json_length(people); i++) {
        json his = json_at(people, i);
        good = remind_one(m, his, title, why);
        json_free(his);
    }
    json_free(title);
    json_free(people);
    return good;
}

static bool may_remind(struct people *p, json roll, struct reminded last, struct fail *why)
{
    if (json_get_int(roll, "waiting", 0) == 0)
        return fail_code(why, FAIL_REFUSED, "all_answered", "all who were asked have answered");
    if (last.number > 0 && engine_now_ms(p->engine) - last.at_ms < REMIND_PAUSE_MS)
        return fail_code(why, FAIL_REFUSED, "reminded_already",
                         "the last reminder is less than an hour old; wait before the next");
    return true;
}

static void note_reminder(const struct reminding *m, const char *task, const char *by)
{
    json entry = json_object();
    json_set_text(&entry, "type", "reminded");
    json_set_text(&entry, "task", task);
    json_set_text(&entry, "path", m->step.path);
    json_set_text(&entry, "by", by);
    json_set_int(&entry, "number", m->number);
    json_set_int(&entry, "sent", m->sent);
    json_set_int(&entry, "unsent", m->unsent);
    engine_step_note(m->p->engine, &m->step, entry);
    json_free(entry);
}

static bool remind_step(struct reminding *m, const char *task, const char *by, json *told,
                        struct fail *why)
{
    json roll;
    struct reminded last;
    if (!roll_of(m->p, &m->step, false, &roll, &last, why))
        return false;
    m->number = last.number + 1;
    bool good = may_remind(m->p, roll, last, why) && remind_all(m, roll, why);
    if (good) {
        put_reminded(m->p, &m->step, (struct reminded){m->number, engine_now_ms(m->p->engine)});
        note_reminder(m, task, by);
        *told = json_object();
        json_set_int(told, "number", m->number);
        json_set_int(told, "sent", m->sent);
        json_set_int(told, "unsent", m->unsent);
        json_set_int(told, "waiting", json_get_int(roll, "waiting", 0));
    }
    json_free(roll);
    return good;
}

bool item_remind(struct people *p, const char *instance, const char *task, const char *by,
                 json *told, struct fail *why)
{
    struct found found;
    *told = json_absent();
    if (!engine_may_change(p->engine, why) || !find_step(p, instance, task, &found, why))
        return false;
    struct reminding m = {.p = p, .step = {instance, found.path, found.attempt}};
    bool good = found.open ? remind_step(&m, task, by, told, why)
                           : fail_code(why, FAIL_REFUSED, "closed", "task '%.60s' is over", task);
    mem_free(found.path);
    return good;
}
