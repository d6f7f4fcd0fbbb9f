// The tamper-evident case file: chains that verify, findings that name the place, erasure that
// leaves the chain whole, one case that verifies without its store.
#include "test.h"

#include <string.h>

#include "store/audit.h"
#include "store/payload.h"
#include "store_world.h"

static json parse(const char *text)
{
    json v;
    struct fail why;
    assert_true(json_parse(text, strlen(text), &v, &why));
    return v;
}

static void put_instance(struct store *s, const char *id, const struct audit_head *head)
{
    struct value columns[17];
    for (int i = 0; i < 17; i++)
        columns[i] = schema_tables[TABLE_INSTANCE].columns[i].nullable ? value_null()
                     : schema_tables[TABLE_INSTANCE].columns[i].kind == COLUMN_INTEGER
                         ? value_integer(0)
                         : value_text("x");
    columns[INSTANCE_ID] = value_text(id);
    columns[INSTANCE_STATE] = value_blob("{}", 2);
    columns[INSTANCE_HISTORY_SEQ] = value_integer(head->seq);
    columns[INSTANCE_HISTORY_HASH] = value_blob(head->hash.bytes, HASH_BYTES);
    store_put(s, TABLE_INSTANCE, columns);
}

static void append(struct store *s, const char *id, const char *text, struct audit_head *head)
{
    json entries = parse(text);
    audit_append(s, id, 1000 + head->seq, entries, head);
    put_instance(s, id, head);
    json_free(entries);
}

static void commit(struct world *w)
{
    struct fail why;
    store_seal(w->store, 5, NULL, NULL);
    assert_true(store_flush(w->store, 1000, &why));
}

// Two cases of three entries over several commits, one with a personal payload.
static json two_cases(struct world *w)
{
    struct audit_head a = {0}, b = {0};
    json body = parse("{\"name\":\"두레\",\"n\":0.1}");
    append(w->store, "A", "[{\"type\":\"started\"}]", &a);
    append(w->store, "B", "[{\"type\":\"started\",\"n\":1e300}]", &b);
    append(w->store, "A", "[]", &a);
    commit(w);
    json reference = audit_personal(w->store, "A", "m01", body);
    json entries = json_array(), entry = json_object();
    json_set(&entry, "answer", reference);
    json_append_take(&entries, entry);
    audit_append(w->store, "A", 9, entries, &a);
    put_instance(w->store, "A", &a);
    append(w->store, "B", "[{\"b\":1,\"a\":[true,null]}]", &b);
    commit(w);
    append(w->store, "B", "[3]", &b);
    commit(w);
    json_free(entries);
    json_free(body);
    return reference;
}

static struct audit_report verify(struct world *w, const char *instance, const char *expected)
{
    struct audit_report report = {0};
    struct fail why = {0};
    bool whole = audit_verify(w->store, instance, &report, &why);
    if (expected == NULL) {
        if (!whole)
            fprintf(stderr, "%s\n", why.message);
        assert_true(whole);
    } else {
        assert_false(whole);
        assert_string_equal(why.message, expected);
        assert_int_equal(why.kind, FAIL_CORRUPT);
    }
    return report;
}

TEST(audit, whole_store_verifies)
{
    struct world *w = *state_;
    json_free(two_cases(w));
    world_reopen(w);
    struct audit_report report = verify(w, NULL, NULL);
    assert_int_equal(report.instances, 2);
    assert_int_equal(report.rows, 6);
    assert_int_equal(report.commits, 3);
    assert_int_equal(report.personal, 1);
    report = verify(w, "B", NULL);
    assert_int_equal(report.rows, 3);
    report = verify(w, "C", "there is no history of 'C'");
}

static struct row read_row(struct store *s, enum table table, const struct value *key)
{
    struct fail why;
    struct row row;
    assert_true(store_get(s, table, key, &row, &why));
    assert_true(row_is_there(&row));
    return row;
}

// Changes one column of a row as somebody with an editor would.
static void tamper(struct store *s, enum table table, const struct value *key, int column,
                   struct value value)
{
    struct row row = read_row(s, table, key);
    struct value columns[SCHEMA_COLUMNS_MAX];
    for (int i = 0; i < schema_tables[table].column_count; i++)
        columns[i] = row.columns[i];
    columns[column] = value;
    store_put(s, table, columns);
    row_done(&row);
}

TEST(audit, finds_a_changed_row)
{
    struct world *w = *state_;
    json_free(two_cases(w));
    tamper(w->store, TABLE_HISTORY, (struct value[]){value_text("B"), value_integer(2)},
           HISTORY_ENTRIES, value_blob("[4]", 3));
    struct audit_report report = verify(w, NULL, "history of 'B' was changed at 2");
    assert_int_equal(report.bad, 1);
}

TEST(audit, finds_a_changed_instant)
{
    struct world *w = *state_;
    json_free(two_cases(w));
    tamper(w->store, TABLE_HISTORY, (struct value[]){value_text("A"), value_integer(1)},
           HISTORY_AT_MS, value_integer(999));
    verify(w, "A", "history of 'A' was changed at 1");
}

TEST(audit, finds_a_removed_row)
{
    struct world *w = *state_;
    json_free(two_cases(w));
    store_delete(w->store, TABLE_HISTORY, (struct value[]){value_text("B"), value_integer(2)});
    verify(w, "B", "history of 'B' jumps from 1 to 3");
}

TEST(audit, finds_a_cut_end)
{
    struct world *w = *state_;
    json_free(two_cases(w));
    store_delete(w->store, TABLE_HISTORY, (struct value[]){value_text("B"), value_integer(3)});
    verify(w, NULL, "history of 'B' ends at 2, not where its instance says (3)");
    store_delete_prefix(w->store, TABLE_HISTORY, (struct value[]){value_text("B")}, 1);
    verify(w, NULL, "history of 'B' is missing");
}

TEST(audit, finds_a_whole_chain_made_anew)
{
    struct world *w = *state_;
    json_free(two_cases(w));
    store_delete_prefix(w->store, TABLE_HISTORY, (struct value[]){value_text("B")}, 1);
    struct audit_head head = {0};
    append(w->store, "B", "[\"forged\"]", &head);
    append(w->store, "B", "[\"forged\"]", &head);
    append(w->store, "B", "[\"forged\"]", &head);
    verify(w, "B", NULL); // in itself it is whole
    verify(w, NULL, "history of 'B' at 1 is not what commit 1 chained");
}

TEST(audit, finds_a_changed_or_removed_commit)
{
    struct world *w = *state_;
    json_free(two_cases(w));
    tamper(w->store, TABLE_COMMIT, (struct value[]){value_integer(2)}, COMMIT_HEADS,
           value_blob("", 0));
    struct audit_report report = verify(w, NULL, "commit 2 was changed");
    assert_int_equal(report.bad, 2); // and the end of A is in no commit now
    store_delete(w->store, TABLE_COMMIT, (struct value[]){value_integer(2)});
    verify(w, NULL, "commits jump from 1 to 3");
}

TEST(audit, survives_the_erasure_of_a_person)
{
    struct world *w = *state_;
    struct fail why;
    json payload, reference = two_cases(w);
    assert_true(audit_personal_read(w->store, "A", reference, &payload, &why));
    assert_string_equal(json_get_text(payload, "name", ""), "두레");
    json_free(payload);
    int64_t count;
    assert_true(audit_erase_person(w->store, "m02", &count, &why));
    assert_int_equal(count, 0);
    assert_true(audit_erase_person(w->store, "m01", &count, &why));
    assert_int_equal(count, 1);
    commit(w);
    world_reopen(w);
    assert_true(audit_personal_read(w->store, "A", reference, &payload, &why));
    assert_true(json_is_absent(payload));
    struct audit_report report = verify(w, NULL, NULL);
    assert_int_equal(report.erased, 1);
    json_free(reference);
}

// So that a tree of many grows at its end.
TEST(audit, names_personal_payloads_in_the_order_of_their_commits)
{
    struct world *w = *state_;
    char last[64] = "";
    for (int i = 0; i < 70; i++) {
        json body = json_object(), reference = audit_personal(w->store, "A", "m01", body);
        const char *name = json_get_text(reference, "personal", "");
        assert_int_equal(strlen(name), 20);
        assert_true(strcmp(last, name) < 0);
        snprintf(last, sizeof(last), "%s", name);
        json_free(reference);
        json_free(body);
        commit(w);
    }
}

TEST(audit, finds_a_changed_or_missing_personal_payload)
{
    struct world *w = *state_;
    struct fail why;
    json payload, reference = two_cases(w);
    struct value key[] = {value_text("A"), value_text(json_get_text(reference, "personal", ""))};
    tamper(w->store, TABLE_PERSONAL, key, PERSONAL_BODY, value_blob("{}", 2));
    assert_false(audit_personal_read(w->store, "A", reference, &payload, &why));
    assert_int_equal(why.kind, FAIL_CORRUPT);
    struct audit_report report = verify(w, "A", why.message);
    (void)report;
    json_free(reference);
}

TEST(audit, case_file_verifies_alone)
{
    struct world *w = *state_;
    struct fail why;
    json exported;
    json reference = two_cases(w);
    assert_true(audit_export(w->store, "A", &exported, &why));
    char *text = json_dump(exported);
    json_free(exported);
    exported = parse(text);
    mem_free(text);
    struct audit_report report = {0};
    assert_true(audit_verify_case(exported, &report, &why));
    assert_int_equal(report.rows, 3);
    assert_int_equal(report.personal, 1);

    json personal = json_get(exported, "personal"), changed = json_object();
    json_set_text(&changed, "salt", "AAAA");
    json_set_text(&changed, "body", "somebody else");
    json_set_take(&personal, json_get_text(reference, "personal", ""), changed);
    json_set_take(&exported, "personal", personal);
    report = (struct audit_report){0};
    assert_false(audit_verify_case(exported, &report, &why));
    assert_int_equal(report.bad, 1);

    json_set_take(&exported, "history", json_array());
    report = (struct audit_report){0};
    assert_false(audit_verify_case(exported, &report, &why));
    assert_string_equal(why.message, "the case has no history");
    json_free(exported);
    assert_false(audit_export(w->store, "C", &exported, &why));
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
    assert_false(audit_verify_case(json_null(), &report, &why));
    json_free(reference);
}

TEST(audit, case_file_with_a_changed_entry_is_refused)
{
    struct world *w = *state_;
    struct fail why;
    json exported;
    json_free(two_cases(w));
    assert_true(audit_export(w->store, "B", &exported, &why));
    json history = json_get(exported, "history"), entry = json_at(history, 1);
    json_set_int(&entry, "atMs", 1);
    json_put_take(&history, 1, entry);
    json_set_take(&exported, "history", history);
    struct audit_report report = {0};
    assert_false(audit_verify_case(exported, &report, &why));
    assert_string_equal(why.message, "history was changed at 2");
    json_free(exported);
}

TEST(payload, is_stored_once_by_its_hash)
{
    struct world *w = *state_;
    struct fail why;
    struct hash hash, same;
    struct row row;
    assert_true(payload_put(w->store, "big", 3, &hash, &why));
    commit(w);
    assert_true(payload_put(w->store, "big", 3, &same, &why));
    assert_false(store_has_writes(w->store));
    assert_true(hash_equal(&hash, &same));
    assert_true(payload_get(w->store, &hash, &row, &why));
    assert_memory_equal(row.columns[PAYLOAD_BODY].data, "big", 3);
    row_done(&row);
    tamper(w->store, TABLE_PAYLOAD, (struct value[]){value_blob(hash.bytes, HASH_BYTES)},
           PAYLOAD_BODY, value_blob("bag", 3));
    assert_false(payload_get(w->store, &hash, &row, &why));
    assert_int_equal(why.kind, FAIL_CORRUPT);
    same.bytes[0] ^= 1;
    assert_false(payload_get(w->store, &same, &row, &why));
    assert_int_equal(why.kind, FAIL_NOT_FOUND);
}

#define WORLD_CASE(noun, behaviour)                                                                \
    cmocka_unit_test_setup_teardown(noun##_##behaviour, world_setup, world_teardown)

static const struct CMUnitTest tests[] = {
    WORLD_CASE(audit, whole_store_verifies),
    WORLD_CASE(audit, finds_a_changed_row),
    WORLD_CASE(audit, finds_a_changed_instant),
    WORLD_CASE(audit, finds_a_removed_row),
    WORLD_CASE(audit, finds_a_cut_end),
    WORLD_CASE(audit, finds_a_whole_chain_made_anew),
    WORLD_CASE(audit, finds_a_changed_or_removed_commit),
    WORLD_CASE(audit, survives_the_erasure_of_a_person),
    WORLD_CASE(audit, names_personal_payloads_in_the_order_of_their_commits),
    WORLD_CASE(audit, finds_a_changed_or_missing_personal_payload),
    WORLD_CASE(audit, case_file_verifies_alone),
    WORLD_CASE(audit, case_file_with_a_changed_entry_is_refused),
    WORLD_CASE(payload, is_stored_once_by_its_hash),
};

int main(void)
{
    int failed = 0;
    for (world_kind = 0; world_kind < WORLD_KINDS; world_kind++)
        failed += cmocka_run_group_tests_name(world_kind_names[world_kind], tests, NULL, NULL);
    return failed;
}
