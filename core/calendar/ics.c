#include "calendar/ics.h"

#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"

#define TEXT_BYTES_MAX 10000
#define MAIL_BYTES_MAX 320

static const icalproperty_method methods[] = {
    [ICS_PUBLISH] = ICAL_METHOD_PUBLISH,
    [ICS_REQUEST] = ICAL_METHOD_REQUEST,
    [ICS_CANCEL] = ICAL_METHOD_CANCEL,
};

// Text is escaped by libical; a control character but tab and newline has no place in it at all.
static bool check_text(const char *name, const char *s, struct fail *why)
{
    if (!s)
        return true;
    size_t length = strnlen(s, TEXT_BYTES_MAX + 1);
    if (length > TEXT_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "ics: the %s has more than %d bytes", name, TEXT_BYTES_MAX);
    if (!utf8_is_valid(s, length))
        return fail(why, FAIL_INVALID, "ics: the %s is not UTF-8", name);
    for (; *s; s++)
        if (((unsigned char)*s < 0x20 && *s != '\n' && *s != '\t' && *s != '\r') || *s == 0x7F)
            return fail(why, FAIL_INVALID, "ics: the %s has a control character", name);
    return true;
}

// Addresses go into the file as they are, so a line break in one would forge a line of its own.
static bool check_address(const char *name, const char *s, struct fail *why)
{
    if (!s)
        return true;
    size_t length = strnlen(s, TEXT_BYTES_MAX + 1);
    if (length == 0 || length > TEXT_BYTES_MAX || !utf8_is_valid(s, length))
        return fail(why, FAIL_INVALID, "ics: the %s is empty, too long or not UTF-8", name);
    for (const char *c = s; *c; c++)
        if ((unsigned char)*c <= 0x20 || *c == 0x7F || *c == '"')
            return fail(why, FAIL_INVALID, "ics: the %s '%.*s' has a space, quote or line break",
                        name, utf8_cut(s, 60), s);
    return true;
}

static bool check_mail(const char *name, const char *s, struct fail *why)
{
    if (!check_address(name, s, why))
        return false;
    if (s && (!strchr(s, '@') || strlen(s) > MAIL_BYTES_MAX))
        return fail(why, FAIL_INVALID, "ics: the %s '%.*s' is no mail address", name,
                    utf8_cut(s, 60), s);
    return true;
}

static bool check_event(const struct ics_event *e, struct fail *why)
{
    must(e->uid);
    must(e->sequence >= 0);
    must((unsigned)e->method <= ICS_CANCEL);
    if (e->to_ms < e->from_ms)
        return fail(why, FAIL_INVALID, "ics: the event ends before it begins");
    if (e->stamp_ms < INSTANT_MIN || e->stamp_ms > INSTANT_MAX || e->from_ms < INSTANT_MIN ||
        e->to_ms > INSTANT_MAX)
        return fail(why, FAIL_LIMIT, "ics: the event lies outside the years %d to %d",
                    DATE_YEAR_MIN, DATE_YEAR_MAX);
    return check_text("uid", e->uid, why) && check_text("summary", e->summary, why) &&
           check_text("description", e->description, why) &&
           check_text("location", e->location, why) && check_address("url", e->url, why) &&
           check_mail("organizer", e->organizer_mail, why) &&
           check_mail("attendee", e->attendee_mail, why);
}

// UTC, so that no reader needs to know our zones; seconds, as iCalendar has no milliseconds.
static struct icaltimetype utc_time(int64_t ms)
{
    struct local_time l = zone_local(zone_utc(), ms);
    struct icaltimetype t = icaltime_null_time();
    t.year = l.year;
    t.month = l.month;
    t.day = l.day;
    t.hour = l.hour;
    t.minute = l.minute;
    t.second = l.second;
    t.zone = icaltimezone_get_utc_timezone();
    return t;
}

static void add(icalcomponent *to, icalproperty *property)
{
    must(property);
    icalcomponent_add_property(to, property);
}

// Line ends become plain newlines, which libical writes as \n.
static void add_text(icalcomponent *to, icalproperty *(*make)(const char *), const char *s)
{
    if (!s || !*s)
        return;
    struct bytes text;
    bytes_init(&text, TEXT_BYTES_MAX);
    for (; *s; s++)
        if (*s != '\r')
            bytes_add_char(&text, *s);
        else if (s[1] != '\n')
            bytes_add_char(&text, '\n');
    add(to, make(text.data));
    bytes_done(&text);
}

static void add_people(icalcomponent *to, const struct ics_event *e)
{
    char address[MAIL_BYTES_MAX + sizeof("mailto:")];
    if (e->organizer_mail) {
        stpcpy(stpcpy(address, "mailto:"), e->organizer_mail);
        add(to, icalproperty_new_organizer(address));
    }
    if (e->attendee_mail) {
        stpcpy(stpcpy(address, "mailto:"), e->attendee_mail);
        icalproperty *attendee = icalproperty_new_attendee(address);
        if (e->method == ICS_REQUEST) {
            icalproperty_add_parameter(attendee, icalparameter_new_rsvp(ICAL_RSVP_TRUE));
            icalproperty_add_parameter(attendee,
                                       icalparameter_new_partstat(ICAL_PARTSTAT_NEEDSACTION));
        }
        add(to, attendee);
    }
}

static icalcomponent *event_component(const struct ics_event *e)
{
    icalcomponent *event = icalcomponent_new(ICAL_VEVENT_COMPONENT);
    must(event);
    add_text(event, icalproperty_new_uid, e->uid);
    add(event, icalproperty_new_dtstamp(utc_time(e->stamp_ms)));
    add(event, icalproperty_new_dtstart(utc_time(e->from_ms)));
    add(event, icalproperty_new_dtend(utc_time(e->to_ms)));
    add(event, icalproperty_new_sequence(e->sequence));
    add(event, icalproperty_new_status(e->method == ICS_CANCEL ? ICAL_STATUS_CANCELLED
                                                               : ICAL_STATUS_CONFIRMED));
    add_text(event, icalproperty_new_summary, e->summary);
    add_text(event, icalproperty_new_description, e->description);
    add_text(event, icalproperty_new_location, e->location);
    if (e->url)
        add(event, icalproperty_new_url(e->url));
    add_people(event, e);
    return event;
}

bool ics_write(const struct ics_event *e, struct bytes *out, struct fail *why)
{
    if (!check_event(e, why))
        return false;
    icalcomponent *calendar = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
    must(calendar);
    add(calendar, icalproperty_new_prodid("-//Dure//Dure//EN"));
    add(calendar, icalproperty_new_version("2.0"));
    add(calendar, icalproperty_new_calscale("GREGORIAN"));
    add(calendar, icalproperty_new_method(methods[e->method]));
    icalcomponent_add_component(calendar, event_component(e));
    char *text = icalcomponent_as_ical_string_r(calendar);
    must(text);
    bool fits = bytes_add(out, text);
    icalmemory_free_buffer(text);
    icalcomponent_free(calendar);
    if (!fits)
        return fail(why, FAIL_LIMIT, "ics: the file has more than %zu bytes", out->max);
    return true;
}
