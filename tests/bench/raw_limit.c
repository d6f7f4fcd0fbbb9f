// The raw limit that the benches are measured against: what SQLite alone does on this file system
// with synchronous=FULL. A step is one insert and one update of 300 bytes; so many steps a
// transaction; then single commits, one after another. One JSON line.
//   bench_raw DIRECTORY [STEPS [STEPS_A_TRANSACTION]]
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"

#define ROWS         1000 // that the updates go round
#define BODY_BYTES   300
#define LONE_COMMITS 1000

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(sqlite3 *db, const char *sql)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    must(code == SQLITE_OK);
}

struct statements {
    sqlite3_stmt *insert, *update;
};

static void prepare(sqlite3 *db, struct statements *s)
{
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE history(id INTEGER PRIMARY KEY, body BLOB) STRICT;"
            "CREATE TABLE instance(id INTEGER PRIMARY KEY, body BLOB) STRICT");
    must(sqlite3_prepare_v2(db, "INSERT INTO history VALUES(NULL, ?1)", -1, &s->insert, NULL) ==
         SQLITE_OK);
    must(sqlite3_prepare_v2(db,
                            "INSERT INTO instance VALUES(?2, ?1) ON CONFLICT(id) DO UPDATE SET "
                            "body=?1",
                            -1, &s->update, NULL) == SQLITE_OK);
}

static void step(struct statements *s, long i)
{
    static char body[BODY_BYTES];
    memcpy(body, &i, sizeof(i));
    sqlite3_bind_blob(s->insert, 1, body, BODY_BYTES, SQLITE_STATIC);
    must(sqlite3_step(s->insert) == SQLITE_DONE);
    sqlite3_reset(s->insert);
    sqlite3_bind_blob(s->update, 1, body, BODY_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64(s->update, 2, i % ROWS);
    must(sqlite3_step(s->update) == SQLITE_DONE);
    sqlite3_reset(s->update);
}

static double play(sqlite3 *db, struct statements *s, long steps, long a_transaction)
{
    double began = seconds();
    for (long i = 0; i < steps; i++) {
        if (i % a_transaction == 0)
            run(db, "BEGIN IMMEDIATE");
        step(s, i);
        if ((i + 1) % a_transaction == 0 || i + 1 == steps)
            run(db, "COMMIT");
    }
    return seconds() - began;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_raw DIRECTORY [STEPS [STEPS_A_TRANSACTION]]\n");
        return 2;
    }
    long steps = argc > 2 ? atol(argv[2]) : 200000, a_transaction = argc > 3 ? atol(argv[3]) : 100;
    char path[4096];
    sqlite3 *db;
    struct statements s;
    must(steps > 0 && a_transaction > 0);
    snprintf(path, sizeof(path), "%s/raw_limit.db", argv[1]);
    remove(path);
    must(sqlite3_open(path, &db) == SQLITE_OK);
    prepare(db, &s);
    double took = play(db, &s, steps, a_transaction);
    double lone = play(db, &s, LONE_COMMITS, 1);
    printf("{\"bench\":\"raw\",\"steps\":%ld,\"stepsATransaction\":%ld,\"stepsPerSecond\":%.0f,"
           "\"loneCommitMs\":%.3f}\n",
           steps, a_transaction, (double)steps / took, lone * 1000 / LONE_COMMITS);
    sqlite3_finalize(s.insert);
    sqlite3_finalize(s.update);
    sqlite3_close(db);
    remove(path);
    return 0;
}
