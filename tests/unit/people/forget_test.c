// A case that has been over for as long as it is kept loses what it knows of persons, whatever
// happens meanwhile, and the chain stays whole.
#include "people/village.h"

#include "people/outcome.h"
#include "store/audit.h"
#include "store/row.h"

#define DAYS(n) ((n)*INT64_C(86400000))
#define SECRET  "hong-gildong"
#define PEOPLE  70 // more answers than go in a slice
#define PUBLIC  "[{\"name\":\"public\",\"form\":{\"title\":\"" SECRET "\"}}]"
#define HEAD    "document: { dsl: '1.0.3', namespace: test, name: %s, version: '1.0.0'%s }\n"
#define KEPT    ", metadata: { dure: { retention: P30D } }"
#define ASKS    "do:\n  - ask:\n      call: ask\n      with: { items: '${ .items }' }\n"

static void deploy(struct village *v, const char *name, const char *more, const char *rest)
{
    struct fail why = {0};
    struct diagnostics diagnostics;
    char *head = mem_printf(HEAD, name, more), *text = mem_printf("%s%s", head, rest);
    diagnostics_init(&diagnostics);
    assert_non_null(
        engine_deploy(v->engine, "x.yaml", text, strlen(text), true, &diagnostics, &why));
    diagnostics_done(&diagnostics);
    mem_free(head);
    mem_free(text);
}

static void start(struct village *v, const char *name, const char *items)
{
    struct fail why = {0};
    json input = json_object();
    json_set_take(&input, "items", village_json(items));
    json_set_text(&input, "whom", SECRET);
    assert_true(engine_start(v->engine,
                             &(struct start_opts){.definition = {"test", name, "1.0.0"},
                                                  .input = input,
                                                  .title = "about " SECRET},
                             &v->instance, &why));
    json_free(input);
    village_settle(v);
}

// Whether the word stands anywhere in a row of the table, events and persons aside.
static bool says(struct village *v, enum table table)
{
    struct scan_opts opts = {.table = table, .index = -1};
    struct fail why = {0};
    struct scan *scan;
    struct row row = {0};
    bool found = false;
    assert_true(store_scan(v->store, &opts, &scan, &why));
    while (scan_next(scan, &row, &why)) {
        for (int i = 0; i < schema_tables[table].column_count; i++) {
            const struct value *c = &row.columns[i];
            if (c->kind == VALUE_TEXT || c->kind == VALUE_BLOB)
                found = found || memmem(c->data, c->bytes, SECRET, strlen(SECRET));
        }
        row_done(&row);
    }
    scan_done(scan);
    return found;
}

static bool anything_says(struct village *v)
{
    for (int table = 0; table < TABLE_COUNT; table++)
        if (says(v, (enum table)table)) {
            print_error("'%s' still says it\n", schema_tables[table].name);
            return true;
        }
    return false;
}

// One turn each 100 ms of virtual time.
static void run_slices(struct village *v, int slices)
{
    for (int i = 0; i < slices; i++) {
        v->port.now_ms += 100;
        village_settle(v);
    }
}

static json shown(struct village *v)
{
    struct fail why = {0};
    json out = engine_show(v->engine, v->instance.text, &why);
    assert_true(json_is_object(out));
    return out;
}

static bool is_removed(struct village *v)
{
    json s = shown(v);
    bool removed = json_has(s, "personalDataRemovedAt");
    json_free(s);
    return removed;
}

static void verify(struct village *v)
{
    struct audit_report report = {0};
    struct fail why = {0};
    bool good = audit_verify(v->store, NULL, &report, &why);
    if (!good)
        print_error("%s\n", why.message);
    assert_true(good);
}

static void leave_mail_and_outcome(struct village *v)
{
    struct fail why = {0};
    enum mail_fate fate;
    struct step_address step = {v->instance.text, "/do/0/ask", v->attempt};
    struct mail_order order = {.key = "k",
                               .to = SECRET "@example.org",
                               .person = "p",
                               .subject = "to " SECRET,
                               .text = SECRET,
                               .mandatory = true};
    assert_true(mail_send(v->people, &step, &order, &fate, &why));
    assert_int_equal(fate, MAIL_SENT);
    json document =
        village_json("{\"title\":\"" SECRET "\",\"result\":\"" SECRET "\",\"facts\":["
                     "{\"label\":\"n\",\"value\":3},{\"label\":\"who\",\"value\":\"" SECRET
                     "\"}],\"tables\":[{\"rows\":[[\"" SECRET "\"]]}],\"public\":true}");
    assert_true(outcome_put(v->people, &step, "", document, &why));
    json_free(document);
    village_settle(v);
}

// An ended case full of one person.
static void play(struct village *v, const char *name)
{
    struct fail why = {0};
    start(v, name, PUBLIC);
    leave_mail_and_outcome(v);
    for (int i = 0; i < PEOPLE; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        assert_true(
            village_answer(v, (struct answer){.key = key}, "{\"n\":\"" SECRET "\"}", NULL, &why));
    }
    assert_true(village_answer(v, (struct answer){.key = "z"},
                               "{\"say\":\"done\",\"n\":\"" SECRET "\"}", NULL, &why));
    village_settle(v);
    json s = shown(v);
    assert_string_equal(json_get_text(s, "status", ""), "completed");
    json_free(s);
    assert_true(says(v, TABLE_PERSONAL) && says(v, TABLE_ANSWER) && says(v, TABLE_MAIL) &&
                says(v, TABLE_ITEM) && says(v, TABLE_RECORD) && says(v, TABLE_INSTANCE));
}

static int entries_of(struct village *v, const char *type)
{
    struct fail why = {0};
    int n = 0;
    json history = engine_history(v->engine, v->instance.text, 0, 1000, &why);
    for (size_t i = 0; i < json_length(history); i++) {
        json row = json_at(history, i), entries = json_get(row, "entries");
        for (size_t k = 0; k < json_length(entries); k++) {
            json entry = json_at(entries, k);
            n += strcmp(json_get_text(entry, "type", ""), type) == 0;
            json_free(entry);
        }
        json_free(entries);
        json_free(row);
    }
    json_free(history);
    return n;
}

static void assert_emptied(struct village *v)
{
    json s = shown(v);
    assert_true(json_has(s, "personalDataRemovedAt"));
    assert_false(json_has(s, "keptUntil") || json_has(s, "input") || json_has(s, "output"));
    assert_string_equal(json_get_text(s, "status", ""), "completed");
    json_free(s);
    assert_false(anything_says(v));
    assert_int_equal(entries_of(v, "personal-data-removed"), 1);
    verify(v);
}

TEST(forget, removes_what_is_personal_when_its_time_is_over)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    deploy(&v, "kept", KEPT, ASKS);
    play(&v, "kept");
    json s = shown(&v);
    assert_string_equal(json_get_text(s, "keptUntil", ""), "2013-05-31T00:00:00Z");
    json_free(s);
    v.port.now_ms = VILLAGE_START_MS + DAYS(30) - 20000;
    run_slices(&v, 50);
    assert_false(is_removed(&v));
    assert_true(says(&v, TABLE_ANSWER));
    run_slices(&v, 200); // the last millisecond passes; the next look comes within the hour
    assert_false(is_removed(&v));
    v.port.now_ms += 3600000;
    run_slices(&v, 40);
    assert_emptied(&v);
    village_done(&v);
}

TEST(forget, leaves_numbers_and_who_is_open)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    deploy(&v, "kept", KEPT, ASKS);
    play(&v, "kept");
    struct id ended = v.instance;
    start(&v, "kept", PUBLIC); // and this one waits
    v.port.now_ms += DAYS(40);
    run_slices(&v, 60);
    assert_true(says(&v, TABLE_INSTANCE) && says(&v, TABLE_ITEM));
    assert_false(is_removed(&v));
    v.instance = ended;
    assert_true(is_removed(&v));
    json outcomes = outcome_list(v.people, ended.text, &why), one = json_at(outcomes, 0),
         number = json_path(one, "facts.0.value"), facts = json_get(one, "facts");
    assert_int_equal(json_length(outcomes), 1);
    assert_int_equal(json_length(facts), 1);
    assert_int_equal(json_int(number), 3);
    assert_true(json_get_bool(one, "public", false));
    json items = item_list(v.people, &(struct item_list_opts){.instance = ended.text, .limit = 9},
                           &why),
         item = json_at(items, 0);
    assert_int_equal(json_get_int(item, "answers", 0), PEOPLE + 1);
    json_free(item);
    json_free(items);
    json_free(facts);
    json_free(number);
    json_free(one);
    json_free(outcomes);
    verify(&v);
    village_done(&v);
}

TEST(forget, goes_on_after_a_crash_in_its_midst)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    deploy(&v, "kept", KEPT, ASKS);
    play(&v, "kept");
    v.port.now_ms += DAYS(31);
    for (int crash = 0; crash < 12; crash++) { // after one slice, after two, …
        run_slices(&v, 3 + crash % 4);
        village_close(&v);
        village_open(&v);
        verify(&v);
        v.port.now_ms += 3600000;
    }
    run_slices(&v, 60);
    assert_emptied(&v);
    v.port.now_ms += DAYS(3);
    run_slices(&v, 20);
    assert_emptied(&v); // once
    village_done(&v);
}

TEST(forget, leaves_what_is_kept_for_ever)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    deploy(&v, "kept", KEPT, "do:\n  - w: { wait: PT1S }\n");
    deploy(&v, "ever", "", ASKS);
    play(&v, "ever");
    json s = shown(&v);
    assert_false(json_has(s, "keptUntil"));
    json_free(s);
    v.port.now_ms += DAYS(4000);
    run_slices(&v, 60);
    assert_false(is_removed(&v));
    assert_true(says(&v, TABLE_ANSWER) && says(&v, TABLE_INSTANCE));
    village_done(&v);
}

TEST(forget, refuses_to_retry_what_has_been_emptied)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    deploy(&v, "fails", KEPT,
           "do:\n  - no: { raise: { error: { type: 'https://example.org/no', status: 500, detail: "
           "'${ .whom }' } } }\n");
    start(&v, "fails", "[]");
    v.port.now_ms += DAYS(20);
    assert_true(engine_control(v.engine, v.instance.text, CONTROL_RETRY, NULL, &why));
    village_settle(&v); // it faults again, and its time begins anew
    v.port.now_ms += DAYS(20);
    run_slices(&v, 20);
    assert_false(is_removed(&v));
    v.port.now_ms += DAYS(11);
    run_slices(&v, 20);
    assert_true(is_removed(&v));
    assert_false(engine_control(v.engine, v.instance.text, CONTROL_RETRY, NULL, &why));
    assert_string_equal(why.code, "data_removed");
    json s = shown(&v), type = json_path(s, "error.type");
    assert_string_equal(json_text(type), "https://example.org/no");
    json_free(type);
    json_free(s);
    village_close(&v);
    village_open(&v); // and its state reads back
    assert_true(is_removed(&v));
    verify(&v);
    village_done(&v);
}

TEST(forget, takes_along_what_a_kept_workflow_started)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    deploy(&v, "child", "", "do:\n  - w: { wait: PT1S }\n");
    deploy(
        &v, "parent", KEPT,
        "do:\n  - r: { run: { workflow: { namespace: test, name: child, version: '1.0.0', input: "
        "{ whom: '${ .whom }' } } } }\n");
    start(&v, "parent", "[]");
    v.port.now_ms += 1000;
    village_settle(&v);
    v.port.now_ms += DAYS(31);
    run_slices(&v, 40);
    assert_true(is_removed(&v));
    json list = engine_list(v.engine, &(struct list_opts){.limit = 10}, &why);
    assert_int_equal(json_length(list), 2);
    assert_false(says(&v, TABLE_INSTANCE));
    json_free(list);
    verify(&v);
    village_done(&v);
}

RUN(CASE(forget, removes_what_is_personal_when_its_time_is_over),
    CASE(forget, leaves_numbers_and_who_is_open), CASE(forget, goes_on_after_a_crash_in_its_midst),
    CASE(forget, leaves_what_is_kept_for_ever),
    CASE(forget, refuses_to_retry_what_has_been_emptied),
    CASE(forget, takes_along_what_a_kept_workflow_started))
