// Rows beside the chains: a flipped bit in each table, and what verification says of it.
#include "test.h"

#include <string.h>

#include "store/audit.h"
#include "store/payload.h"
#include "store_world.h"

#define RECEIPT "r-0001"

// A row of every table, with values of the right form.
static void put_row(struct store *s, enum table table)
{
    const struct table_description *t = &schema_tables[table];
    struct value columns[SCHEMA_COLUMNS_MAX];
    for (int i = 0; i < t->column_count; i++)
        columns[i] = t->columns[i].kind == COLUMN_INTEGER ? value_integer(7)
                     : t->columns[i].kind == COLUMN_TEXT  ? value_text("word")
                                                          : value_blob("{\"n\":1}", 7);
    if (table == TABLE_DEFINITION) {
        struct hash hash = hash_of("word", 4);
        columns[DEFINITION_HASH] = value_blob(hash.bytes, HASH_BYTES);
        store_put(s, table, columns);
        return;
    }
    if (table == TABLE_INSTANCE) {
        columns[INSTANCE_HISTORY_SEQ] = value_integer(0);
        columns[INSTANCE_HISTORY_HASH] = value_null();
    }
    if (table == TABLE_ANSWER)
        columns[ANSWER_RECEIPT] = value_text(RECEIPT);
    store_put(s, table, columns);
}

static bool is_chained(int table)
{
    return table == TABLE_HISTORY || table == TABLE_COMMIT || table == TABLE_PERSONAL;
}

// One case with an answer in its history, a payload, and a row in each other table.
static void fill(struct store *s)
{
    struct audit_head head = {0};
    struct fail why;
    struct hash hash;
    json payload, entries = json_array(), entry = json_object();
    static const char text[] =
        "{\"receipt\":\"" RECEIPT "\",\"item\":\"i\",\"at_ms\":7,\"data\":{\"n\":1}}";
    assert_true(json_parse(text, strlen(text), &payload, &why));
    json_set_take(&entry, "personal", audit_personal(s, "A", "p1", payload));
    json_append_take(&entries, entry);
    audit_append(s, "A", 7, entries, &head);
    json_free(entries);
    json_free(payload);
    assert_true(payload_put(s, "{\"n\":1}", 7, &hash, &why));
    for (int table = 0; table < TABLE_COUNT; table++)
        if (!is_chained(table) && table != TABLE_PAYLOAD)
            put_row(s, (enum table)table);
    store_seal(s, 7, NULL, NULL);
    assert_true(store_flush(s, 5000, &why));
}

static bool is_whole(struct store *s, struct fail *why)
{
    struct audit_report report = {0};
    memset(why, 0, sizeof *why);
    return audit_verify(s, NULL, &report, why);
}

static bool first_row(struct store *s, int table, struct row *row)
{
    struct scan *scan;
    struct fail why;
    assert_true(
        store_scan(s, &(struct scan_opts){.table = (enum table)table, .index = -1}, &scan, &why));
    bool there = scan_next(scan, row, &why);
    scan_done(scan);
    return there;
}

// Flips one bit of one column, looks, and puts the row back. Bit 7 spoils what is a text, bit 1 of
// a first brace spoils what is JSON.
static bool flip_is_found(struct store *s, int table, int column, unsigned bit)
{
    struct row row = {0};
    struct fail why;
    struct value columns[SCHEMA_COLUMNS_MAX];
    assert_true(first_row(s, table, &row));
    for (int i = 0; i < schema_tables[table].column_count; i++)
        columns[i] = row.columns[i];
    char *changed = mem_string_sized(columns[column].data, columns[column].bytes);
    changed[0] = (char)((unsigned char)changed[0] ^ (1u << bit));
    columns[column].data = changed;
    store_put(s, (enum table)table, columns);
    bool found = !is_whole(s, &why);
    store_put(s, (enum table)table, row.columns);
    mem_free(changed);
    row_done(&row);
    return found;
}

TEST(rows, are_whole_as_they_were_put)
{
    struct world *w = *state_;
    struct fail why;
    fill(w->store);
    assert_true(is_whole(w->store, &why));
    world_reopen(w);
    assert_true(is_whole(w->store, &why));
}

TEST(rows, a_bit_flipped_in_what_has_a_hash_is_found)
{
    static const struct {
        int table, column;
    } hashed[] = {
        {TABLE_HISTORY, HISTORY_ENTRIES},    {TABLE_HISTORY, HISTORY_HASH},
        {TABLE_COMMIT, COMMIT_HASH},         {TABLE_COMMIT, COMMIT_HEADS},
        {TABLE_PERSONAL, PERSONAL_BODY},     {TABLE_PERSONAL, PERSONAL_SALT},
        {TABLE_DEFINITION, DEFINITION_TEXT}, {TABLE_DEFINITION, DEFINITION_HASH},
        {TABLE_PAYLOAD, PAYLOAD_BODY},
    };
    struct world *w = *state_;
    fill(w->store);
    for (size_t i = 0; i < sizeof hashed / sizeof *hashed; i++)
        for (unsigned bit = 0; bit < 8; bit++)
            if (!flip_is_found(w->store, hashed[i].table, hashed[i].column, bit))
                fail_msg("bit %u of column %d of '%s' is not found", bit, hashed[i].column,
                         schema_tables[hashed[i].table].name);
}

// Of what has no hash the form is looked at: texts of every table, and values that are JSON.
TEST(rows, a_bit_that_spoils_the_form_is_found_in_every_table)
{
    struct world *w = *state_;
    fill(w->store);
    for (int table = 0; table < TABLE_COUNT; table++) {
        const struct table_description *t = &schema_tables[table];
        for (int i = t->key_count; i < t->column_count && !is_chained(table); i++)
            if (t->columns[i].kind == COLUMN_TEXT && !flip_is_found(w->store, table, i, 7))
                fail_msg("a spoiled text '%s' of '%s' is not found", t->columns[i].name, t->name);
    }
    assert_true(flip_is_found(w->store, TABLE_INSTANCE, INSTANCE_STATE, 1));
    assert_true(flip_is_found(w->store, TABLE_STEP, STEP_STATE, 1));
    assert_true(flip_is_found(w->store, TABLE_ITEM, ITEM_FORM, 1));
    assert_true(flip_is_found(w->store, TABLE_EFFECT, EFFECT_REQUEST, 1));
    assert_true(flip_is_found(w->store, TABLE_EVENT, EVENT_BODY, 1));
    assert_true(flip_is_found(w->store, TABLE_PERSON, PERSON_ATTRIBUTES, 1));
}

static void change_answer(struct store *s, const char *data)
{
    struct row row;
    struct value columns[SCHEMA_COLUMNS_MAX];
    assert_true(first_row(s, TABLE_ANSWER, &row));
    for (int i = 0; i < schema_tables[TABLE_ANSWER].column_count; i++)
        columns[i] = row.columns[i];
    columns[ANSWER_DATA] = value_blob(data, strlen(data));
    store_put(s, TABLE_ANSWER, columns);
    row_done(&row);
}

TEST(rows, an_answer_that_was_changed_is_found)
{
    struct world *w = *state_;
    struct fail why;
    fill(w->store);
    change_answer(w->store, "{\"n\":2}");
    assert_false(is_whole(w->store, &why));
    assert_string_equal(why.message, "the answer '" RECEIPT "' is not what was answered");
}

TEST(rows, an_answer_that_was_dropped_is_found)
{
    struct world *w = *state_;
    struct fail why;
    fill(w->store);
    store_delete(w->store, TABLE_ANSWER, (struct value[]){value_text(RECEIPT)});
    assert_false(is_whole(w->store, &why));
    assert_string_equal(why.message, "the answer '" RECEIPT "' is missing");
}

#define IN_WORLD(noun, behaviour)                                                                  \
    cmocka_unit_test_setup_teardown(noun##_##behaviour, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(rows, are_whole_as_they_were_put),
        IN_WORLD(rows, a_bit_flipped_in_what_has_a_hash_is_found),
        IN_WORLD(rows, a_bit_that_spoils_the_form_is_found_in_every_table),
        IN_WORLD(rows, an_answer_that_was_changed_is_found),
        IN_WORLD(rows, an_answer_that_was_dropped_is_found),
    };
    int failed = 0;
    for (world_kind = 0; world_kind < WORLD_KINDS; world_kind++)
        failed += cmocka_run_group_tests_name(world_kind_names[world_kind], tests, NULL, NULL);
    return failed;
}
