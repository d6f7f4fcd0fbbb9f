#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "net/mime.h"

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

static struct mime_message letter(void)
{
    return (struct mime_message){.from = "두레 <dure@example.org>",
                                 .to = "m01@example.org",
                                 .subject = "의결",
                                 .text = "hello\n",
                                 .key = "k1",
                                 .date_ms = 1369370400000,
                                 .headers = json_absent()};
}

static char *written(const struct mime_message *m)
{
    struct bytes out;
    struct fail why;
    bytes_init(&out, MIME_MESSAGE_BYTES_MAX);
    if (!mime_write(m, &out, &why))
        fail_msg("%s", why.message);
    char *text = mem_string(out.data);
    bytes_done(&out);
    return text;
}

static void assert_lines_fit(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\r");
        assert_true(length <= 76);
        assert_int_equal(text[length], '\r');
        assert_int_equal(text[length + 1], '\n');
        text += length + 2;
    }
}

TEST(mime, writes_a_plain_letter)
{
    UNUSED_STATE;
    struct mime_message m = letter();
    char *text = written(&m);
    assert_has(text, "From: =?UTF-8?B?65GQ66CI?=\r\n <dure@example.org>\r\n");
    assert_has(text, "To: m01@example.org\r\n");
    assert_has(text, "Subject: =?UTF-8?B?7J2Y6rKw?=\r\n");
    assert_has(text, "Date: Fri, 24 May 2013 04:40:00 +0000\r\n");
    assert_has(text, "Auto-Submitted: auto-generated\r\n");
    assert_has(text, "@example.org>\r\n");
    assert_has(text, "\r\n\r\nhello\r\n");
    assert_lines_fit(text);
    mem_free(text);
}

TEST(mime, gives_the_same_message_for_the_same_key)
{
    UNUSED_STATE;
    struct mime_message m = letter();
    char *one = written(&m), *two = written(&m);
    assert_string_equal(one, two);
    m.key = "k2";
    char *three = written(&m);
    assert_string_not_equal(one, three);
    mem_free(one), mem_free(two), mem_free(three);
}

TEST(mime, splits_long_subjects_between_characters)
{
    UNUSED_STATE;
    struct bytes subject, out;
    struct fail why;
    bytes_init(&subject, 10000);
    bytes_init(&out, 10000);
    for (int i = 0; i < 40; i++)
        bytes_add(&subject, i % 3 ? "가" : "a\u1100\u1161\u11a8"); // composed and decomposed Hangul
    assert_true(mime_header("Subject", subject.data, &out, &why));
    assert_lines_fit(out.data);
    // Every word alone decodes to whole characters.
    size_t words = 0;
    for (const char *word = out.data; (word = strstr(word, "=?UTF-8?B?")); words++) {
        const char *code = word + 10, *end = strstr(code, "?=");
        assert_non_null(end);
        assert_true(end + 2 - word <= 75);
        unsigned char decoded[80];
        size_t length = 0;
        unsigned group = 0;
        int bits = 0;
        for (; code < end && *code != '='; code++) {
            const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            group = group << 6 | (unsigned)(strchr(digits, *code) - digits);
            bits += 6;
            if (bits >= 8) {
                bits -= 8;
                decoded[length++] = (unsigned char)(group >> bits & 255);
            }
        }
        assert_true(utf8_is_valid((const char *)decoded, length));
        word = end;
    }
    assert_true(words > 3);
    bytes_done(&subject), bytes_done(&out);
}

TEST(mime, refuses_what_would_break_a_header)
{
    UNUSED_STATE;
    struct bytes out;
    struct fail why;
    bytes_init(&out, MIME_MESSAGE_BYTES_MAX);
    struct mime_message m = letter();
    m.subject = "a\r\nBcc: x@example.org";
    assert_false(mime_write(&m, &out, &why));
    m = letter();
    m.to = "m01@example.org\r\nBcc: x@example.org";
    assert_false(mime_write(&m, &out, &why));
    m.to = "a@example.org, b@example.org";
    assert_false(mime_write(&m, &out, &why));
    m.to = "nobody";
    assert_false(mime_write(&m, &out, &why));
    m = letter();
    m.headers = json_object();
    json_set_text(&m.headers, "Bcc", "x@example.org");
    assert_false(mime_write(&m, &out, &why));
    json_free(m.headers);
    m.headers = json_object();
    json_set_text(&m.headers, "X-A", "a\nb");
    assert_false(mime_write(&m, &out, &why));
    json_free(m.headers);
    bytes_done(&out);
}

TEST(mime, carries_alternatives_and_attachments)
{
    UNUSED_STATE;
    struct mime_message m = letter();
    m.html = "<p>안녕하세요</p>";
    struct mime_attachment files[] = {
        {"일정.ics", "text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\n", 17},
        {"a\"b.csv", "text/csv", "a,b\n", 4}};
    m.attachments = files;
    m.attachment_count = 2;
    m.headers = json_object();
    json_set_text(&m.headers, "List-Unsubscribe", "<https://example.org/u/1>");
    char *text = written(&m);
    assert_has(text, "List-Unsubscribe: <https://example.org/u/1>\r\n");
    assert_has(text, "Content-Type: multipart/mixed; boundary=\"=_m_");
    assert_has(text, "Content-Type: multipart/alternative; boundary=\"=_a_");
    assert_has(text, "Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n");
    assert_has(text, "filename*=UTF-8''%EC%9D%BC%EC%A0%95.ics\r\n");
    assert_has(text, "filename=\"a_b.csv\"");
    assert_has(text, "\r\nQkVHSU46VkNBTEVOREFSDQo=\r\n");
    mem_free(text);
    json_free(m.headers);
}

TEST(mime, needs_only_one_of_text_and_html)
{
    UNUSED_STATE;
    struct mime_message m = letter();
    m.text = NULL;
    m.html = "<p>hello</p>";
    char *text = written(&m);
    assert_has(text, "Content-Type: text/html; charset=utf-8\r\n");
    assert_null(strstr(text, "multipart"));
    mem_free(text);
}

TEST(mime, keeps_lines_short_and_their_ends)
{
    UNUSED_STATE;
    struct bytes out;
    bytes_init(&out, 10000);
    const char text[] = "From me\ntrailing \nlong long long long long long long long long long "
                        "long long long long long long =\n가\r\nend";
    mime_quoted_printable(text, sizeof(text) - 1, &out);
    assert_lines_fit(out.data);
    assert_has(out.data, "=46rom me\r\n");
    assert_has(out.data, "trailing=20\r\n");
    assert_has(out.data, "=3D\r\n");
    assert_has(out.data, "=EA=B0=80\r\nend\r\n");
    bytes_done(&out);
}

RUN(CASE(mime, writes_a_plain_letter), CASE(mime, gives_the_same_message_for_the_same_key),
    CASE(mime, splits_long_subjects_between_characters),
    CASE(mime, refuses_what_would_break_a_header), CASE(mime, carries_alternatives_and_attachments),
    CASE(mime, needs_only_one_of_text_and_html), CASE(mime, keeps_lines_short_and_their_ends))
