#include "test.h"

#include <string.h>

#include "net/dsn.h"

#define HEAD                                                                                       \
    "Return-path: <>\r\nEnvelope-to: bounces+27-5f0c@example.org\r\n"                              \
    "Delivered-To: <Bounces+27-5f0c@example.org>\r\nTo: \"x <y>\" <office@example.org>\r\n"        \
    "Content-Type: multipart/report;\r\n\treport-type=delivery-status; boundary=\"b 1\"\r\n\r\n"   \
    "preamble\r\n--b 1\r\nContent-Type: text/plain\r\n\r\nIt did not go.\r\n"
#define STATUS                                                                                     \
    "--b 1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "                   \
    "mail.example.org\r\n"                                                                         \
    "\r\nAction: failed\r\nFinal-Recipient: rfc822;m01@example.org\r\nStatus: 5.1.1\r\n"           \
    "Diagnostic-Code: smtp; 550\r\n no such person\r\n"
#define SECOND                                                                                     \
    "\r\nFinal-Recipient: rfc822; <m02@example.org>\r\nAction: Delayed\r\nStatus: 4.2.2 "          \
    "(full)\r\n"
#define RETURNED                                                                                   \
    "--b 1  \r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n"                           \
    "Message-Id:\r\n <27.ab@example.org>\r\nMessage-ID: <other@example.org>\r\n\r\n--b 1--\r\n"

static struct dsn read_good(const char *text)
{
    struct dsn dsn;
    struct fail why;
    assert_true(dsn_read(text, strlen(text), &dsn, &why));
    return dsn;
}

static void refused(const char *text)
{
    struct dsn dsn;
    struct fail why;
    assert_false(dsn_read(text, strlen(text), &dsn, &why));
    assert_string_equal(why.code, "not_a_bounce");
}

TEST(dsn, says_where_it_went_which_mail_and_what_became_of_it)
{
    UNUSED_STATE;
    struct dsn dsn = read_good(HEAD STATUS SECOND RETURNED);
    assert_int_equal(dsn.target_count, 3);
    assert_string_equal(dsn.targets[0], "bounces+27-5f0c@example.org");
    assert_string_equal(dsn.targets[1], "Bounces+27-5f0c@example.org");
    assert_string_equal(dsn.targets[2], "office@example.org");
    assert_string_equal(dsn.message_id, "27.ab@example.org");
    assert_int_equal(dsn.recipient_count, 2);
    assert_string_equal(dsn.recipients[0].address, "m01@example.org");
    assert_string_equal(dsn.recipients[0].diagnostic, "smtp; 550 no such person");
    assert_true(dsn_is_hard(&dsn.recipients[0]));
    assert_string_equal(dsn.recipients[1].address, "m02@example.org");
    assert_string_equal(dsn.recipients[1].status, "4.2.2");
    assert_int_equal(dsn.recipients[1].action, DSN_DELAYED);
    assert_false(dsn_is_hard(&dsn.recipients[1]));
}

TEST(dsn, lines_may_end_as_they_like_and_the_end_may_be_cut_off)
{
    UNUSED_STATE;
    char text[] = HEAD STATUS, *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '\r')
            *to++ = *from;
    *to = 0;
    struct dsn dsn = read_good(text);
    assert_int_equal(dsn.recipient_count, 1);
    assert_string_equal(dsn.message_id, "");
}

TEST(dsn, what_is_none_is_refused)
{
    UNUSED_STATE;
    refused("");
    refused("Subject: hello\r\n\r\nhello\r\n");
    refused(HEAD);                                                        // names no recipient
    refused(HEAD RETURNED);                                               // nor does this
    refused("Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"); // of what?
    refused("Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n"
            "\r\n--b\r\n");
    refused(HEAD "--b 1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: x\r\n\r\n"
                 "Final-Recipient: rfc822; m01@example.org\r\nAction: failed\r\n"); // no status
    refused(HEAD "--b 1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: x\r\n\r\n"
                 "Final-Recipient: rfc822; m01@example.org\r\nStatus: 9.9.9\r\n");
}

TEST(dsn, what_strangers_write_is_bounded_and_plain)
{
    UNUSED_STATE;
    static char text[sizeof HEAD + 4000] = HEAD
        "--b 1\r\nContent-Type: message/delivery-status\r\n\r\nX: y\r\n\r\nFinal-Recipient: "
        "rfc822; "
        "m01@example.org\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: \x01\xea\xb0\x80";
    memset(text + strlen(text), 'x', 2000);
    struct dsn dsn = read_good(text);
    assert_int_equal(strlen(dsn.recipients[0].diagnostic), DSN_TEXT_SIZE - 1);
    assert_memory_equal(dsn.recipients[0].diagnostic, "???xx", 5);
    struct fail why;
    static char large[DSN_BYTES_MAX + 1];
    assert_false(dsn_read(large, sizeof large, &dsn, &why));
    assert_int_equal(why.kind, FAIL_LIMIT);
}

RUN(CASE(dsn, says_where_it_went_which_mail_and_what_became_of_it),
    CASE(dsn, lines_may_end_as_they_like_and_the_end_may_be_cut_off),
    CASE(dsn, what_is_none_is_refused), CASE(dsn, what_strangers_write_is_bounded_and_plain))
