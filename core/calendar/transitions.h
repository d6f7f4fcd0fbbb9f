// The offsets of one IANA zone as a table of transitions, taken from the system's tzdata through
// libical when the zone is first asked for. The zone that embeds it owns the table. The caller
// serialises transitions_load; looking up is for any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transition {
    int64_t at_s;     // UTC
    int32_t offset_s; // from then on
};

struct transitions {
    struct transition *list; // the first begins at INT64_MIN
    size_t count;
};

// The table is exact up to this year; later years follow the rules of a year before it.
#define TRANSITIONS_YEAR_END 2100

void transitions_fixed(struct transitions *t, int32_t offset_s);
bool transitions_load(struct transitions *t, const char *name); // false if there is no such zone
// The name of a zone that `name` may have meant, or NULL.
const char *transitions_suggest(const char *name);
size_t transitions_at(const struct transitions *t, int64_t utc_s); // index of the one in force
