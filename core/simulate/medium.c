// The disk below the engine: rows in memory, or SQLite on a file system that fails. Both are slow,
// full and cut off; only SQLite's loses and tears what was not synced.
#include "base/mem.h"
#include "simulate/world.h"
#include "store/fault_vfs.h"
#include "store/memory.h"
#include "store/sqlite.h"

#define NAME      "simulated"
#define WAL_PAGES 24 // so few that worlds of a few hundred steps see many checkpoints

struct medium {
    struct memory_disk *memory; // or NULL
    struct fault_disk *files;   // or NULL
};

static bool wants_sqlite(struct simulation *s)
{
    switch (s->opts->disk) {
    case SIMULATE_DISK_MEMORY:
        return false;
    case SIMULATE_DISK_SQLITE:
        return true;
    case SIMULATE_DISK_ANY:
        break;
    }
    return random_below(&s->faults_random, 100) < SIMULATE_SQLITE_PERCENT;
}

void simulate_medium_init(struct simulation *s)
{
    struct medium *m = s->medium = mem_new(struct medium);
    if (wants_sqlite(s))
        m->files = fault_disk_new(NAME);
    if (m->files)
        fault_disk_faults(m->files)->lies = s->opts->broken == BREAK_SYNC;
    else
        m->memory = memory_disk_new();
    s->result->disk = m->files ? "sqlite" : "memory";
}

void simulate_medium_done(struct simulation *s)
{
    fault_disk_free(s->medium->files);
    memory_disk_free(s->medium->memory);
    mem_free(s->medium);
}

struct store_driver *simulate_medium_driver(struct simulation *s, bool looks, struct fail *why)
{
    if (s->medium->memory)
        return memory_driver_new(s->medium->memory);
    return sqlite_driver_open(&(struct sqlite_opts){.directory = NAME,
                                                    .read_only = looks,
                                                    .skip_check = looks,
                                                    .vfs = NAME,
                                                    .wal_pages = WAL_PAGES,
                                                    .in_line = true},
                              why);
}

// ---- faults

static void refuse_files(struct simulation *s, struct faults *faults)
{
    faults->fail_at = faults->operations + 1 + (long)simulate_below(s, 30);
    faults->fail_count = 1 + (long)simulate_below(s, 8);
    faults->full = simulate_chance(s, 50);
    faults->short_writes = simulate_chance(s, 50);
    faults->forget = simulate_chance(s, 50);
    simulate_trace(s, "disk refuses %ld from %ld full %d short %d forgets %d", faults->fail_count,
                   faults->fail_at, faults->full, faults->short_writes, faults->forget);
}

void simulate_medium_fault(struct simulation *s)
{
    uint64_t n = simulate_below(s, 3);
    simulate_heard_fault(s, COVERAGE_DISK);
    if (n == 0) {
        s->hold = !s->hold;
        simulate_trace(s, "disk %s", s->hold ? "holds" : "goes on");
    } else if (s->medium->memory) {
        uint32_t *refuse = &memory_disk_faults(s->medium->memory)->refuse_next;
        *refuse = (uint32_t)simulate_below(s, 4);
        simulate_trace(s, "disk refuses %u", *refuse);
    } else if (n == 1) {
        refuse_files(s, fault_disk_faults(s->medium->files));
    } else {
        struct faults *faults = fault_disk_faults(s->medium->files);
        faults->dies_at = faults->operations + 1 + (long)simulate_below(s, 40);
        simulate_trace(s, "power will go at %ld", faults->dies_at);
    }
}

void simulate_medium_calm(struct simulation *s)
{
    s->hold = false;
    if (s->medium->memory) {
        memory_disk_faults(s->medium->memory)->refuse_next = 0;
    } else {
        struct faults *faults = fault_disk_faults(s->medium->files);
        faults->fail_at = faults->dies_at = 0;
    }
}

bool simulate_medium_is_dead(struct simulation *s)
{
    return s->medium->files && fault_disk_faults(s->medium->files)->dead;
}

// ---- the end of a process

void simulate_medium_off(struct simulation *s)
{
    bool applied = simulate_chance(s, 50);
    if (applied && s->hold)
        simulate_disk_let_go(s); // it was on its way, and nobody heard that it has come
    if (s->medium->files)
        fault_disk_faults(s->medium->files)->dead = true;
    simulate_trace(s, "crash in flight %zu applied %d", store_in_flight(s->store), applied);
}

void simulate_medium_on(struct simulation *s)
{
    s->hold = false;
    if (s->medium->memory) {
        memory_disk_faults(s->medium->memory)->refuse_next = 0;
        return;
    }
    enum fault_cut how = (enum fault_cut)simulate_below(s, FAULT_CUT_REORDER + 1);
    if (how != FAULT_CUT_KILL)
        simulate_heard_fault(s, COVERAGE_POWER);
    fault_disk_cut(s->medium->files, how, &s->random);
    simulate_trace(s, "power is back: %d", (int)how);
}
