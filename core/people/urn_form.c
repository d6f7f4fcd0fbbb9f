#include "people/urn_form.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct hash urn_mark(const char *receipt, const char *value)
{
    struct hasher h;
    hasher_init(&h);
    hasher_add(&h, receipt, strlen(receipt));
    hasher_add(&h, ":", 1);
    hasher_add(&h, value, strlen(value));
    return hasher_done(&h);
}

void urn_number(const char *receipt, char out[URN_NUMBER_SIZE])
{
    static const char purpose[] = "dure receipt 1";
    char hex[HASH_HEX_SIZE];
    struct hasher h;
    hasher_init(&h);
    hasher_add_field(&h, purpose, strlen(purpose));
    hasher_add_field(&h, receipt, strlen(receipt));
    struct hash hash = hasher_done(&h);
    hash_hex(&hash, hex);
    snprintf(out, URN_NUMBER_SIZE, "%.*s", URN_NUMBER_BYTES * 2, hex);
}

struct point urn_point(const char mark_hex[HASH_HEX_SIZE], const char *value)
{
    // The mark is of one length, so that two ballots never read as one.
    char *text = mem_printf("dure ballot 1\n%s\n%s", mark_hex, value);
    struct point p = point_of(text, strlen(text));
    mem_free(text);
    return p;
}
