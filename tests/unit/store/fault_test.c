// SQLite's driver on a disk that fails: refused and half writes, failing syncs, power cuts that
// drop or tear what was not synced. What was acknowledged is there; commits are whole and in order;
// when the disk recovers, so does the store.
#include "test.h"

#include <string.h>

#include "base/log.h"
#include "store/audit.h"
#include "store/fault_vfs.h"
#include "store/payload.h"
#include "store_world.h"

#define COMMITS 12

struct run {
    char directory[64];
    uint32_t wal_pages;
    bool in_line;
    struct fault_disk *disk;
    struct faults *faults;
    struct store *store;
    uint64_t acknowledged; // what somebody was told
    bool trouble_seen;
};

static void open_store(struct run *r)
{
    struct fail why = {0};
    struct store_driver *driver =
        sqlite_driver_open(&(struct sqlite_opts){.directory = r->directory,
                                                 .vfs = "fault",
                                                 .retry_ms = 1,
                                                 .wal_pages = r->wal_pages,
                                                 .in_line = r->in_line},
                           &why);
    if (driver == NULL)
        fprintf(stderr, "%s\n", why.message);
    assert_non_null(driver);
    r->store = store_open(&(struct store_opts){.driver = driver}, &why);
    assert_non_null(r->store);
}

static void begin(struct run *r)
{
    *r = (struct run){.directory = "/tmp/dure-fault-XXXXXX"};
    must(mkdtemp(r->directory) != NULL);
    r->disk = fault_disk_new("fault");
    r->faults = fault_disk_faults(r->disk);
    open_store(r);
}

static void end(struct run *r)
{
    fault_disk_free(r->disk);
    nftw(r->directory, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void told(void *context, uint64_t commit)
{
    ((struct run *)context)->acknowledged = commit;
}

// Commit n writes the number n to a row that each overwrites, n history rows' heads and a row of a
// few pages, and deletes the row of the commit before.
static void commit(struct run *r, uint64_t n)
{
    static char body[9000];
    static struct audit_head head;
    char key[32], number[32];
    json entries = json_array();
    if (n == 1)
        head = (struct audit_head){0};
    memset(body, (int)('a' + n % 26), sizeof(body));
    snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
    store_put(r->store, TABLE_META, (struct value[]){value_text("n"), value_text(number)});
    snprintf(key, sizeof(key), "k%llu", (unsigned long long)n);
    store_put(r->store, TABLE_REQUEST,
              (struct value[]){value_text(key), value_integer((int64_t)n), value_blob("h", 1),
                               value_integer(200), value_blob(body, sizeof(body))});
    snprintf(key, sizeof(key), "k%llu", (unsigned long long)n - 1);
    store_delete(r->store, TABLE_REQUEST, (struct value[]){value_text(key)});
    audit_append(r->store, "case", (int64_t)n, entries, &head);
    json_free(entries);
    assert_int_equal(store_seal(r->store, (int64_t)n, told, r), n);
}

static void commit_some(struct run *r, uint64_t from, uint64_t to)
{
    struct fail why;
    for (uint64_t n = from; n <= to; n++) {
        commit(r, n);
        if (n % 3 == 0)
            assert_true(store_flush(r->store, 60000, &why));
        r->trouble_seen = r->trouble_seen || store_trouble(r->store, &why);
    }
    assert_true(store_flush(r->store, 60000, &why));
}

// The store holds exactly what it held after one commit, and that is not before `least`.
static uint64_t check_whole(struct run *r, uint64_t least)
{
    struct fail why;
    struct row row;
    struct audit_report report = {0};
    char key[32];
    assert_true(store_get(r->store, TABLE_META, (struct value[]){value_text("n")}, &row, &why));
    uint64_t n = row_is_there(&row) ? (uint64_t)atoll(row_text(&row, META_VALUE)) : 0;
    row_done(&row);
    assert_true(n >= least);
    if (!audit_verify(r->store, NULL, &report, &why))
        fail_msg("%s", why.message);
    assert_int_equal(report.rows, n);
    assert_int_equal(report.commits, n);
    struct scan *scan;
    struct scan_opts all = {.table = TABLE_REQUEST, .index = -1};
    assert_true(store_scan(r->store, &all, &scan, &why));
    snprintf(key, sizeof(key), "k%llu", (unsigned long long)n);
    for (int i = 0; scan_next(scan, &row, &why); i++) {
        assert_int_equal(i, 0);
        assert_string_equal(row_text(&row, REQUEST_KEY), key);
        assert_int_equal(row.columns[REQUEST_REPLY].data[8999], 'a' + n % 26);
        row_done(&row);
    }
    scan_done(scan);
    return n;
}

static void close_or_cut(struct run *r, bool cut)
{
    if (!cut) {
        store_close(r->store);
        return;
    }
    r->faults->dead = true;
    store_abandon(r->store);
    fault_disk_cut(r->disk, FAULT_CUT_LOSE, NULL);
}

// Fails the n-th operation for each n until a run has none left to fail.
static void fail_each_in_turn(bool full, bool short_writes, bool forget, long fail_count)
{
    bool reached = true;
    for (long at = 1; reached; at += 1 + at / 6) {
        struct run r;
        begin(&r);
        r.faults->operations = 0;
        r.faults->fail_at = at;
        r.faults->fail_count = fail_count;
        r.faults->full = full;
        r.faults->short_writes = short_writes;
        r.faults->forget = forget;
        commit_some(&r, 1, COMMITS);
        reached = r.faults->operations >= at;
        r.faults->fail_at = 0;
        assert_int_equal(r.acknowledged, COMMITS);
        struct fail why;
        assert_false(store_trouble(r.store, &why));
        check_whole(&r, COMMITS);
        close_or_cut(&r, forget);
        open_store(&r);
        check_whole(&r, COMMITS);
        store_close(r.store);
        end(&r);
    }
}

TEST(fault, full_disk_delays_and_loses_nothing)
{
    UNUSED_STATE;
    fail_each_in_turn(true, false, false, 1);
    fail_each_in_turn(true, true, false, 4);
}

TEST(fault, failing_writes_and_syncs_delay_and_lose_nothing)
{
    UNUSED_STATE;
    fail_each_in_turn(false, true, false, 1);
    fail_each_in_turn(false, false, false, 3);
}

// After a failed sync Linux forgets what it could not write and says no more about it: what is
// acknowledged later must not rest on that.
TEST(fault, sync_that_failed_and_forgot_loses_nothing)
{
    UNUSED_STATE;
    fail_each_in_turn(false, false, true, 1);
    fail_each_in_turn(false, true, true, 2);
}

TEST(fault, trouble_says_what_keeps_commits_from_the_disk)
{
    UNUSED_STATE;
    struct run r;
    struct fail why;
    begin(&r);
    commit_some(&r, 1, 2);
    r.faults->fail_at = r.faults->operations + 1;
    r.faults->fail_count = 1000000;
    r.faults->full = true;
    commit(&r, 3);
    commit(&r, 4);
    assert_false(store_flush(r.store, 50, &why));
    assert_int_equal(why.kind, FAIL_FULL);
    assert_true(store_trouble(r.store, &why));
    assert_non_null(strstr(why.message, "make room on the disk"));
    assert_int_equal(r.acknowledged, 2);
    check_whole(&r, 4); // through the overlay: what was put is there
    r.faults->fail_at = 0;
    assert_true(store_flush(r.store, 60000, &why));
    assert_false(store_trouble(r.store, &why));
    assert_int_equal(r.acknowledged, 4);
    store_close(r.store);
    end(&r);
}

// Cuts the power at each operation in turn.
static void cut_each_in_turn(enum fault_cut how, uint64_t seed)
{
    struct random random;
    random_seed(&random, seed);
    for (long at = 1, reached = 1; reached; at += 1 + at / 6) {
        struct run r;
        struct fail why;
        begin(&r);
        commit_some(&r, 1, 2);
        r.faults->fail_at = r.faults->operations + at;
        r.faults->fail_count = 1L << 40;
        for (uint64_t n = 3; n <= COMMITS; n++) {
            commit(&r, n);
            if (!store_flush(r.store, 4, &why))
                break;
        }
        reached = r.faults->operations >= r.faults->fail_at;
        store_poll(r.store);
        uint64_t acknowledged = r.acknowledged;
        r.faults->dead = true;
        store_abandon(r.store);
        fault_disk_cut(r.disk, how, &random);
        open_store(&r);
        uint64_t found = check_whole(&r, acknowledged);
        commit_some(&r, found + 1, found + 2);
        store_close(r.store);
        end(&r);
    }
}

TEST(fault, power_cut_keeps_what_was_acknowledged)
{
    UNUSED_STATE;
    cut_each_in_turn(FAULT_CUT_LOSE, 0);
}

// kill -9 between the write of a commit and its sync leaves it in the page cache, from where the
// next process reads it. What that one has told must survive the power.
TEST(fault, power_cut_keeps_what_was_read_after_a_kill)
{
    UNUSED_STATE;
    for (long at = 1, reached = 1; reached; at++) {
        struct run r;
        struct fail why;
        begin(&r);
        commit_some(&r, 1, 2);
        r.faults->dies_at = r.faults->operations + at;
        commit(&r, 3);
        reached = !store_flush(r.store, 20, &why);
        r.faults->dead = true;
        store_abandon(r.store);
        fault_disk_cut(r.disk, FAULT_CUT_KILL, NULL);
        open_store(&r);
        uint64_t seen = check_whole(&r, 2);
        r.faults->dead = true;
        store_abandon(r.store);
        fault_disk_cut(r.disk, FAULT_CUT_LOSE, NULL);
        open_store(&r);
        check_whole(&r, seen);
        store_close(r.store);
        end(&r);
    }
}

static void put_payload(struct run *r)
{
    static char body[40000];
    struct hash hash;
    struct fail why;
    memset(body, 'p', sizeof(body));
    assert_true(payload_put(r->store, body, sizeof(body), &hash, &why));
}

// The reader keeps the checkpoints to what was there before it began.
static void commit_beside_a_reader(struct run *r, uint64_t from, uint64_t to)
{
    struct fail why;
    struct row row;
    struct scan *scan;
    struct scan_opts all = {.table = TABLE_PAYLOAD, .index = -1};
    assert_true(store_flush(r->store, 60000, &why));
    assert_true(store_scan(r->store, &all, &scan, &why));
    for (uint64_t n = from; n <= to; n++)
        commit(r, n);
    assert_true(scan_next(scan, &row, &why));
    row_done(&row);
    scan_done(scan);
}

// A checkpoint that a reader holds back has written half of the log into the file and not synced
// it. When the sync of the next one fails, that half may be forgotten, and no later checkpoint
// would write it again: the log is all there is.
TEST(fault, half_checkpoint_and_a_sync_that_failed_lose_nothing)
{
    UNUSED_STATE;
    bool reached = true;
    for (long at = 1; reached; at++) {
        struct run r;
        begin(&r);
        store_close(r.store);
        r.in_line = true;
        r.wal_pages = 70;
        open_store(&r);
        put_payload(&r); // in pages that no later commit touches
        commit(&r, 1);
        commit_beside_a_reader(&r, 2, 5);
        r.faults->fail_at = r.faults->operations + at;
        r.faults->fail_count = 1;
        r.faults->forget = true;
        commit_some(&r, 6, COMMITS);
        reached = r.faults->operations >= r.faults->fail_at;
        close_or_cut(&r, true);
        open_store(&r);
        check_whole(&r, COMMITS);
        store_close(r.store);
        end(&r);
    }
}

TEST(fault, power_cut_with_torn_writes_keeps_what_was_acknowledged)
{
    UNUSED_STATE;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        cut_each_in_turn(FAULT_CUT_REORDER, seed);
        cut_each_in_turn(FAULT_CUT_SHORT, seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(fault, full_disk_delays_and_loses_nothing),
        CASE(fault, failing_writes_and_syncs_delay_and_lose_nothing),
        CASE(fault, sync_that_failed_and_forgot_loses_nothing),
        CASE(fault, trouble_says_what_keeps_commits_from_the_disk),
        CASE(fault, power_cut_keeps_what_was_acknowledged),
        CASE(fault, power_cut_keeps_what_was_read_after_a_kill),
        CASE(fault, half_checkpoint_and_a_sync_that_failed_lose_nothing),
        CASE(fault, power_cut_with_torn_writes_keeps_what_was_acknowledged),
    };
    log_configure(LOG_ERROR + 1, false); // the failures are meant
    return cmocka_run_group_tests(tests, NULL, NULL);
}
