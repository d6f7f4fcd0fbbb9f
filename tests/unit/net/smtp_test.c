#include "test.h"

#include "mailhost.h"

#include "base/mem.h"
#include "net/smtp.h"

struct posted {
    bool ended;
    struct smtp_result result;
};

static void ended(void *context, const struct smtp_result *result)
{
    struct posted *posted = context;
    posted->ended = true;
    posted->result = *result;
}

static const char message[] = "Subject: x\r\n\r\n.dot\r\nend\r\n";

static struct posted post(struct mailhost *host, uv_loop_t *loop)
{
    struct posted posted = {0};
    struct fail why;
    char *url = mem_printf("smtp://127.0.0.1:%d", host->port);
    struct smtp *smtp = smtp_new(loop, &(struct smtp_server){.url = url}, &why);
    assert_non_null(smtp);
    assert_true(smtp_send(
        smtp,
        &(struct smtp_mail){"dure@example.org", "m01@example.org", message, sizeof(message) - 1},
        ended, &posted, &why));
    while (!posted.ended)
        uv_run(loop, UV_RUN_ONCE);
    mem_free(url);
    smtp_close(smtp);
    return posted;
}

static struct posted post_to(const char *to_rcpt, struct mailhost *host, uv_loop_t *loop)
{
    uv_loop_init(loop);
    mailhost_init(host, loop, to_rcpt);
    return post(host, loop);
}

static void finish(struct mailhost *host, uv_loop_t *loop)
{
    mailhost_done(host);
    assert_int_equal(uv_loop_close(loop), 0);
}

TEST(smtp, delivers_a_mail)
{
    UNUSED_STATE;
    uv_loop_t loop;
    struct mailhost host;
    struct posted posted = post_to("250 good\r\n", &host, &loop);
    assert_true(posted.result.sent);
    assert_string_equal(host.message.data, "Subject: x\n\n.dot\nend\n");
    assert_non_null(strstr(host.commands.data, "MAIL FROM:<dure@example.org>"));
    assert_non_null(strstr(host.commands.data, "RCPT TO:<m01@example.org>"));
    finish(&host, &loop);
}

TEST(smtp, tells_later_from_never)
{
    UNUSED_STATE;
    uv_loop_t loop;
    struct mailhost host;
    struct posted posted = post_to("450 mailbox busy\r\n", &host, &loop);
    assert_false(posted.result.sent);
    assert_int_equal(posted.result.why.kind, FAIL_BUSY);
    assert_int_equal(posted.result.code, 450);
    finish(&host, &loop);
    posted = post_to("550 nobody here\r\n", &host, &loop);
    assert_int_equal(posted.result.why.kind, FAIL_REFUSED);
    finish(&host, &loop);
}

TEST(smtp, says_when_nobody_listens)
{
    UNUSED_STATE;
    uv_loop_t loop;
    struct mailhost host;
    uv_loop_init(&loop);
    mailhost_init(&host, &loop, "250 good\r\n");
    uv_close((uv_handle_t *)&host.listener, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    struct posted posted = post(&host, &loop);
    assert_int_equal(posted.result.why.kind, FAIL_IO);
    uv_run(&loop, UV_RUN_DEFAULT);
    bytes_done(&host.line);
    bytes_done(&host.message);
    bytes_done(&host.commands);
    assert_int_equal(uv_loop_close(&loop), 0);
}

TEST(smtp, refuses_envelopes_that_smuggle)
{
    UNUSED_STATE;
    uv_loop_t loop;
    struct fail why;
    uv_loop_init(&loop);
    assert_null(smtp_new(&loop, &(struct smtp_server){.url = "http://127.0.0.1/"}, &why));
    struct smtp *smtp = smtp_new(&loop, &(struct smtp_server){.url = "smtp://127.0.0.1:25"}, &why);
    struct smtp_mail mail = {"dure@example.org", "a@example.org>\r\nRCPT TO:<b@example.org", "", 0};
    assert_false(smtp_send(smtp, &mail, ended, NULL, &why));
    assert_int_equal(why.kind, FAIL_INVALID);
    smtp_close(smtp);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

RUN(CASE(smtp, delivers_a_mail), CASE(smtp, tells_later_from_never),
    CASE(smtp, says_when_nobody_listens), CASE(smtp, refuses_envelopes_that_smuggle))
