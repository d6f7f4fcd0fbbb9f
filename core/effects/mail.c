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
#include "machine/machine.h"
#include "net/smtp.h"
#include "people/mail.h"

#define FILE_NAME_BYTES_MAX 80 // of the key's part

struct mail_executor {
    struct executor executor;
    uv_loop_t *loop;
    struct people *people;
    char *folder; // "DATA/mail", or NULL
    char *from;
    bool keep, wants_smtp;
    struct smtp *smtp;
    struct fail smtp_why;
    struct list running;
};

struct running {
    struct list place;
    struct mail_executor *owner; // NULL: the executor is gone, the result is nobody's
    struct engine *engine;
    char *effect_key;
    struct letter letter;
    uv_work_t work;
    char *path; // of the file
    struct fail why;
    bool written;
};

static void running_free(struct running *r)
{
    list_remove(&r->place);
    letter_done(&r->letter);
    mem_free(r->effect_key);
    mem_free(r->path);
    mem_free(r);
}

// ---- how it ended

// The row's status is for people to see; the effect's end does not hang on it.
static void mark(struct running *r, const char *status)
{
    struct fail why;
    if (r->letter.key && !mail_settle(r->owner->people, r->letter.key, status, &why))
        log_warn("effects", "mail_status", "status=%s reason=\"%s\"", status, why.message);
}

static void finish(struct running *r, const char *status)
{
    mark(r, status);
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
        mark(r, "failed");
    json problem = problem_new("communication", later ? 503 : 550, "the mail was not sent",
                               why->message, NULL);
    struct effect_result result = {later ? EFFECT_TRY_LATER : EFFECT_FAILED, problem};
    engine_effect_done(r->engine, r->effect_key, &result);
    json_free(problem);
    running_free(r);
}

// ---- to a server

static void posted(void *context, const struct smtp_result *result)
{
    struct running *r = context;
    if (result->sent)
        finish(r, "sent");
    else
        finish_failed(r, &result->why);
}

static void post(struct running *r)
{
    struct mail_executor *x = r->owner;
    struct smtp_mail mail = {r->letter.from, r->letter.to, r->letter.message.data,
                             r->letter.message.length};
    struct fail why;
    if (!x->smtp)
        finish_failed(r, &x->smtp_why);
    else if (!smtp_send(x->smtp, &mail, posted, r, &why))
        finish_failed(r, &why);
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
    struct fail why;
    if (!letter_init(&r->letter, engine_store(engine), effect->request, x->from,
                     engine_now_ms(engine), &why))
        finish_failed(r, &why);
    else if (x->keep)
        finish(r, "kept");
    else if (x->wants_smtp)
        post(r);
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
    x->keep = opts->keep;
    x->wants_smtp = opts->server && *opts->server && !opts->keep;
    list_init(&x->running);
    struct smtp_server server = {
        .url = opts->server, .user = opts->user, .password = opts->password};
    if (x->wants_smtp)
        x->smtp = smtp_new(x->loop, &server, &x->smtp_why);
    x->executor = (struct executor){.kind = "mail", .begin = begin, .context = x};
    return x;
}

struct executor *mail_executor(struct mail_executor *x)
{
    return &x->executor;
}

void mail_executor_free(struct mail_executor *x)
{
    if (!x)
        return;
    if (x->smtp)
        smtp_close(x->smtp);
    list_each_safe(&x->running, node, after)
    {
        struct running *r = list_owner(node, struct running, place);
        list_remove(&r->place);
        r->owner = NULL;
        if (!r->path) // a file is being written: `file_written` frees it
            running_free(r);
    }
    mem_free(x->folder);
    mem_free(x->from);
    mem_free(x);
}
