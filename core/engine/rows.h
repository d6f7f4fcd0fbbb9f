// Reads that the engine cannot do without while it steps: when the disk refuses one, there is no
// sound way on, so the process ends with last words and the supervisor starts it again
// (crash-only). What the API reads on its own behalf goes to the store directly and can fail. Loop
// thread only.
#pragma once

#include "store/store.h"
#include "json/json.h"

void rows_get(struct store *s, enum table table, const struct value *key, struct row *out);
struct scan *rows_scan(struct store *s, const struct scan_opts *opts);
bool rows_next(struct scan *scan, struct row *row); // at the end it does scan_done itself
// The first row of a scan, if there is one; the caller does row_done.
bool rows_first(struct store *s, const struct scan_opts *opts, struct row *row);

// The address of a wait as a key: instance, path, attempt, name.
static inline void rows_address(struct value key[4], const char *instance, const char *path,
                                int64_t attempt, const char *name)
{
    key[0] = value_text(instance);
    key[1] = value_text(path);
    key[2] = value_integer(attempt);
    key[3] = value_text(name);
}

// What was written as JSON into a blob or text column; a broken one is corruption of our own.
json rows_json(const struct row *row, int column);
json rows_json_or(const struct row *row, int column, json otherwise); // null column: `otherwise`
