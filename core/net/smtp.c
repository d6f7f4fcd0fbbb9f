#include "net/smtp.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/mailbox.h"
#include "base/mem.h"
#include "base/must.h"
#include "net/mime.h"
#include "net/smtp_answer.h"
#include "net/transfer.h"

// One mail on its way to the thread and back.
struct job {
    struct mail link; // first: what mailboxes carry
    char *from, *to, *message;
    size_t bytes, read;
    struct smtp_result result;
    smtp_sent *sent;
    void *context;
};

struct smtp {
    char *url, *user, *password, *ca;
    bool lax_tls;
    int timeout_ms;
    struct smtp_talk talk; // the thread's
    size_t outstanding;    // at most SMTP_QUEUE_MAX, so that neither mailbox can be full
    struct mailbox *to_send, *done;
    uv_thread_t thread;
    uv_async_t async; // the thread has something for the loop
    atomic_bool closing;
    atomic_bool ended; // the thread's last word
};

static void job_free(struct job *job)
{
    mem_free(job->from);
    mem_free(job->to);
    mem_free(job->message);
    mem_free(job);
}

// ---- on the thread

static size_t read_message(char *out, size_t size, size_t count, void *context)
{
    struct job *job = context;
    size_t left = job->bytes - job->read;
    size_t bytes = left < size * count ? left : size * count;
    memcpy(out, job->message + job->read, bytes);
    job->read += bytes;
    return bytes;
}

static int is_unwanted(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    struct smtp *smtp = context;
    return atomic_load(&smtp->closing);
}

// libcurl tells the conversation only to whoever asks for its debugging.
static int overhear(CURL *easy, curl_infotype type, char *data, size_t bytes, void *context)
{
    (void)easy;
    struct smtp_talk *talk = context;
    if (type == CURLINFO_HEADER_OUT)
        smtp_talk_sent(talk, data, bytes);
    else if (type == CURLINFO_HEADER_IN)
        smtp_talk_heard(talk, data, bytes);
    return 0;
}

static bool is_loopback(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t length = strcspn(host, ":/");
    return strncmp(host, "[::1]", 5) == 0 || strncmp(host, "127.", 4) == 0 ||
           (length == 9 && strncasecmp(host, "localhost", 9) == 0);
}

static void set_server(struct smtp *smtp, CURL *easy)
{
    bool must_hide = !smtp->lax_tls && (smtp->user || !is_loopback(smtp->url));
    curl_easy_setopt(easy, CURLOPT_URL, smtp->url);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(must_hide ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (smtp->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, smtp->ca);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, overhear);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &smtp->talk);
    if (smtp->user) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, smtp->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, smtp->password ? smtp->password : "");
    }
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_unwanted);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, smtp);
}

static void deliver(struct smtp *smtp, CURL *easy, struct job *job)
{
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *recipients = curl_slist_append(NULL, job->to);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, job->from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(easy, CURLOPT_READDATA, job);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)job->bytes);
    smtp_talk_begin(&smtp->talk);
    CURLcode result = curl_easy_perform(easy);
    smtp_judge(result, &smtp->talk, error, &job->result);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, NULL);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(recipients);
}

static void send_mails(void *context)
{
    struct smtp *smtp = context;
    struct transfer t;
    transfer_init(&t, "smtp,smtps", smtp->timeout_ms);
    set_server(smtp, t.easy);
    struct mail *link;
    while ((link = mailbox_wait(smtp->to_send))) {
        struct job *job = (struct job *)(void *)link;
        if (!atomic_load(&smtp->closing))
            deliver(smtp, t.easy, job);
        must(mailbox_send(smtp->done, link));
    }
    transfer_done(&t);
    atomic_store(&smtp->ended, true);
    uv_async_send(&smtp->async);
}

static void wake_loop(void *context)
{
    struct smtp *smtp = context;
    uv_async_send(&smtp->async);
}

// ---- on the loop

static void handle_closed(uv_handle_t *handle)
{
    struct smtp *smtp = handle->data;
    mailbox_free(smtp->to_send);
    mailbox_free(smtp->done);
    mem_free(smtp->url);
    mem_free(smtp->user);
    mem_free(smtp->password);
    mem_free(smtp->ca);
    mem_free(smtp);
}

static void take_results(uv_async_t *handle)
{
    struct smtp *smtp = handle->data;
    bool ended = atomic_load(&smtp->ended); // before the mailbox: nothing comes after it
    struct mail *link;
    while ((link = mailbox_take(smtp->done))) {
        struct job *job = (struct job *)(void *)link;
        smtp->outstanding--;
        if (!atomic_load(&smtp->closing))
            job->sent(job->context, &job->result);
        job_free(job);
    }
    if (!ended || uv_is_closing((uv_handle_t *)handle))
        return;
    must(smtp->outstanding == 0);
    uv_thread_join(&smtp->thread);
    uv_close((uv_handle_t *)handle, handle_closed);
}

struct smtp *smtp_new(uv_loop_t *loop, const struct smtp_server *server, struct fail *why)
{
    if (strncasecmp(server->url, "smtp://", 7) != 0 &&
        strncasecmp(server->url, "smtps://", 8) != 0) {
        fail(why, FAIL_INVALID,
             "'%.100s' is not a mail server's address; write smtp://host:port or smtps://host:port",
             server->url);
        return NULL;
    }
    transfers_global();
    struct smtp *smtp = mem_new(struct smtp);
    smtp->url = mem_string(server->url);
    smtp->user = mem_string(server->user);
    smtp->password = mem_string(server->password);
    smtp->ca = mem_string(server->ca);
    smtp->lax_tls = server->lax_tls;
    smtp->timeout_ms = server->timeout_ms ? server->timeout_ms : SMTP_TIMEOUT_MS;
    smtp->to_send = mailbox_new(SMTP_QUEUE_MAX, NULL, NULL);
    smtp->done = mailbox_new(SMTP_QUEUE_MAX, wake_loop, smtp);
    must(uv_async_init(loop, &smtp->async, take_results) == 0);
    smtp->async.data = smtp;
    must(uv_thread_create(&smtp->thread, send_mails, smtp) == 0);
    return smtp;
}

void smtp_close(struct smtp *smtp)
{
    must(!atomic_load(&smtp->closing));
    atomic_store(&smtp->closing, true);
    mailbox_close(smtp->to_send);
}

bool smtp_send(struct smtp *smtp, const struct smtp_mail *mail, smtp_sent *sent, void *context,
               struct fail *why)
{
    char address[MIME_ADDRESS_SIZE];
    must(!atomic_load(&smtp->closing));
    if (!mime_address(mail->from, address, why) || !mime_address(mail->to, address, why))
        return false;
    if (smtp->outstanding >= SMTP_QUEUE_MAX)
        return fail(why, FAIL_BUSY, "%d mails wait to be sent already", SMTP_QUEUE_MAX);
    struct job *job = mem_new(struct job);
    job->from = mem_string(mail->from);
    job->to = mem_string(mail->to);
    job->message = mem_copy(mail->message, mail->bytes);
    job->bytes = mail->bytes;
    job->sent = sent;
    job->context = context;
    smtp->outstanding++;
    must(mailbox_send(smtp->to_send, &job->link));
    return true;
}
