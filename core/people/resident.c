#include "people/resident.h"

#include "base/fail.h"
#include "people/people.h"

#define FIRST_DIGITS 6
#define LAST_DIGITS  7

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int two_digits(const char *s)
{
    return (s[0] - '0') * 10 + (s[1] - '0');
}

static size_t digits_at(const char *text, size_t bytes, size_t from, size_t most)
{
    size_t n = 0;
    while (n < most && from + n < bytes && is_digit(text[from + n]))
        n++;
    return n;
}

// The check digit is not looked at: numbers given out since 2020 do not keep it.
static bool number_starts_at(const char *text, size_t bytes, size_t at)
{
    if (digits_at(text, bytes, at, FIRST_DIGITS) < FIRST_DIGITS)
        return false;
    size_t second = at + FIRST_DIGITS;
    if (second < bytes && text[second] == ' ')
        second++;
    if (second < bytes && text[second] == '-')
        second++;
    if (second < bytes && text[second] == ' ')
        second++;
    if (digits_at(text, bytes, second, LAST_DIGITS + 1) != LAST_DIGITS)
        return false;
    int month = two_digits(text + at + 2), day = two_digits(text + at + 4);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool text_has_resident_number(const char *text, size_t bytes)
{
    for (size_t i = 0; i + FIRST_DIGITS + LAST_DIGITS <= bytes; i++) {
        if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1])))
            continue;
        if (number_starts_at(text, bytes, i))
            return true;
    }
    return false;
}

bool json_has_resident_number(json value)
{
    bool found = false;
    if (json_is_string(value))
        return text_has_resident_number(json_text(value), json_text_bytes(value));
    if (json_is_array(value)) {
        for (size_t i = 0; !found && i < json_length(value); i++) {
            json item = json_at(value, i);
            found = json_has_resident_number(item);
            json_free(item);
        }
        return found;
    }
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json member;
    while (json_is_object(value) && json_next(value, &cursor, &key, &member)) {
        found = json_has_resident_number(member);
        if (found) {
            json_cursor_done(&cursor);
            break;
        }
    }
    return found;
}

bool refuse_resident_number(json value, struct fail *why)
{
    if (!json_has_resident_number(value))
        return true;
    return fail_code(why, FAIL_REFUSED, "resident_number",
                     "this looks like a resident registration number, which is kept nowhere; "
                     "leave it out");
}
