#include "engine/semver.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static size_t digits(const char *s)
{
    size_t n = 0;
    while (isdigit((unsigned char)s[n]))
        n++;
    return n;
}

// Numbers of any length: without leading zeros the longer one is larger.
static int compare_numbers(const char *a, size_t a_length, const char *b, size_t b_length)
{
    while (a_length > 1 && *a == '0')
        a++, a_length--;
    while (b_length > 1 && *b == '0')
        b++, b_length--;
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return memcmp(a, b, a_length);
}

static bool is_version(const char *s)
{
    for (int part = 0; part < 3; part++) {
        size_t n = digits(s);
        if (n == 0)
            return false;
        s += n;
        if (part < 2 && *s++ != '.')
            return false;
    }
    return *s == 0 || *s == '-' || *s == '+';
}

static size_t identifier_length(const char *s)
{
    return strcspn(s, ".+");
}

// Two dot-separated identifiers of a pre-release: numbers before words.
static int compare_identifiers(const char *a, size_t a_length, const char *b, size_t b_length)
{
    bool a_number = digits(a) == a_length, b_number = digits(b) == b_length;
    if (a_number && b_number)
        return compare_numbers(a, a_length, b, b_length);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    if (order != 0)
        return order;
    return a_length == b_length ? 0 : a_length < b_length ? -1 : 1;
}

static int compare_prereleases(const char *a, const char *b)
{
    if (*a != '-' || *b != '-')
        return *a == *b || (*a != '-' && *b != '-') ? 0 : *a == '-' ? -1 : 1;
    a++, b++;
    for (;;) {
        size_t a_length = identifier_length(a), b_length = identifier_length(b);
        int order = compare_identifiers(a, a_length, b, b_length);
        if (order != 0)
            return order;
        a += a_length, b += b_length;
        if (*a != '.' || *b != '.')
            return *a == '.' ? 1 : *b == '.' ? -1 : 0;
        a++, b++;
    }
}

int semver_compare(const char *a, const char *b)
{
    bool a_fits = is_version(a), b_fits = is_version(b);
    if (!a_fits || !b_fits)
        return a_fits ? 1 : b_fits ? -1 : strcmp(a, b);
    for (int part = 0; part < 3; part++) {
        size_t a_length = digits(a), b_length = digits(b);
        int order = compare_numbers(a, a_length, b, b_length);
        if (order != 0)
            return order;
        a += a_length + (part < 2), b += b_length + (part < 2);
    }
    return compare_prereleases(a, b);
}
