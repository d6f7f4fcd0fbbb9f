// Random writes, scans, undos, commits, crashes and full disks against a naive model: an array of
// rows, copied where the store would have to remember. Seeds are fixed; a failing one is printed.
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store_world.h"

#define KEYS      40
#define STATES    12 // open marks, the sealed batches and the scans' views
#define SCANS_MAX 3

struct model_row {
    bool there;
    char instance[16], path[16], name[16];
    int64_t attempt, due_ms;
    bool person_there; // a second table with nulls in an index
    char email[16];    // "": null
};

struct state {
    struct model_row rows[KEYS];
};

struct open_scan {
    struct scan *scan;
    struct state seen;
    struct scan_opts opts;
    int position;
    int order[KEYS];
    int count;
};

struct play {
    struct world *world;
    struct random random;
    struct state now, durable, marked[STATES];
    size_t marks[STATES];
    int mark_count;
    struct open_scan scans[SCANS_MAX];
    int scan_count;
};

static int below(struct play *p, int limit)
{
    return (int)random_below(&p->random, (uint64_t)limit);
}

static void name_row(struct model_row *row, int i)
{
    snprintf(row->instance, sizeof(row->instance), "i%d", i % 4);
    snprintf(row->path, sizeof(row->path), "/do/%d", i / 4 % 3);
    row->attempt = i / 12 % 2;
    snprintf(row->name, sizeof(row->name), "n%d", i / 24);
}

static void key_of(const struct model_row *row, struct value key[4])
{
    key[0] = value_text(row->instance);
    key[1] = value_text(row->path);
    key[2] = value_integer(row->attempt);
    key[3] = value_text(row->name);
}

static void put(struct play *p)
{
    struct model_row *row = &p->now.rows[below(p, KEYS)];
    struct value columns[6];
    row->there = true;
    row->due_ms = below(p, 6);
    key_of(row, columns);
    columns[TIMER_DUE_MS] = value_integer(row->due_ms);
    columns[TIMER_OWNER] = value_text("machine");
    store_put(p->world->store, TABLE_TIMER, columns);
}

static const char *person_id(int i)
{
    static char id[16];
    snprintf(id, sizeof(id), "p%02d", i);
    return id;
}

static void put_person(struct play *p)
{
    int i = below(p, KEYS);
    struct model_row *row = &p->now.rows[i];
    row->person_there = true;
    row->email[0] = '\0';
    if (below(p, 2) == 0)
        snprintf(row->email, sizeof(row->email), "e%d", below(p, 4));
    store_put(p->world->store, TABLE_PERSON,
              (struct value[]){value_text(person_id(i)), value_text("n"), value_text("n"),
                               value_text(row->email[0] != '\0' ? row->email : NULL), value_null(),
                               value_text("ko"), value_text("active"), value_blob("{}", 2),
                               value_integer(0)});
}

static void delete_one(struct play *p)
{
    int i = below(p, KEYS);
    struct model_row *row = &p->now.rows[i];
    if (below(p, 3) == 0) {
        row->person_there = false;
        store_delete(p->world->store, TABLE_PERSON, (struct value[]){value_text(person_id(i))});
        return;
    }
    struct value key[4];
    key_of(row, key);
    row->there = false;
    store_delete(p->world->store, TABLE_TIMER, key);
}

static bool same_prefix(const struct model_row *a, const struct model_row *b, int count)
{
    return strcmp(a->instance, b->instance) == 0 && (count < 2 || strcmp(a->path, b->path) == 0) &&
           (count < 3 || a->attempt == b->attempt) && (count < 4 || strcmp(a->name, b->name) == 0);
}

static void delete_prefix(struct play *p)
{
    struct model_row *row = &p->now.rows[below(p, KEYS)];
    int count = 1 + below(p, 4);
    struct value key[4];
    key_of(row, key);
    store_delete_prefix(p->world->store, TABLE_TIMER, key, count);
    for (int i = 0; i < KEYS; i++)
        if (same_prefix(&p->now.rows[i], row, count))
            p->now.rows[i].there = false;
}

static void get(struct play *p)
{
    int i = below(p, KEYS);
    struct model_row *model = &p->now.rows[i];
    struct value key[4];
    struct row row;
    struct fail why;
    key_of(model, key);
    assert_true(store_get(p->world->store, TABLE_TIMER, key, &row, &why));
    assert_int_equal(row_is_there(&row), model->there);
    if (model->there)
        assert_int_equal(row_integer(&row, TIMER_DUE_MS), model->due_ms);
    row_done(&row);
}

static void mark(struct play *p)
{
    if (p->mark_count == STATES)
        return;
    p->marked[p->mark_count] = p->now;
    p->marks[p->mark_count++] = store_mark(p->world->store);
}

static void end_scans(struct play *p);

static void end_mark(struct play *p, bool keep)
{
    if (p->mark_count == 0)
        return;
    if (!keep)
        end_scans(p); // an undo may take rows from under a scan that began after the mark
    p->mark_count--;
    if (keep) {
        store_keep(p->world->store, p->marks[p->mark_count]);
        return;
    }
    store_undo(p->world->store, p->marks[p->mark_count]);
    p->now = p->marked[p->mark_count];
}

// The model's scan: sort what fits.
static const struct state *sorted_state;
static const struct scan_opts *sorted_opts;

static int compare_rows(const void *a, const void *b)
{
    int i = *(const int *)a, j = *(const int *)b;
    const struct model_row *x = &sorted_state->rows[i], *y = &sorted_state->rows[j];
    int c = 0;
    if (sorted_opts->table == TABLE_PERSON) {
        c = sorted_opts->index == 0 ? strcmp(x->email, y->email) : 0; // "" is null: first
        c = c != 0 ? c : i - j;
    } else {
        if (sorted_opts->index == 0)
            c = (x->due_ms > y->due_ms) - (x->due_ms < y->due_ms);
        c = c != 0 ? c : strcmp(x->instance, y->instance);
        c = c != 0 ? c : strcmp(x->path, y->path);
        c = c != 0 ? c : (x->attempt > y->attempt) - (x->attempt < y->attempt);
        c = c != 0 ? c : strcmp(x->name, y->name);
    }
    return sorted_opts->descending ? -c : c;
}

static bool model_fits(const struct model_row *row, const struct scan_opts *opts)
{
    if (opts->table == TABLE_PERSON)
        return row->person_there;
    if (!row->there)
        return false;
    if (opts->index == 0)
        return (opts->from == NULL || row->due_ms >= opts->from->integer) &&
               (opts->to == NULL || row->due_ms < opts->to->integer);
    return opts->prefix_count == 0 || strcmp(row->instance, opts->prefix[0].data) == 0;
}

static void open_scan(struct play *p)
{
    static struct value from, to, prefix; // borrowed by the call only
    struct fail why;
    if (p->scan_count == SCANS_MAX)
        return;
    struct open_scan *s = &p->scans[p->scan_count++];
    *s = (struct open_scan){.seen = p->now};
    s->opts = (struct scan_opts){.table = below(p, 3) == 0 ? TABLE_PERSON : TABLE_TIMER,
                                 .index = below(p, 2) - 1,
                                 .descending = below(p, 2) == 0};
    from = value_integer(below(p, 6)), to = value_integer(below(p, 7));
    prefix = value_text(p->now.rows[below(p, KEYS)].instance);
    if (s->opts.table == TABLE_TIMER && s->opts.index == 0) {
        s->opts.from = below(p, 2) == 0 ? &from : NULL;
        s->opts.to = below(p, 2) == 0 ? &to : NULL;
    } else if (s->opts.table == TABLE_TIMER && below(p, 2) == 0) {
        s->opts.prefix = &prefix;
        s->opts.prefix_count = 1;
    }
    for (int i = 0; i < KEYS; i++)
        if (model_fits(&s->seen.rows[i], &s->opts))
            s->order[s->count++] = i;
    sorted_state = &s->seen, sorted_opts = &s->opts;
    qsort(s->order, (size_t)s->count, sizeof(int), compare_rows);
    assert_true(store_scan(p->world->store, &s->opts, &s->scan, &why));
}

static void check_row(const struct open_scan *s, const struct row *row)
{
    assert_true(s->position < s->count);
    int i = s->order[s->position];
    const struct model_row *model = &s->seen.rows[i];
    if (s->opts.table == TABLE_PERSON) {
        assert_string_equal(row_text(row, PERSON_ID), person_id(i));
        return;
    }
    assert_string_equal(row_text(row, TIMER_INSTANCE), model->instance);
    assert_string_equal(row_text(row, TIMER_PATH), model->path);
    assert_string_equal(row_text(row, TIMER_NAME), model->name);
    assert_int_equal(row_integer(row, TIMER_DUE_MS), model->due_ms);
}

static void advance_scan(struct play *p, int i, int steps)
{
    struct open_scan *s = &p->scans[i];
    struct row row;
    struct fail why;
    while (steps-- > 0 && s->scan != NULL) {
        if (scan_next(s->scan, &row, &why)) {
            check_row(s, &row);
            s->position++;
        } else {
            assert_int_equal(why.kind, FAIL_NONE);
            assert_int_equal(s->position, s->count);
            scan_done(s->scan);
            *s = p->scans[--p->scan_count];
            return;
        }
        row_done(&row);
    }
}

static void end_scans(struct play *p)
{
    while (p->scan_count > 0)
        advance_scan(p, 0, KEYS + 1);
}

// Every row by pages of one, each going on behind the row before.
static void page_through(struct play *p)
{
    struct open_scan s = {.seen = p->now};
    struct row after = {0};
    struct fail why;
    s.opts = (struct scan_opts){.table = below(p, 2) == 0 ? TABLE_PERSON : TABLE_TIMER,
                                .index = below(p, 2) - 1,
                                .descending = below(p, 2) == 0};
    for (int i = 0; i < KEYS; i++)
        if (model_fits(&s.seen.rows[i], &s.opts))
            s.order[s.count++] = i;
    sorted_state = &s.seen, sorted_opts = &s.opts;
    qsort(s.order, (size_t)s.count, sizeof(int), compare_rows);
    for (s.position = 0;; s.position++) {
        struct row row;
        assert_true(store_scan(p->world->store, &s.opts, &s.scan, &why));
        bool more = scan_next(s.scan, &row, &why);
        scan_done(s.scan);
        row_done(&after);
        if (!more)
            break;
        check_row(&s, &row);
        after = row;
        s.opts.after = &after;
    }
    assert_int_equal(s.position, s.count);
}

static void seal(struct play *p)
{
    while (p->mark_count > 0)
        end_mark(p, below(p, 2) == 0);
    store_seal(p->world->store, 1, NULL, NULL);
    if (p->world->disk != NULL && below(p, 4) == 0)
        memory_disk_faults(p->world->disk)->refuse_next = (uint32_t)below(p, 3);
}

static void flush(struct play *p)
{
    struct fail why;
    end_scans(p);
    seal(p);
    assert_true(store_flush(p->world->store, 1000, &why));
    assert_int_equal(store_overlay_rows(p->world->store), 0);
    p->durable = p->now;
}

static void crash(struct play *p)
{
    flush(p);
    for (int i = below(p, 20); i > 0; i--)
        put(p);
    if (p->world->disk != NULL && below(p, 2) == 0) { // a sealed batch that never got there
        memory_disk_faults(p->world->disk)->hold = 1;
        store_seal(p->world->store, 1, NULL, NULL);
    }
    world_crash(p->world);
    if (p->world->disk != NULL)
        memory_disk_faults(p->world->disk)->hold = 0;
    p->now = p->durable;
}

static void act(struct play *p)
{
    int dice = below(p, 100);
    if (dice < 35)
        put(p);
    else if (dice < 45)
        put_person(p);
    else if (dice < 55)
        delete_one(p);
    else if (dice < 58)
        delete_prefix(p);
    else if (dice < 68)
        get(p);
    else if (dice < 73)
        mark(p);
    else if (dice < 78)
        end_mark(p, dice < 75);
    else if (dice < 83)
        open_scan(p);
    else if (dice < 90 && p->scan_count > 0)
        advance_scan(p, below(p, p->scan_count), below(p, 10));
    else if (dice < 92)
        page_through(p);
    else if (dice < 97)
        seal(p);
    else if (dice < 98)
        store_poll(p->world->store);
    else if (dice < 99)
        flush(p);
    else
        crash(p);
}

static void play_seed(int kind, uint64_t seed, int steps)
{
    struct play p = {.world = world_new(kind)};
    random_seed(&p.random, seed);
    for (int i = 0; i < KEYS; i++)
        name_row(&p.now.rows[i], i);
    p.durable = p.now;
    for (int i = 0; i < steps; i++)
        act(&p);
    flush(&p);
    page_through(&p);
    world_free(p.world);
}

TEST(model, memory_store_does_what_an_array_does)
{
    UNUSED_STATE;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        print_message("memory seed %d\n", (int)seed);
        play_seed(WORLD_MEMORY, seed, 1500);
    }
}

TEST(model, sqlite_store_does_what_an_array_does)
{
    UNUSED_STATE;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        print_message("sqlite seed %d\n", (int)seed);
        play_seed(WORLD_SQLITE, seed, 1500);
    }
}

RUN(CASE(model, memory_store_does_what_an_array_does),
    CASE(model, sqlite_store_does_what_an_array_does))
