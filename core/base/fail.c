#include "base/fail.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"

static const char *const kind_names[] = {
    [FAIL_NONE] = "none",
    [FAIL_INVALID] = "invalid",
    [FAIL_LIMIT] = "limit",
    [FAIL_NOT_FOUND] = "not_found",
    [FAIL_CONFLICT] = "conflict",
    [FAIL_REFUSED] = "refused",
    [FAIL_DENIED] = "denied",
    [FAIL_IO] = "io",
    [FAIL_FULL] = "full",
    [FAIL_CORRUPT] = "corrupt",
    [FAIL_BUSY] = "busy",
    [FAIL_TIMEOUT] = "timeout",
    [FAIL_UNSUPPORTED] = "unsupported",
};
_Static_assert(sizeof(kind_names) / sizeof(*kind_names) == FAIL_UNSUPPORTED + 1,
               "every kind has a name");

// A message cut at its largest size must not end inside a UTF-8 sequence: it goes into JSON.
static void cut_at_character(char *text, size_t size, int wanted)
{
    if (wanted < 0 || (size_t)wanted < size)
        return;
    size_t end = size - 1, lead = end;
    while (lead > 0 && end - lead < 4 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead == 0 || (unsigned char)text[lead - 1] < 0xC0)
        return; // ends in ASCII, or was no UTF-8 to begin with
    unsigned char first = (unsigned char)text[lead - 1];
    size_t needs = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (end - (lead - 1) < needs)
        text[lead - 1] = 0;
}

PRINTF(2, 0) static void write_message(struct fail *why, const char *format, va_list args)
{
    int wanted = vsnprintf(why->message, sizeof(why->message), format, args);
    cut_at_character(why->message, sizeof(why->message), wanted);
}

static void set_code(struct fail *why, enum fail_kind kind, const char *code)
{
    must(why);
    must(kind > FAIL_NONE && kind <= FAIL_UNSUPPORTED);
    must(strlen(code) < sizeof(why->code));
    why->kind = kind;
    memcpy(why->code, code, strlen(code) + 1);
}

bool fail(struct fail *why, enum fail_kind kind, const char *format, ...)
{
    set_code(why, kind, fail_kind_name(kind));
    va_list args;
    va_start(args, format);
    write_message(why, format, args);
    va_end(args);
    return false;
}

bool fail_code(struct fail *why, enum fail_kind kind, const char *code, const char *format, ...)
{
    set_code(why, kind, code);
    va_list args;
    va_start(args, format);
    write_message(why, format, args);
    va_end(args);
    return false;
}

bool fail_within(struct fail *why, const char *format, ...)
{
    must(why);
    must(why->kind != FAIL_NONE);
    struct fail prefix = *why;
    va_list args;
    va_start(args, format);
    write_message(&prefix, format, args);
    va_end(args);
    char whole[sizeof(why->message)];
    int wanted = snprintf(whole, sizeof(whole), "%s: %s", prefix.message, why->message);
    cut_at_character(whole, sizeof(whole), wanted);
    memcpy(why->message, whole, sizeof(whole));
    return false;
}

const char *fail_kind_name(enum fail_kind kind)
{
    must((unsigned)kind <= FAIL_UNSUPPORTED);
    return kind_names[kind];
}
