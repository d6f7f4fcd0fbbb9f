#include "json/format.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/fail.h"
#include "calendar/duration.h"
#include "calendar/instant.h"
#include "calendar/recurrence.h"
#include "calendar/zone.h"
#include "json/pattern.h"

typedef bool fits(const char *text, size_t bytes);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool is_alnum(char c)
{
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static int number_at(const char *s, size_t digits)
{
    int n = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(s[i]))
            return -1;
        n = n * 10 + (s[i] - '0');
    }
    return n;
}

static bool fits_date(const char *s, size_t bytes)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (bytes != 10 || s[4] != '-' || s[7] != '-')
        return false;
    int year = number_at(s, 4), month = number_at(s + 5, 2), day = number_at(s + 8, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool fits_instant(const char *s, size_t bytes)
{
    struct fail why;
    int64_t ms;
    return strlen(s) == bytes && instant_parse(s, &ms, &why);
}

static bool fits_offset(const char *s)
{
    if (*s == 'Z' || *s == 'z')
        return s[1] == 0;
    if (*s != '+' && *s != '-')
        return false;
    int hour = number_at(s + 1, 2);
    return hour >= 0 && hour < 24 && s[3] == ':' && number_at(s + 4, 2) >= 0 &&
           number_at(s + 4, 2) < 60 && s[6] == 0;
}

// RFC 3339 full-time.
static bool fits_time(const char *s, size_t bytes)
{
    if (bytes < 9 || s[2] != ':' || s[5] != ':' || number_at(s, 2) > 23 ||
        number_at(s + 3, 2) > 59 || number_at(s + 6, 2) > 60 || number_at(s, 2) < 0 ||
        number_at(s + 3, 2) < 0 || number_at(s + 6, 2) < 0)
        return false;
    s += 8;
    if (*s == '.') {
        if (!is_digit(*++s))
            return false;
        while (is_digit(*s))
            s++;
    }
    return fits_offset(s);
}

static bool fits_duration(const char *s, size_t bytes)
{
    struct fail why;
    struct duration d;
    return strlen(s) == bytes && duration_parse(s, &d, &why);
}

static bool fits_hostname(const char *s, size_t bytes)
{
    if (bytes == 0 || bytes > 253)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < bytes; i++) {
        bool dot = s[i] == '.';
        if (dot && (label == 0 || s[i - 1] == '-'))
            return false;
        if (!dot && !is_alnum(s[i]) && !(s[i] == '-' && label > 0))
            return false;
        label = dot ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return label > 0 && s[bytes - 1] != '-';
}

// What is before the last '@' is the mailbox's affair; the domain must be one that could be asked.
static bool fits_email(const char *s, size_t bytes)
{
    const char *at = memrchr(s, '@', bytes);
    if (!at || at == s || at - s > 64 || s[0] == '.' || at[-1] == '.')
        return false;
    for (const char *p = s; p < at; p++) {
        bool letter =
            is_alnum(*p) || (*p && strchr("!#$%&'*+/=?^_`{|}~.-", *p)) || (unsigned char)*p >= 0x80;
        if (!letter || (*p == '.' && p[1] == '.'))
            return false;
    }
    return fits_hostname(at + 1, bytes - (size_t)(at + 1 - s));
}

static bool fits_uri_reference(const char *s, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c <= 0x20 || c == 0x7F || c >= 0x80 || strchr("\"<>\\^`{|}", c))
            return false;
        if (c == '%' && !(i + 2 < bytes && is_hex(s[i + 1]) && is_hex(s[i + 2])))
            return false;
    }
    return true;
}

static bool has_scheme(const char *s, size_t bytes)
{
    size_t n = 0;
    while (n < bytes && (is_alnum(s[n]) || (n > 0 && strchr("+-.", s[n]))))
        n++;
    return n > 0 && !is_digit(s[0]) && n + 1 < bytes && s[n] == ':';
}

static bool fits_uri(const char *s, size_t bytes)
{
    return has_scheme(s, bytes) && fits_uri_reference(s, bytes);
}

static bool fits_iri_reference(const char *s, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)s[i] <= 0x20 || strchr("\"<>\\^`{|}", s[i]))
            return false;
    return true;
}

static bool fits_iri(const char *s, size_t bytes)
{
    return has_scheme(s, bytes) && fits_iri_reference(s, bytes);
}

static bool fits_uri_template(const char *s, size_t bytes)
{
    bool open = false;
    for (size_t i = 0; i < bytes; i++) {
        if ((unsigned char)s[i] <= 0x20 || s[i] == '"' || s[i] == '<' || s[i] == '>')
            return false;
        if (s[i] == (open ? '{' : '}'))
            return false;
        if (s[i] == (open ? '}' : '{'))
            open = !open;
    }
    return !open;
}

static bool fits_uuid(const char *s, size_t bytes)
{
    if (bytes != 36)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s[i] != '-' : !is_hex(s[i]))
            return false;
    }
    return true;
}

static bool fits_ipv4(const char *s, size_t bytes)
{
    struct in_addr address;
    return strlen(s) == bytes && inet_pton(AF_INET, s, &address) == 1;
}

static bool fits_ipv6(const char *s, size_t bytes)
{
    struct in6_addr address;
    return strlen(s) == bytes && inet_pton(AF_INET6, s, &address) == 1;
}

static bool fits_regex(const char *s, size_t bytes)
{
    struct fail why;
    struct pattern *p = strlen(s) == bytes ? pattern_new(s, &why) : NULL;
    pattern_free(p);
    return p != NULL;
}

static bool fits_json_pointer(const char *s, size_t bytes)
{
    if (bytes > 0 && s[0] != '/')
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (s[i] == '~' && s[i + 1] != '0' && s[i + 1] != '1')
            return false;
    return true;
}

// ---- Dure's own: what the plugins take as times, durations, zones and rules

static bool fits_moment(const char *s, size_t bytes)
{
    struct fail why;
    int64_t ms;
    return strlen(s) == bytes && zone_parse(zone_utc(), s, &ms, &why);
}

static bool fits_when(const char *s, size_t bytes)
{
    return fits_moment(s, bytes) || fits_duration(s, bytes);
}

static bool fits_zone(const char *s, size_t bytes)
{
    struct fail why;
    return strlen(s) == bytes && zone_find(s, &why) != NULL;
}

// 18:00 or 18:00:30.
static bool fits_clock(const char *s, size_t bytes)
{
    if ((bytes != 5 && bytes != 8) || s[2] != ':' || (bytes == 8 && s[5] != ':'))
        return false;
    int hour = number_at(s, 2), minute = number_at(s + 3, 2);
    int second = bytes == 8 ? number_at(s + 6, 2) : 0;
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

static bool fits_rrule(const char *s, size_t bytes)
{
    struct fail why;
    return strlen(s) == bytes && rrule_check(s, &why);
}

// What a selector is where it is a word; the others are objects.
static bool fits_selector(const char *s, size_t bytes)
{
    return bytes == 6 && memcmp(s, "public", 6) == 0;
}

// What an address is worth is seen when it is written to.
static bool fits_recipient(const char *s, size_t bytes)
{
    return memchr(s, '@', bytes) != NULL || fits_selector(s, bytes);
}

static const struct {
    const char *format, *name;
    fits *check;
} table[] = {
    {"date-time", "a date and time with offset (2013-05-24T13:40:00+09:00)", fits_instant},
    {"date", "a date (2013-05-24)", fits_date},
    {"time", "a time with offset (13:40:00+09:00)", fits_time},
    {"duration", "an ISO 8601 duration (P1DT2H)", fits_duration},
    {"email", "a mail address", fits_email},
    {"idn-email", "a mail address", fits_email},
    {"hostname", "a host name", fits_hostname},
    {"ipv4", "an IPv4 address", fits_ipv4},
    {"ipv6", "an IPv6 address", fits_ipv6},
    {"uri", "a URI with scheme (https://example.org/)", fits_uri},
    {"uri-reference", "a URI or the end of one", fits_uri_reference},
    {"iri", "an address with scheme (https://example.org/)", fits_iri},
    {"iri-reference", "an address or the end of one", fits_iri_reference},
    {"uri-template", "a URI template", fits_uri_template},
    {"uuid", "a UUID", fits_uuid},
    {"regex", "a regular expression", fits_regex},
    {"json-pointer", "a JSON Pointer", fits_json_pointer},
    {"moment", "a time like 2013-05-24, 2013-05-24T18:00 or 2013-05-24T18:00:00+09:00",
     fits_moment},
    {"when", "a time like 2013-05-24T18:00:00+09:00, or a duration like P7D", fits_when},
    {"zone", "a time zone like Asia/Seoul or +09:00", fits_zone},
    {"clock", "a time of day like 18:00", fits_clock},
    {"selector", "public, {group: NAME}, {people: [ids]} or {role: NAME}", fits_selector},
    {"recipient", "an address, {group: NAME}, {people: [ids]}, {role: NAME} or {roster: TASK}",
     fits_recipient},
    {"rrule", "a recurrence rule like FREQ=MONTHLY;BYDAY=3FR", fits_rrule},
};

const char *format_name(const char *format)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].format, format) == 0)
            return table[i].name;
    return NULL;
}

bool format_fits(const char *format, const char *text, size_t bytes)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].format, format) == 0)
            return table[i].check(text, bytes);
    return true;
}

const char *format_near(const char *format, const char *text)
{
    return strcmp(format, "zone") == 0 ? zone_near(text) : NULL;
}
