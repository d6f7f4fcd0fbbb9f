// The ordered memory under the overlay: chains of versions, orders made on demand, cursors that
// survive removals.
#include "test.h"

#include <stdio.h>

#include "base/random.h"
#include "store/memtable.h"

struct box {
    struct memtable table;
    uint64_t number;
};

static struct version *push(struct box *box, const char *instance, int64_t attempt, int64_t due_ms)
{
    struct value columns[] = {value_text(instance), value_text("/do/0"),   value_integer(attempt),
                              value_text("due"),    value_integer(due_ms), value_text("machine")};
    struct version *v = version_new(TABLE_TIMER, VERSION_ROW, columns, 6);
    v->number = ++box->number;
    memtable_push(&box->table, v);
    return v;
}

static int count_range(struct box *box, const struct scan_opts *opts, uint64_t number)
{
    struct range range;
    struct memtable_cursor cursor;
    int count = 0;
    range_init(&range, opts);
    memtable_seek(&cursor, &box->table, &range, opts->index, number);
    struct row_data *before = NULL;
    for (struct version *v; (v = memtable_next(&cursor)) != NULL; count++) {
        if (before != NULL) {
            int c = row_compare(&range.order, before->columns, v->row.columns);
            assert_true(opts->descending ? c > 0 : c < 0);
        }
        before = &v->row;
    }
    memtable_cursor_done(&cursor);
    range_done(&range);
    return count;
}

TEST(memtable, finds_the_newest_of_a_key)
{
    UNUSED_STATE;
    struct box box = {0};
    memtable_init(&box.table);
    push(&box, "a", 1, 10);
    struct version *second = push(&box, "a", 1, 20);
    assert_ptr_equal(memtable_find(&box.table, TABLE_TIMER, second->row.columns), second);
    assert_int_equal(version_seen(second, 1)->row.columns[TIMER_DUE_MS].integer, 10);
    assert_null(version_seen(second, 0));
    memtable_pop(&box.table, second);
    memtable_done(&box.table);
}

TEST(memtable, shows_a_reader_one_version_of_a_key)
{
    UNUSED_STATE;
    struct box box = {0};
    memtable_init(&box.table);
    for (int64_t i = 0; i < 100; i++)
        push(&box, "a", i % 10, i);
    struct scan_opts by_due = {.table = TABLE_TIMER, .index = 0};
    assert_int_equal(count_range(&box, &by_due, 5), 5);
    assert_int_equal(count_range(&box, &by_due, 55), 10);
    by_due.descending = true;
    assert_int_equal(count_range(&box, &by_due, 100), 10);
    memtable_done(&box.table);
}

TEST(memtable, keeps_its_orders_under_random_removal)
{
    UNUSED_STATE;
    struct box box = {0};
    struct random random;
    struct version *live[500] = {0};
    memtable_init(&box.table);
    random_seed(&random, 7);
    int count = 0;
    for (int step = 0; step < 20000; step++) {
        size_t i = (size_t)random_below(&random, 500);
        char id[16];
        snprintf(id, sizeof(id), "i%03zu", i);
        if (live[i] != NULL) {
            memtable_pop(&box.table, live[i]);
            live[i] = NULL;
            count--;
        } else {
            live[i] = push(&box, id, 1, (int64_t)random_below(&random, 50));
            count++;
        }
        if (step % 97 == 0) {
            struct scan_opts opts = {
                .table = TABLE_TIMER, .index = step % 2 - 1, .descending = step % 3 == 0};
            assert_int_equal(count_range(&box, &opts, box.number), count);
        }
    }
    memtable_done(&box.table);
}

TEST(memtable, cursor_goes_on_after_its_row_was_removed)
{
    UNUSED_STATE;
    struct box box = {0};
    struct version *all[20];
    memtable_init(&box.table);
    for (int64_t i = 0; i < 20; i++)
        all[i] = push(&box, "a", i, i);
    struct range range;
    struct memtable_cursor cursor;
    range_init(&range, &(struct scan_opts){.table = TABLE_TIMER, .index = 0});
    memtable_seek(&cursor, &box.table, &range, 0, box.number);
    for (int64_t i = 0; i < 20; i++) {
        struct version *v = memtable_next(&cursor);
        assert_int_equal(v->row.columns[TIMER_DUE_MS].integer, i);
        memtable_pop(&box.table, all[i]);
    }
    assert_null(memtable_next(&cursor));
    memtable_cursor_done(&cursor);
    range_done(&range);
    memtable_done(&box.table);
}

RUN(CASE(memtable, finds_the_newest_of_a_key), CASE(memtable, shows_a_reader_one_version_of_a_key),
    CASE(memtable, keeps_its_orders_under_random_removal),
    CASE(memtable, cursor_goes_on_after_its_row_was_removed))
