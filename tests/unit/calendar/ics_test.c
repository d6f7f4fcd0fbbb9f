#include "calendar/ics.h"

#include <string.h>

#include "test.h"

#include "base/utf8.h"

static struct ics_event forum(void)
{
    return (struct ics_event){
        .method = ICS_REQUEST,
        .uid = "forum-19@example.org",
        .sequence = 2,
        .stamp_ms = 1367366400000, // 2013-05-01T00:00:00Z
        .from_ms = 1369370400000,  // 2013-05-24T04:40:00Z
        .to_ms = 1369378800500,
        .summary = "정기포럼; 첫째 날, 둘째 날",
        .organizer_mail = "office@example.org",
        .attendee_mail = "m01@example.org",
    };
}

static void write_event(const struct ics_event *e, struct bytes *out)
{
    struct fail why;
    bytes_init(out, 100000);
    if (!ics_write(e, out, &why))
        fail_msg("%s", why.message);
}

static void assert_contains(const struct bytes *text, const char *line)
{
    if (!strstr(text->data, line))
        fail_msg("'%s' is not in\n%s", line, text->data);
}

TEST(ics, writes_an_event_in_utc)
{
    UNUSED_STATE;
    struct ics_event e = forum();
    struct bytes out;
    write_event(&e, &out);
    assert_ptr_equal(strstr(out.data, "BEGIN:VCALENDAR\r\n"), out.data);
    assert_contains(&out, "\r\nMETHOD:REQUEST\r\n");
    assert_contains(&out, "\r\nVERSION:2.0\r\n");
    assert_contains(&out, "\r\nUID:forum-19@example.org\r\n");
    assert_contains(&out, "\r\nSEQUENCE:2\r\n");
    assert_contains(&out, "\r\nDTSTAMP:20130501T000000Z\r\n");
    assert_contains(&out, "\r\nDTSTART:20130524T044000Z\r\n");
    assert_contains(&out, "\r\nDTEND:20130524T070000Z\r\n");
    assert_contains(&out, "\r\nSUMMARY:정기포럼\\; 첫째 날\\, 둘째 날\r\n");
    assert_contains(&out, "\r\nORGANIZER:mailto:office@example.org\r\n");
    assert_contains(&out, "mailto:m01@example.org\r\n");
    assert_contains(&out, "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    bytes_done(&out);
}

TEST(ics, cancels)
{
    UNUSED_STATE;
    struct ics_event e = forum();
    struct bytes out;
    e.method = ICS_CANCEL;
    write_event(&e, &out);
    assert_contains(&out, "METHOD:CANCEL\r\n");
    assert_contains(&out, "STATUS:CANCELLED\r\n");
    bytes_done(&out);
}

TEST(ics, folds_long_lines_between_characters)
{
    UNUSED_STATE;
    struct ics_event e = forum();
    struct bytes out, text, unfolded;
    bytes_init(&text, 10000);
    for (int i = 0; i < 100; i++)
        bytes_add(&text, i % 7 ? "두레" : "a긴 설명");
    e.description = text.data;
    write_event(&e, &out);
    bytes_init(&unfolded, 100000);
    for (const char *line = out.data; *line;) {
        const char *end = strstr(line, "\r\n");
        assert_non_null(end);
        size_t length = (size_t)(end - line);
        assert_true(length <= 75);
        assert_true(utf8_is_valid(line, length));
        assert_null(memchr(line, '\n', length));
        bytes_append(&unfolded, line, length);
        line = end + 2;
        if (*line == ' ')
            line++;
        else
            bytes_add(&unfolded, "\r\n");
    }
    assert_non_null(strstr(unfolded.data, text.data));
    bytes_done(&unfolded);
    bytes_done(&text);
    bytes_done(&out);
}

TEST(ics, escapes_line_breaks_in_text)
{
    UNUSED_STATE;
    struct ics_event e = forum();
    struct bytes out;
    e.description = "one\r\ntwo\nthree\rfour\\five";
    write_event(&e, &out);
    assert_contains(&out, "\r\nDESCRIPTION:one\\ntwo\\nthree\\nfour\\\\five\r\n");
    bytes_done(&out);
}

static void assert_refused(const struct ics_event *e, enum fail_kind kind)
{
    struct bytes out;
    struct fail why;
    bytes_init(&out, 100000);
    assert_false(ics_write(e, &out, &why));
    assert_int_equal(why.kind, kind);
    assert_int_equal(out.length, 0);
    bytes_done(&out);
}

TEST(ics, refuses_what_would_forge_lines)
{
    UNUSED_STATE;
    struct ics_event e = forum();
    e.attendee_mail = "m01@example.org\r\nATTENDEE:mailto:other@example.org";
    assert_refused(&e, FAIL_INVALID);
    e = forum();
    e.url = "http://example.org/\nX: y";
    assert_refused(&e, FAIL_INVALID);
    e = forum();
    e.organizer_mail = "nobody";
    assert_refused(&e, FAIL_INVALID);
    e = forum();
    e.summary = "bell \a";
    assert_refused(&e, FAIL_INVALID);
    e = forum();
    e.summary = "\xFF";
    assert_refused(&e, FAIL_INVALID);
}

TEST(ics, refuses_an_event_that_ends_before_it_begins)
{
    UNUSED_STATE;
    struct ics_event e = forum();
    e.to_ms = e.from_ms - 1;
    assert_refused(&e, FAIL_INVALID);
}

RUN(CASE(ics, writes_an_event_in_utc), CASE(ics, cancels),
    CASE(ics, folds_long_lines_between_characters), CASE(ics, escapes_line_breaks_in_text),
    CASE(ics, refuses_what_would_forge_lines),
    CASE(ics, refuses_an_event_that_ends_before_it_begins))
