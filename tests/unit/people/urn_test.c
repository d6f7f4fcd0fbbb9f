#include "people/village.h"

#include <sys/stat.h>
#include <unistd.h>

#include "people/keyring.h"
#include "people/urn.h"
#include "people/urn_form.h"

#define BALLOTS 5

static const struct urn box = {{"01ARZ3NDEKTSV4RRFFQ69G5FAV", "/do/0/vote", 0}, "1"};

static void open_box(struct village *v)
{
    struct fail why = {0};
    bool done = false;
    assert_true(urn_open(v->people, &box, BALLOTS, 8, &why));
    assert_true(urn_fill(v->people, &box, 10, &done, &why));
    assert_false(done);
    assert_true(urn_fill(v->people, &box, 100, &done, &why));
    assert_true(done);
}

static bool cast(struct village *v, const char *voter, const char *receipt, const char *value,
                 bool again)
{
    struct fail why = {0};
    struct urn_ballot ballot = {voter, receipt, value, again};
    return urn_cast(v->people, &box, &ballot, &why);
}

static json count(struct village *v)
{
    struct fail why = {0};
    json out;
    assert_true(urn_count(v->people, &box, &out, &why));
    return out;
}

// Calls visit for each row of the urn's slots.
static void each_slot(struct village *v, void (*visit)(void *context, const struct row *row),
                      void *context)
{
    struct scan *scan;
    struct row row;
    struct fail why = {0};
    struct scan_opts opts = {.table = TABLE_RECORD, .index = -1};
    assert_true(store_scan(v->store, &opts, &scan, &why));
    while (scan_next(scan, &row, &why)) {
        if (strstr(row_text(&row, RECORD_KEY), "head") == NULL)
            visit(context, &row);
        row_done(&row);
    }
    scan_done(scan);
}

TEST(urn, gives_what_was_cast_sorted_by_mark)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    open_box(&v);
    assert_true(cast(&v, "a", "ra", "yes", false));
    assert_true(cast(&v, "b", "rb", "no", false));
    assert_true(cast(&v, "c", "rc", "yes", false));
    assert_true(cast(&v, "b", "rb", "abstain", true));
    json out = count(&v), values = json_get(out, "values"), marks = json_get(out, "marks");
    assert_int_equal(json_get_int(out, "casts", 0), 3);
    assert_int_equal(json_get_int(out, "recasts", 0), 1);
    assert_int_equal(json_get_int(values, "yes", 0), 2);
    assert_int_equal(json_get_int(values, "abstain", 0), 1);
    assert_int_equal(json_get_int(values, "no", 0), 0);
    assert_int_equal(json_length(marks), 3);
    json first = json_at(marks, 0), second = json_at(marks, 1);
    assert_true(strcmp(json_text(first), json_text(second)) < 0);
    json_free(first);
    json_free(second);
    json_free(values);
    json_free(marks);
    json_free(out);
    village_done(&v);
}

TEST(urn, takes_a_receipt_from_its_voter_only)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    open_box(&v);
    assert_true(cast(&v, "a", "ra", "yes", false));
    assert_false(cast(&v, "b", "ra", "no", true));
    assert_false(cast(&v, "a", "guess", "no", true));
    assert_false(cast(&v, "a", "ra", "no", false));
    village_done(&v);
}

TEST(urn, takes_nothing_once_it_is_counted)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    open_box(&v);
    assert_true(cast(&v, "a", "ra", "yes", false));
    json_free(count(&v));
    assert_false(cast(&v, "b", "rb", "no", false));
    village_done(&v);
}

struct sizes {
    size_t bytes, rows;
};

static void same_size(void *context, const struct row *row)
{
    struct sizes *s = context;
    const struct value *v = &row->columns[RECORD_VALUE];
    assert_true(s->bytes == 0 || s->bytes == v->bytes);
    s->bytes = v->bytes;
    s->rows++;
}

TEST(urn, makes_no_row_for_a_ballot_and_all_slots_are_of_one_size)
{
    UNUSED_STATE;
    struct village v;
    struct sizes before = {0}, after = {0};
    village_init(&v);
    open_box(&v);
    each_slot(&v, same_size, &before);
    assert_true(cast(&v, "a", "ra", "yes", false));
    assert_true(cast(&v, "b", "rb", "abstain", false));
    each_slot(&v, same_size, &after);
    assert_int_equal(before.rows, after.rows);
    assert_int_equal(before.bytes, after.bytes);
    assert_true(before.rows > BALLOTS);
    village_done(&v);
}

struct spoil {
    struct village *v;
    int64_t wanted, at;
};

static void flip_one(void *context, const struct row *row)
{
    struct spoil *s = context;
    struct value columns[RECORD_VALUE + 1];
    char body[512];
    const struct value *v = &row->columns[RECORD_VALUE];
    if (s->at++ != s->wanted)
        return;
    memcpy(columns, row->columns, sizeof columns);
    memcpy(body, v->data, v->bytes);
    body[v->bytes / 2] ^= 1;
    columns[RECORD_VALUE] = value_blob(body, v->bytes);
    store_put(s->v->store, TABLE_RECORD, columns);
}

TEST(urn, finds_a_slot_that_was_changed)
{
    UNUSED_STATE;
    for (int64_t i = 0; i < 3; i++) {
        struct village v;
        struct fail why = {0};
        json out;
        village_init(&v);
        open_box(&v);
        assert_true(cast(&v, "a", "ra", "yes", false));
        struct spoil s = {.v = &v, .wanted = i * 7};
        each_slot(&v, flip_one, &s);
        assert_false(urn_count(v.people, &box, &out, &why));
        assert_int_equal(why.kind, FAIL_CORRUPT);
        village_done(&v);
    }
}

// ---- the key in a folder

static char folder[32];

static void with_folder(struct village *v)
{
    snprintf(folder, sizeof folder, "/tmp/dure-urn-XXXXXX");
    assert_non_null(mkdtemp(folder));
    village_init(v);
    people_set_seal_folder(v->people, folder);
}

static int files(void)
{
    char command[128], line[32] = "";
    snprintf(command, sizeof command, "ls %s | grep -c key", folder);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    assert_non_null(fgets(line, sizeof line, out));
    pclose(out);
    return atoi(line);
}

static void commit(struct village *v)
{
    struct fail why = {0};
    village_settle(v);
    assert_true(store_flush(v->store, 1000, &why));
    engine_poll(v->engine);
}

TEST(urn, without_the_file_of_its_key_it_stays_shut)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json out;
    char command[128];
    with_folder(&v);
    open_box(&v);
    assert_int_equal(files(), 1);
    assert_true(cast(&v, "a", "ra", "yes", false));
    snprintf(command, sizeof command, "mkdir %s/away && mv %s/*.key %s/away", folder, folder,
             folder);
    assert_int_equal(system(command), 0);
    assert_false(urn_count(v.people, &box, &out, &why));
    assert_string_equal(why.code, "key_missing");
    snprintf(command, sizeof command, "mv %s/away/*.key %s", folder, folder);
    assert_int_equal(system(command), 0);
    json_free(count(&v));
    village_done(&v);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

TEST(urn, destroys_the_key_when_its_step_ends)
{
    UNUSED_STATE;
    struct village v;
    with_folder(&v);
    open_box(&v);
    assert_int_equal(files(), 1);
    urn_step_ended(v.people, &box.step);
    assert_int_equal(files(), 1); // not before it is durable
    commit(&v);
    assert_int_equal(files(), 0);
    village_done(&v);
    assert_int_equal(rmdir(folder), 0);
}

TEST(urn, opens_no_other_database_s_keys_for_destruction)
{
    UNUSED_STATE;
    struct village v, other;
    struct fail why = {0};
    with_folder(&v);
    open_box(&v);
    village_init(&other);
    people_set_seal_folder(other.people, folder);
    assert_true(keyring_sweep(other.people, &why)); // knows no such instance
    assert_int_equal(files(), 1);
    village_done(&other);
    urn_step_ended(v.people, &box.step);
    commit(&v);
    village_done(&v);
    assert_int_equal(rmdir(folder), 0);
}

TEST(urn, says_where_a_receipt_of_nobody_stands)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    json out;
    village_init(&v);
    assert_true(ballot_check(v.people, box.step.instance, "ra", &out, &why));
    assert_string_equal(json_get_text(out, "state", ""), "unknown");
    json_free(out);
    open_box(&v);
    assert_true(cast(&v, "a", "ra", "yes", false));
    assert_true(ballot_check(v.people, box.step.instance, "ra", &out, &why));
    assert_string_equal(json_get_text(out, "state", ""), "not_yet");
    json_free(out);
    village_done(&v);
}

RUN(CASE(urn, gives_what_was_cast_sorted_by_mark), CASE(urn, takes_a_receipt_from_its_voter_only),
    CASE(urn, takes_nothing_once_it_is_counted),
    CASE(urn, makes_no_row_for_a_ballot_and_all_slots_are_of_one_size),
    CASE(urn, finds_a_slot_that_was_changed), CASE(urn, without_the_file_of_its_key_it_stays_shut),
    CASE(urn, destroys_the_key_when_its_step_ends),
    CASE(urn, opens_no_other_database_s_keys_for_destruction),
    CASE(urn, says_where_a_receipt_of_nobody_stands))
