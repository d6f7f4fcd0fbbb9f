#include "access/login.h"

#include <stdio.h>
#include <string.h>

#include "access/state.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"

// What is kept while a password is on the pool.
struct attempt {
    struct access *x;
    char account[ACCOUNT_NAME_BYTES + 1];
    char client[CLIENT_SIZE];
    char *agent, *hash, *new_password;
    struct actor by;
    struct account_change change;
    bool is_new;
    login_done *done;
    void *context;
};

static void attempt_free(struct attempt *a)
{
    mem_free(a->agent);
    mem_free(a->hash);
    if (a->new_password)
        memset(a->new_password, 0, strlen(a->new_password));
    mem_free(a->new_password);
    mem_free((char *)(uintptr_t)a->by.name);
    mem_free((char *)(uintptr_t)a->change.display);
    mem_free((char *)(uintptr_t)a->change.roles);
    mem_free((char *)(uintptr_t)a->change.person);
    mem_free((char *)(uintptr_t)a->change.keep_session);
    mem_free(a);
}

static void tell(struct attempt *a, const struct login_result *result)
{
    a->done(a->context, result);
    attempt_free(a);
}

static void tell_fail(struct attempt *a, const struct fail *why)
{
    tell(a, &(struct login_result){.why = *why, .account = a->account});
}

// ---- counting

static char *pair_of(const struct attempt *a)
{
    return mem_printf("%s %s", a->client, a->account);
}

static int wait_of(struct attempt *a)
{
    struct limiter *l = &a->x->limiter;
    int64_t now_ms = access_now_ms(a->x);
    char *pair = pair_of(a);
    int waits[] = {limiter_wait_s(l, GUESS_LOGIN_PAIR, pair, now_ms),
                   limiter_wait_s(l, GUESS_LOGIN_ADDRESS, a->client, now_ms),
                   limiter_wait_s(l, GUESS_LOGIN_ACCOUNT, a->account, now_ms)};
    mem_free(pair);
    int most = 0;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        most = waits[i] > most ? waits[i] : most;
    return most;
}

// Before the hash is made, or a hundred guesses at once would all come before the first is counted.
static void count(struct attempt *a)
{
    int64_t now_ms = access_now_ms(a->x);
    char *pair = pair_of(a);
    limiter_count(&a->x->limiter, GUESS_LOGIN_PAIR, pair, now_ms);
    limiter_count(&a->x->limiter, GUESS_LOGIN_ADDRESS, a->client, now_ms);
    limiter_count(&a->x->limiter, GUESS_LOGIN_ACCOUNT, a->account, now_ms);
    mem_free(pair);
}

static void forgive(struct attempt *a)
{
    char *pair = pair_of(a);
    limiter_forgive(&a->x->limiter, GUESS_LOGIN_PAIR, pair);
    limiter_forgive(&a->x->limiter, GUESS_LOGIN_ADDRESS, a->client);
    limiter_forgive(&a->x->limiter, GUESS_LOGIN_ACCOUNT, a->account);
    mem_free(pair);
}

static bool is_refused(struct attempt *a, struct login_result *result)
{
    result->retry_after_s = wait_of(a);
    if (result->retry_after_s == 0)
        return false;
    fail_code(&result->why, FAIL_BUSY, "too_many_tries",
              "too many wrong passwords; try again in %d seconds", result->retry_after_s);
    log_warn("access", "login_limited", "client=%s", a->client);
    return true;
}

// ---- logging in

static struct attempt *attempt_new(struct access *x, const struct request *r, login_done *done,
                                   void *context)
{
    struct attempt *a = mem_new(struct attempt);
    a->x = x;
    a->done = done;
    a->context = context;
    client_of(&x->proxies, r, a->client);
    a->agent = mem_string(request_header(r, "User-Agent"));
    return a;
}

static struct fail wrong_login(void)
{
    struct fail why = {0};
    fail_code(&why, FAIL_DENIED, "wrong_login", "this account and password do not fit together");
    return why;
}

// The typed name is not recorded: people type their password into the wrong field.
static void record_failure(struct attempt *a, bool is_known)
{
    struct actor nobody = {.kind = ACTOR_NOBODY, .name = is_known ? a->account : ""};
    struct fail ignored = {0};
    if (access_may_change(a->x, &ignored))
        access_record(a->x, &nobody,
                      &(struct act){.act = "log-in-failed", .detail = json_absent()});
    log_warn("access", "login_failed", "client=%s", a->client);
}

static void note_login(struct access *x, const struct account *account, const char *hash)
{
    struct value columns[ACCOUNT_LOGIN_MS + 1];
    memcpy(columns, account->row.columns, sizeof columns);
    columns[ACCOUNT_LOGIN_MS] = value_integer(access_now_ms(x));
    if (hash)
        columns[ACCOUNT_HASH] = value_text(hash);
    store_put(x->store, TABLE_ACCOUNT, columns);
}

static bool let_in(struct access *x, const struct account *account, const char *agent,
                   const char *how, char secret[SESSION_SIZE], struct fail *why)
{
    struct actor by = {.kind = ACTOR_SESSION, .name = account->name};
    if (!session_new(x, account->name, agent, secret, why))
        return false;
    json detail = json_object();
    json_set_text(&detail, "with", how);
    access_record(x, &by, &(struct act){.act = "log-in", .detail = detail});
    json_free(detail);
    return true;
}

// The account as it is now: it may have been changed while the password was on the pool.
static bool is_still(struct attempt *a, struct account *account)
{
    struct fail ignored = {0};
    if (!account_read(a->x, a->account, account, &ignored))
        return false;
    return account->is_active && account->hash && a->hash && strcmp(account->hash, a->hash) == 0;
}

static void on_verified(void *context, const struct password_result *password)
{
    struct attempt *a = context;
    struct login_result result = {.account = a->account};
    struct account account = {0};
    char secret[SESSION_SIZE];
    if (password->closing) {
        tell(a, &(struct login_result){.closing = true});
        return;
    }
    if (!is_still(a, &account) || !password->fits) {
        record_failure(a, account.row.columns != NULL);
        result.why = wrong_login();
    } else if (let_in(a->x, &account, a->agent, "password", secret, &result.why)) {
        forgive(a);
        note_login(a->x, &account, password->hash);
        result.good = true;
        result.secret = secret;
    }
    account_done(&account);
    tell(a, &result);
}

static void remember_hash(struct attempt *a)
{
    struct account account;
    struct fail ignored = {0};
    if (account_read(a->x, a->account, &account, &ignored)) {
        a->hash = account.is_active ? mem_string(account.hash) : NULL;
        account_done(&account);
    }
}

void login_try(struct access *x, const struct login *login, login_done *done, void *context)
{
    struct attempt *a = attempt_new(x, login->request, done, context);
    struct login_result result = {.account = a->account};
    struct fail ignored = {0};
    // What cannot be a name is an account that does not exist.
    if (!account_name(login->account, a->account, &ignored))
        snprintf(a->account, sizeof a->account, "?");
    if (is_refused(a, &result)) {
        tell(a, &result);
        return;
    }
    count(a);
    remember_hash(a);
    if (!passwords_verify(x->passwords, login->password, a->hash, on_verified, a, &result.why)) {
        forgive(a);
        tell(a, &result);
    }
}

bool login_known(struct access *x, const char *name, const char *how, const struct request *r,
                 char secret[SESSION_SIZE], struct fail *why)
{
    struct account account;
    if (!account_read(x, name, &account, why))
        return false;
    bool good =
        account.is_active || fail_code(why, FAIL_DENIED, "disabled", "this account is disabled");
    good =
        good && let_in(x, &account, r ? request_header(r, "User-Agent") : NULL, how, secret, why);
    if (good)
        note_login(x, &account, NULL);
    account_done(&account);
    return good;
}

// ---- setting a password

static void on_hashed(void *context, const struct password_result *password)
{
    struct attempt *a = context;
    struct login_result result = {.account = a->account, .closing = password->closing};
    if (!password->closing) {
        a->change.hash = password->hash;
        result.good = a->is_new ? account_add(a->x, &a->by, &a->change, &result.why)
                                : account_change(a->x, &a->by, &a->change, &result.why);
    }
    tell(a, &result);
}

static void hash_new(struct attempt *a)
{
    struct fail why = {0};
    if (!passwords_hash(a->x->passwords, a->new_password, on_hashed, a, &why))
        tell_fail(a, &why);
}

static void on_current_verified(void *context, const struct password_result *password)
{
    struct attempt *a = context;
    struct account account = {0};
    if (password->closing) {
        tell(a, &(struct login_result){.closing = true});
        return;
    }
    bool good = is_still(a, &account) && password->fits;
    account_done(&account);
    if (good) {
        forgive(a);
        hash_new(a);
        return;
    }
    struct fail why = wrong_login();
    record_failure(a, true);
    tell_fail(a, &why);
}

static struct attempt *change_begin(struct access *x, const struct password_change *p,
                                    login_done *done, void *context)
{
    struct attempt *a = attempt_new(x, p->request, done, context);
    const struct account_change *c = &p->change;
    must(strlen(c->name) <= ACCOUNT_NAME_BYTES);
    snprintf(a->account, sizeof a->account, "%s", c->name);
    a->by = (struct actor){
        .kind = p->by->kind, .name = mem_string(p->by->name), .permissions = p->by->permissions};
    a->change = (struct account_change){.name = a->account,
                                        .display = mem_string(c->display),
                                        .roles = mem_string(c->roles),
                                        .person = mem_string(c->person),
                                        .keep_session = mem_string(c->keep_session)};
    a->new_password = mem_string(p->password);
    a->is_new = p->is_new;
    return a;
}

void password_set(struct access *x, const struct password_change *p, login_done *done,
                  void *context)
{
    struct attempt *a = change_begin(x, p, done, context);
    struct login_result result = {.account = a->account};
    if (!password_check(p->password, a->account, &result.why)) {
        tell(a, &result);
        return;
    }
    if (!p->current) {
        hash_new(a);
        return;
    }
    if (is_refused(a, &result)) {
        tell(a, &result);
        return;
    }
    count(a);
    remember_hash(a);
    if (!passwords_verify(x->passwords, p->current, a->hash, on_current_verified, a, &result.why)) {
        forgive(a);
        tell(a, &result);
    }
}
