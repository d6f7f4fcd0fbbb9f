#include "access/password.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"

#define RUNNING_MAX 2  // the pool has four threads, and others need them too
#define WAITING_MAX 32 // about three seconds

_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "a hash fits");

struct passwords {
    uv_loop_t *loop;
    struct password_cost cost;
    struct list waiting;
    int running, waits;
    bool closing;
};

struct job {
    uv_work_t work;
    struct list node;
    struct passwords *passwords;
    char password[PASSWORD_BYTES_MAX + 1];
    char hash[PASSWORD_HASH_SIZE]; // to compare with; "" where there is none
    bool verifies, fits, has_hash;
    char made[PASSWORD_HASH_SIZE];
    password_done *done;
    void *context;
};

struct passwords *passwords_new(uv_loop_t *loop, const struct password_cost *cost)
{
    must(sodium_init() >= 0);
    struct passwords *p = mem_new(struct passwords);
    p->loop = loop;
    p->cost = (struct password_cost){
        cost->passes ? cost->passes : 3,
        cost->memory_bytes ? cost->memory_bytes : crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE};
    list_init(&p->waiting);
    return p;
}

static void make(struct job *job)
{
    const struct password_cost *cost = &job->passwords->cost;
    // It fails only for want of memory, which is the machine's failure.
    must(crypto_pwhash_str_alg(job->made, job->password, strlen(job->password), cost->passes,
                               cost->memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0);
    job->has_hash = true;
}

// On the pool: touches the job only.
static void work(uv_work_t *handle)
{
    struct job *job = handle->data;
    const struct password_cost *cost = &job->passwords->cost;
    if (!job->verifies) {
        make(job);
        return;
    }
    if (!*job->hash) {
        make(job); // for the time it takes
        job->has_hash = false;
        return;
    }
    job->fits = crypto_pwhash_str_verify(job->hash, job->password, strlen(job->password)) == 0;
    if (job->fits &&
        crypto_pwhash_str_needs_rehash(job->hash, cost->passes, cost->memory_bytes) != 0)
        make(job);
}

static void tell(struct job *job, bool closing)
{
    job->done(job->context, &(struct password_result){.closing = closing,
                                                      .fits = job->fits,
                                                      .hash = job->has_hash ? job->made : NULL});
    sodium_memzero(job, sizeof *job);
    mem_free(job);
}

static void begin(struct passwords *p);

static void worked(uv_work_t *handle, int status)
{
    struct job *job = handle->data;
    struct passwords *p = job->passwords;
    (void)status; // nothing is ever taken back from the pool
    p->running--;
    tell(job, p->closing);
    begin(p);
    if (p->closing && p->running == 0)
        mem_free(p);
}

static void begin(struct passwords *p)
{
    while (!p->closing && p->running < RUNNING_MAX && !list_is_empty(&p->waiting)) {
        struct job *job = list_owner(p->waiting.next, struct job, node);
        list_remove(&job->node);
        p->waits--;
        p->running++;
        must(uv_queue_work(p->loop, &job->work, work, worked) == 0);
    }
}

void passwords_close(struct passwords *p)
{
    if (!p)
        return;
    p->closing = true;
    while (!list_is_empty(&p->waiting)) {
        struct job *job = list_owner(p->waiting.next, struct job, node);
        list_remove(&job->node);
        tell(job, true);
    }
    if (p->running == 0)
        mem_free(p);
}

static bool put(struct passwords *p, struct job *job, const char *password, struct fail *why)
{
    struct bytes normal;
    must(!p->closing);
    if (p->waits >= WAITING_MAX) {
        mem_free(job);
        return fail_code(why, FAIL_BUSY, "busy", "too many log-ins at once; try again in a moment");
    }
    bytes_init(&normal, PASSWORD_BYTES_MAX + 1);
    struct fail ignored = {0};
    // What cannot be a password fits no hash; it takes the time all the same.
    if (password_normal(password, &normal, &ignored))
        memcpy(job->password, normal.data, normal.length);
    else
        job->hash[0] = 0;
    sodium_memzero(normal.data, normal.length);
    bytes_done(&normal);
    job->passwords = p;
    job->work.data = job;
    list_append(&p->waiting, &job->node);
    p->waits++;
    begin(p);
    return true;
}

static struct job *job_new(password_done *done, void *context)
{
    struct job *job = mem_new(struct job);
    job->done = done;
    job->context = context;
    return job;
}

bool passwords_hash(struct passwords *p, const char *password, password_done *done, void *context,
                    struct fail *why)
{
    return put(p, job_new(done, context), password, why);
}

bool passwords_verify(struct passwords *p, const char *password, const char *hash,
                      password_done *done, void *context, struct fail *why)
{
    struct job *job = job_new(done, context);
    job->verifies = true;
    if (hash && strlen(hash) < sizeof job->hash)
        memcpy(job->hash, hash, strlen(hash));
    return put(p, job, password, why);
}

bool password_normal(const char *password, struct bytes *out, struct fail *why)
{
    size_t bytes = strlen(password);
    if (bytes > PASSWORD_BYTES_MAX)
        return fail_code(why, FAIL_LIMIT, "bad_password", "a password has at most %d bytes",
                         PASSWORD_BYTES_MAX);
    if (!utf8_normalize(password, bytes, out, why))
        return false;
    return (!out->overflowed && out->length <= PASSWORD_BYTES_MAX) ||
           fail_code(why, FAIL_LIMIT, "bad_password", "a password has at most %d bytes",
                     PASSWORD_BYTES_MAX);
}

bool password_check(const char *password, const char *account, struct fail *why)
{
    struct bytes normal;
    bytes_init(&normal, PASSWORD_BYTES_MAX + 1);
    bool good = password_normal(password, &normal, why);
    if (good && utf8_count(normal.data, normal.length) < PASSWORD_CHARACTERS_MIN)
        good = fail_code(why, FAIL_INVALID, "bad_password",
                         "a password has at least %d characters; a few words in a row are easy to "
                         "remember",
                         PASSWORD_CHARACTERS_MIN);
    if (good && strcasecmp(normal.data, account) == 0)
        good = fail_code(why, FAIL_INVALID, "bad_password",
                         "the account's name is no password; choose another");
    sodium_memzero(normal.data, normal.length);
    bytes_done(&normal);
    return good;
}
