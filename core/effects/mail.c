#include "effects/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "effects/letter.h"
#include "effects/mail_pace.h"
#include "machine/machine.h"
#include "net/smtp.h"
#include "people/mail.h"

#define FILE_NAME_BYTES_MAX 80 // of the key's part

struct mail_executor {
    struct executor executor;
    uv_loop_t *loop;
    struct people *people;
    char *folder; // "DATA/mail", or NULL
    char *from, *reply_to, *bounces;
    bool keep, wants_smtp;
    struct smtp *smtp;
    struct fail smtp_why;
    struct pace pace;
    size_t posting;      // handed to `smtp`
    struct list running; // those, and files
    struct list to_post; // waiting for their turn
};

struct running {
    struct list place;
    struct mail_executor *owner; // NULL: the executor is gone, the result is nobody's
    struct engine *engine;
    char *effect_key;
    int64_t tries;
    struct letter letter;
    uv_work_t work;
    char *path; // of the file
    struct fail why;
    bool written;
};

static void running_free(struct running *r)
{
    if (r->owner && r->letter.key)
        pace_forget(&r->owner->pace, r->letter.key);
    list_remove(&r->place);
    letter_done(&r->letter);
    mem_free(r->effect_key);
    mem_free(r->path);
    mem_free(r);
}

// ---- how it ended

// The row's status is for people to see; the effect's end does not hang on it.
static void mark(struct running *r, const char *status, const char *note)
{
    struct fail why;
    if (r->letter.key && !mail_settle(r->owner->people, r->letter.key, status, note, &why))
        log_warn("effects", "mail_status", "status=%s reason=\"%s\"", status, why.message);
}

static void finish(struct running *r, const char *status)
{
    mark(r, status, NULL);
    json value = json_object();
    json_set_text(&value, "status", status);
    struct effect_result result = {EFFECT_DONE, value};
    engine_effect_done(r->engine, r->effect_key, &result);
    json_free(value);
    running_free(r);
}

static void finish_failed(struct running *r, const struct fail *why)
{
    bool later = why->kind == FAIL_BUSY || why->kind == FAIL_IO || why->kind == FAIL_TIMEOUT ||
                 why->kind == FAIL_FULL;
    if (!later)
        mark(r, "failed", why->message);
    json problem = problem_new("communication", later ? 503 : 550, "the mail was not sent",
                               why->message, NULL);
    struct effect_result result = {later ? EFFECT_TRY_LATER : EFFECT_FAILED, problem};
    engine_effect_done(r->engine, r->effect_key, &result);
    json_free(problem);
    running_free(r);
}

// It may not go any more: the row says so already.
static void finish_suppressed(struct running *r, const char *why_not)
{
    json value = json_object();
    json_set_text(&value, "status", "suppressed");
    json_set_text(&value, "reason", why_not);
    struct effect_result result = {EFFECT_DONE, value};
    engine_effect_done(r->engine, r->effect_key, &result);
    json_free(value);
    running_free(r);
}

// ---- to a server
//
// A few mails at a time are handed to the thread of net/smtp; the others wait here, and go back to
// the engine when the server turns out to be down, so that none waits behind a time-out.

#define POSTING_MAX 2

// Back to the engine until an instant; `why` NULL: nothing has failed, it is not its turn.
static void give_back(struct running *r, int64_t at_ms, const struct fail *why)
{
    json problem =
        why ? problem_new("communication", 503, "the mail was not sent", why->message, NULL)
            : json_absent();
    if (why)
        mark(r, "queued", why->message);
    struct engine *engine = r->engine;
    char *key = r->effect_key;
    r->effect_key = NULL;
    if (!why) { // what it was promised stays promised
        mem_free(r->letter.key);
        r->letter.key = NULL;
    }
    running_free(r);
    engine_effect_later(engine, key, at_ms, problem);
    mem_free(key);
    json_free(problem);
}

static void server_failed(struct mail_executor *x, struct running *r, const struct fail *why)
{
    struct engine *engine = r->engine;
    int64_t at_ms = pace_server_failed(&x->pace, engine_now_ms(engine), engine_random(engine));
    log_warn("effects", "mail_server", "reason=\"%s\"", why->message);
    give_back(r, at_ms, why);
    while (!list_is_empty(&x->to_post))
        give_back(list_owner(x->to_post.next, struct running, place), at_ms, why);
}

static void refused(struct running *r, const struct smtp_result *result)
{
    struct fail why;
    struct bounce bounce = {r->letter.to, true, result->why.message};
    json problem =
        problem_new("communication", 550, "the mail was not sent", result->why.message, NULL);
    if (result->blame != SMTP_ADDRESS)
        mark(r, "failed", result->why.message);
    else if (!mail_bounced(r->owner->people, r->letter.key, &bounce, &why))
        log_warn("effects", "mail_bounce", "reason=\"%s\"", why.message);
    struct effect_result failed = {EFFECT_FAILED, problem};
    engine_effect_done(r->engine, r->effect_key, &failed);
    json_free(problem);
    running_free(r);
}

static void pump(struct mail_executor *x);

static void posted(void *context, const struct smtp_result *result)
{
    struct running *r = context;
    struct mail_executor *x = r->owner;
    struct engine *engine = r->engine;
    must(x->posting > 0);
    x->posting--;
    if (result->sent) {
        pace_delivered(&x->pace, r->letter.to);
        finish(r, "sent");
    } else if (result->blame == SMTP_SERVER) {
        server_failed(x, r, &result->why);
    } else if (result->why.kind == FAIL_REFUSED) {
        refused(r, result);
    } else {
        int64_t at_ms = pace_put_off(&x->pace, r->letter.to, r->tries, engine_now_ms(engine),
                                     engine_random(engine));
        give_back(r, at_ms, &result->why);
    }
    pump(x);
}

static void post(struct mail_executor *x, struct running *r)
{
    struct smtp_mail mail = {r->letter.from, r->letter.to, r->letter.message.data,
                             r->letter.message.length};
    struct fail why;
    list_remove(&r->place);
    list_append(&x->running, &r->place);
    if (!smtp_send(x->smtp, &mail, posted, r, &why))
        finish_failed(r, &why);
    else
        x->posting++;
}

static void pump(struct mail_executor *x)
{
    while (x->posting < POSTING_MAX && !list_is_empty(&x->to_post))
        post(x, list_owner(x->to_post.next, struct running, place));
}

static void queue(struct running *r)
{
    struct mail_executor *x = r->owner;
    int64_t now_ms = engine_now_ms(r->engine),
            at_ms = pace_ask(&x->pace, r->letter.key, r->letter.to, now_ms);
    if (!x->smtp) {
        finish_failed(r, &x->smtp_why);
        return;
    }
    if (at_ms > now_ms) {
        give_back(r, at_ms, NULL);
        return;
    }
    list_remove(&r->place);
    list_append(&x->to_post, &r->place);
    pump(x);
}

// ---- to a file

// What is readable of the key, and its hash, since keys differ in what a file name cannot show.
static char *file_path(const char *folder, const char *key)
{
    char name[FILE_NAME_BYTES_MAX + 1], hex[HASH_HEX_SIZE];
    size_t length = 0;
    for (const char *c = key; *c && length < FILE_NAME_BYTES_MAX; c++) {
        bool plain =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        name[length++] = plain ? *c : '-';
    }
    name[length] = 0;
    struct hash hash = hash_of(key, strlen(key));
    hash_hex(&hash, hex);
    return mem_printf("%s/%s.%.16s.eml", folder, name, hex);
}

static bool write_all(int fd, const char *data, size_t bytes)
{
    while (bytes) {
        ssize_t wrote = write(fd, data, bytes);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        data += wrote;
        bytes -= (size_t)wrote;
    }
    return fsync(fd) == 0;
}

static bool sync_folder(const char *path)
{
    char *folder = mem_string_sized(path, (size_t)(strrchr(path, '/') - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mem_free(folder);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

// On the pool: beside the place, to the disk, then into the place.
static void write_file(uv_work_t *work)
{
    struct running *r = work->data;
    char *beside = mem_printf("%s.part", r->path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_all(fd, r->letter.message.data, r->letter.message.length);
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (good) {
        good = rename(beside, r->path) == 0 && sync_folder(r->path);
        error = errno;
    }
    if (!good) {
        unlink(beside);
        fail(&r->why, error == ENOSPC ? FAIL_FULL : FAIL_IO, "the mail cannot be written to %s: %s",
             r->path, strerror(error));
    }
    r->written = good;
    mem_free(beside);
}

static void file_written(uv_work_t *work, int status)
{
    struct running *r = work->data;
    if (!r->owner)
        running_free(r);
    else if (status != 0 || !r->written)
        finish_failed(r, &r->why);
    else
        finish(r, "sent");
}

static void file(struct running *r)
{
    struct mail_executor *x = r->owner;
    if (mkdir(x->folder, 0700) != 0 && errno != EEXIST) {
        struct fail why;
        fail(&why, FAIL_IO, "the folder %s cannot be made: %s", x->folder, strerror(errno));
        finish_failed(r, &why);
        return;
    }
    r->path = file_path(x->folder, r->letter.key);
    r->work.data = r;
    fail(&r->why, FAIL_IO, "the mail was not written");
    must(uv_queue_work(x->loop, &r->work, write_file, file_written) == 0);
}

// ---- the executor

static void begin(struct executor *executor, struct engine *engine, const struct effect *effect)
{
    struct mail_executor *x = executor->context;
    struct running *r = mem_new(struct running);
    r->owner = x;
    r->engine = engine;
    r->effect_key = mem_string(effect->key);
    list_append(&x->running, &r->place);
    r->tries = effect->tries;
    struct fail why;
    const char *why_not;
    struct letter_opts letter = {.people = x->people,
                                 .store = engine_store(engine),
                                 .from = x->from,
                                 .reply_to = x->reply_to,
                                 .bounces = x->bounces,
                                 .now_ms = engine_now_ms(engine)};
    if (!letter_init(&r->letter, &letter, effect->request, &why))
        finish_failed(r, &why);
    else if (!mail_may_go(x->people, r->letter.key, &why_not))
        finish_suppressed(r, why_not);
    else if (x->keep)
        finish(r, "kept");
    else if (x->wants_smtp)
        queue(r);
    else if (x->folder)
        file(r);
    else
        finish(r, "kept");
}

struct mail_executor *mail_executor_new(const struct mail_executor_opts *opts,
                                        struct client *client)
{
    struct mail_executor *x = mem_new(struct mail_executor);
    x->loop = client_loop(client);
    x->people = opts->people;
    x->folder = opts->directory ? mem_printf("%s/mail", opts->directory) : NULL;
    x->from = mem_string(opts->from ? opts->from : "dure@localhost");
    x->reply_to = mem_string(opts->reply_to);
    x->bounces = mem_string(opts->bounces);
    x->keep = opts->keep;
    x->wants_smtp = opts->server && *opts->server && !opts->keep;
    list_init(&x->running);
    list_init(&x->to_post);
    pace_init(&x->pace, opts->rate, opts->domain_rate);
    struct smtp_server server = {.url = opts->server,
                                 .user = opts->user,
                                 .password = opts->password,
                                 .ca = opts->ca,
                                 .lax_tls = opts->lax_tls};
    if (x->wants_smtp)
        x->smtp = smtp_new(x->loop, &server, &x->smtp_why);
    x->executor = (struct executor){.kind = "mail", .begin = begin, .context = x};
    return x;
}

struct executor *mail_executor(struct mail_executor *x)
{
    return &x->executor;
}

// A file that is being written is freed by `file_written`.
static void orphan(struct list *list)
{
    list_each_safe(list, node, after)
    {
        struct running *r = list_owner(node, struct running, place);
        list_remove(&r->place);
        r->owner = NULL;
        if (!r->path)
            running_free(r);
    }
}

void mail_executor_free(struct mail_executor *x)
{
    if (!x)
        return;
    if (x->smtp)
        smtp_close(x->smtp);
    orphan(&x->running);
    orphan(&x->to_post);
    pace_done(&x->pace);
    mem_free(x->reply_to);
    mem_free(x->bounces);
    mem_free(x->folder);
    mem_free(x->from);
    mem_free(x);
}
