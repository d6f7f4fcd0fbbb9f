#include "effects/house.h"
#include "net/mailhost.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "effects/mail.h"
#include "effects/sink.h"
#include "people/mail.h"

// A row of the mailbox, as the people room writes it.
static void put_mail(struct house *h, const char *key)
{
    const char *body = "{\"text\":\"안녕하세요\",\"attachments\":[{\"name\":\"일정.ics\","
                       "\"type\":\"text/calendar; method=REQUEST\",\"text\":\"BEGIN\"}]}";
    struct value columns[] = {
        [MAIL_KEY] = value_text(key),
        [MAIL_SEQ] = value_integer(1),
        [MAIL_AT_MS] = value_integer(HOUSE_NOW_MS),
        [MAIL_RECIPIENT] = value_text("m01@example.org"),
        [MAIL_PERSON] = value_null(),
        [MAIL_SUBJECT] = value_text("의결"),
        [MAIL_BODY] = value_text(body),
        [MAIL_STATUS] = value_text("queued"),
        [MAIL_INSTANCE] = value_null(),
    };
    columns[MAIL_BODY].kind = VALUE_BLOB;
    store_put(h->store, TABLE_MAIL, columns);
}

static void assert_status(struct house *h, const char *expected)
{
    struct fail why;
    json mail = mail_show(h->people, 1, &why);
    assert_string_equal(json_get_text(mail, "status", "?"), expected);
    json_free(mail);
}

static bool is_queued(struct house *h)
{
    struct fail why;
    json mail = mail_show(h->people, 1, &why);
    bool queued = strcmp(json_get_text(mail, "status", "?"), "queued") == 0;
    json_free(mail);
    return queued;
}

// As the outbox would; the engine drops the result of an effect that it does not know.
static void begin(struct house *h, struct executor *x, const char *key)
{
    json request = json_object();
    json_set_text(&request, "key", key);
    struct effect effect = {.key = "i:/do/0/a:1:mail",
                            .instance = "i",
                            .path = "/do/0/a",
                            .name = "mail",
                            .attempt = 1,
                            .kind = "mail",
                            .class = "idempotent",
                            .request = request};
    x->begin(x, h->engine, &effect);
    json_free(request);
}

static void start(struct house *h)
{
    house_init(h);
    house_open(h);
    put_mail(h, "club/의결:m01");
}

TEST(mail, stays_a_row_where_there_is_neither_server_nor_folder)
{
    UNUSED_STATE;
    struct house h;
    start(&h);
    struct mail_executor *x =
        mail_executor_new(&(struct mail_executor_opts){.people = h.people}, h.client);
    begin(&h, mail_executor(x), "club/의결:m01");
    assert_status(&h, "kept");
    mail_executor_free(x);
    house_done(&h);
}

TEST(mail, becomes_one_file_a_key)
{
    UNUSED_STATE;
    struct house h;
    start(&h);
    char folder[] = "/tmp/dure-mail-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct mail_executor *x = mail_executor_new(
        &(struct mail_executor_opts){.people = h.people, .directory = folder}, h.client);
    for (int i = 0; i < 2; i++) { // tried again: the same file
        begin(&h, mail_executor(x), "club/의결:m01");
        do
            uv_run(&h.w.loop, UV_RUN_ONCE);
        while (is_queued(&h));
    }
    uv_run(&h.w.loop, UV_RUN_NOWAIT);
    assert_status(&h, "sent");
    char *inner = mem_printf("%s/mail", folder);
    DIR *directory = opendir(inner);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        files++;
        assert_non_null(strstr(entry->d_name, ".eml"));
        char *path = mem_printf("%s/%s", inner, entry->d_name);
        FILE *file = fopen(path, "r");
        char text[4096] = "";
        assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
        fclose(file);
        assert_has(text, "To: m01@example.org\r\n");
        assert_has(text, "Date: Fri, 24 May 2013 04:40:00 +0000\r\n");
        assert_has(text, "text/calendar; method=REQUEST");
        unlink(path);
        mem_free(path);
    }
    closedir(directory);
    mail_executor_free(x);
    while (uv_run(&h.w.loop, UV_RUN_NOWAIT) && files > 1)
        ;
    assert_int_equal(files, 1);
    rmdir(inner);
    rmdir(folder);
    mem_free(inner);
    house_done(&h);
}

static void send_over(const char *to_rcpt, const char *expected)
{
    struct house h;
    struct mailhost host;
    start(&h);
    mailhost_init(&host, &h.w.loop, to_rcpt);
    char *url = mem_printf("smtp://127.0.0.1:%d", host.port);
    struct mail_executor *x = mail_executor_new(
        &(struct mail_executor_opts){
            .people = h.people, .server = url, .from = "두레 <dure@example.org>"},
        h.client);
    begin(&h, mail_executor(x), "club/의결:m01");
    while (is_queued(&h))
        uv_run(&h.w.loop, UV_RUN_ONCE);
    assert_status(&h, expected);
    mail_executor_free(x);
    client_close(h.client);
    h.client = client_new(&h.w.loop);
    uv_close((uv_handle_t *)&host.listener, NULL);
    while (host.has_client)
        uv_run(&h.w.loop, UV_RUN_ONCE);
    bytes_done(&host.line);
    bytes_done(&host.message);
    bytes_done(&host.commands);
    mem_free(url);
    house_done(&h);
}

TEST(mail, goes_over_smtp)
{
    UNUSED_STATE;
    send_over("250 good\r\n", "sent");
}

TEST(mail, comes_back_where_the_server_refuses_the_address)
{
    UNUSED_STATE;
    send_over("550 nobody\r\n", "bounced");
}

// ---- the sink

static void take_event(void *context, struct request *r)
{
    char **got = context;
    size_t bytes;
    const char *body = request_body(r, &bytes);
    *got = mem_printf("%s %s", request_content_type(r), body);
    request_reply_take(r, 202, NULL, NULL);
}

TEST(sink, posts_events)
{
    UNUSED_STATE;
    struct house h;
    char *got = NULL;
    house_init(&h);
    house_open(&h);
    server_route(h.w.server, "POST", "/events", take_event, &got);
    char *url = mem_printf("http://127.0.0.1:%u/events", server_port(h.w.server));
    struct sink_executor *x = sink_executor_new(h.client, url);
    begin(&h, sink_executor(x), "event");
    while (!got)
        uv_run(&h.w.loop, UV_RUN_ONCE);
    assert_string_equal(got, "application/cloudevents+json {\"key\":\"event\"}");
    sink_executor_free(x);
    mem_free(got);
    mem_free(url);
    house_done(&h);
}

RUN(CASE(mail, stays_a_row_where_there_is_neither_server_nor_folder),
    CASE(mail, becomes_one_file_a_key), CASE(mail, goes_over_smtp),
    CASE(mail, comes_back_where_the_server_refuses_the_address), CASE(sink, posts_events))
