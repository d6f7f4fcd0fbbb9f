#include "base/near.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define WORD_POINTS_MAX 64 // words longer than this are near none

struct word {
    uint32_t points[WORD_POINTS_MAX];
    size_t length;
};

static uint32_t next_point(const unsigned char **at)
{
    const unsigned char *p = *at;
    size_t more = *p < 0x80 ? 0 : *p < 0xE0 ? 1 : *p < 0xF0 ? 2 : 3;
    uint32_t c = more == 0 ? *p : *p & (0x3Fu >> more);
    while (more-- > 0)
        c = c << 6 | (*++p & 63u);
    *at = p + 1;
    return c;
}

static bool word_read(const char *s, struct word *out)
{
    struct bytes folded;
    struct fail why;
    size_t bytes = strlen(s);
    bool good = utf8_is_valid(s, bytes);
    bytes_init(&folded, WORD_POINTS_MAX * 8);
    good = good && utf8_fold(s, bytes, &folded, &why) && !folded.overflowed;
    out->length = 0;
    const unsigned char *at = (const unsigned char *)folded.data;
    while (good && *at) {
        if (out->length == WORD_POINTS_MAX)
            good = false;
        else
            out->points[out->length++] = next_point(&at);
    }
    bytes_done(&folded);
    return good;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Damerau-Levenshtein (optimal string alignment): insert, delete, replace, swap neighbours.
static size_t distance(const struct word *a, const struct word *b)
{
    size_t rows[3][WORD_POINTS_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *here = rows[2];
    for (size_t j = 0; j <= b->length; j++)
        above[j] = before[j] = j;
    for (size_t i = 1; i <= a->length; i++) {
        here[0] = i;
        for (size_t j = 1; j <= b->length; j++) {
            bool same = a->points[i - 1] == b->points[j - 1];
            size_t cost = above[j - 1] + (same ? 0 : 1);
            cost = least(cost, least(above[j], here[j - 1]) + 1);
            if (i > 1 && j > 1 && a->points[i - 1] == b->points[j - 2] &&
                a->points[i - 2] == b->points[j - 1])
                cost = least(cost, before[j - 2] + 1);
            here[j] = cost;
        }
        size_t *oldest = before;
        before = above;
        above = here;
        here = oldest;
    }
    return above[b->length];
}

static size_t most_by_length(size_t length)
{
    return length <= 2 ? 1 : length <= 5 ? 2 : length / 3 + 1;
}

const char *near_word(const char *word, const char *const *candidates, size_t count, size_t most)
{
    struct word wanted, candidate;
    const char *nearest = NULL;
    if (!word_read(word, &wanted) || wanted.length == 0)
        return NULL;
    size_t best = most == NEAR_BY_LENGTH ? most_by_length(wanted.length) : most;
    for (size_t i = 0; i < count; i++) {
        if (!candidates[i] || strcmp(candidates[i], word) == 0 ||
            !word_read(candidates[i], &candidate))
            continue;
        size_t d = distance(&wanted, &candidate);
        // A word of which nothing is left is no misspelling of the other.
        if (d >= wanted.length || d >= candidate.length + 1)
            continue;
        if (d < best || (d == best && !nearest)) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
