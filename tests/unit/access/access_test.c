// Accounts, sessions, tokens, counting of guesses, and whose guesses are counted together.
#include "access/access.h"

#include "access/account.h"
#include "access/acts.h"
#include "access/login.h"
#include "access/session.h"
#include "access/state.h"
#include "access/token.h"
#include "store/audit.h"
#include "store/memory.h"
#include "test.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"

#define START_MS INT64_C(1367366400000)
#define HOUR_MS  INT64_C(3600000)

struct town {
    uv_loop_t loop;
    struct memory_disk *disk;
    struct store *store;
    struct virtual_port port;
    struct engine *engine;
    struct access *access;
};

static const struct actor root = {
    .kind = ACTOR_LOCAL, .name = "root", .display = "root", .permissions = PERMIT_ALL};

static void begin(struct town *t)
{
    struct fail why;
    log_configure(LOG_ERROR, false);
    must(uv_loop_init(&t->loop) == 0);
    t->disk = memory_disk_new();
    t->store = store_open(&(struct store_opts){.driver = memory_driver_new(t->disk)}, &why);
    virtual_port_init(&t->port, START_MS, 1);
    t->engine = engine_new(
        &(struct engine_opts){.store = t->store, .port = &t->port.port, .secrets = json_absent()});
    assert_true(engine_recover(t->engine, &why));
    t->access = access_new(&(struct access_opts){
        .engine = t->engine, .loop = &t->loop, .cost = {.passes = 1, .memory_bytes = 8192}});
}

static void settle(struct town *t)
{
    struct fail why;
    while (engine_turn(t->engine))
        ;
    assert_true(store_flush(t->store, 1000, &why));
    engine_poll(t->engine);
}

static void end(struct town *t)
{
    settle(t);
    access_free(t->access);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    engine_free(t->engine);
    store_close(t->store);
    memory_disk_free(t->disk);
    assert_int_equal(uv_loop_close(&t->loop), 0);
}

static bool add(struct town *t, const char *name, const char *names, struct fail *why)
{
    struct account_change change = {.name = name, .roles = names, .hash = "$argon2id$none"};
    *why = (struct fail){0};
    return account_add(t->access, &root, &change, why);
}

// ---- permissions

TEST(permission, roles_allow_what_is_written_here)
{
    UNUSED_STATE;
    static const struct {
        const char *role, *permissions;
    } expected[] = {{"admin", "view author start operate people audit admin"},
                    {"author", "view author start"},
                    {"operator", "view start operate people"},
                    {"auditor", "view audit"},
                    {"viewer", "view"}};
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        struct bytes out;
        unsigned permissions;
        struct fail why;
        bytes_init(&out, 200);
        assert_true(permissions_read(expected[i].role, &permissions, &why));
        permissions_write(permissions, &out);
        assert_string_equal(out.data, expected[i].permissions);
        bytes_done(&out);
    }
}

TEST(permission, unknown_words_are_refused)
{
    UNUSED_STATE;
    unsigned permissions;
    struct fail why;
    assert_false(permissions_read("root", &permissions, &why));
    assert_false(permissions_read("", &permissions, &why));
    assert_false(permissions_read("view,adminn", &permissions, &why));
    assert_true(permissions_read(" start, view ", &permissions, &why));
    assert_int_equal(permissions, PERMIT_START | PERMIT_VIEW);
}

// ---- guesses

TEST(limiter, makes_wait_after_a_burst_and_lets_go_with_time)
{
    UNUSED_STATE;
    static struct limiter l;
    static const uint8_t key[HASH_BYTES] = {1};
    limiter_init(&l, key);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(limiter_wait_s(&l, GUESS_LOGIN_PAIR, "a", START_MS), 0);
        limiter_count(&l, GUESS_LOGIN_PAIR, "a", START_MS);
    }
    assert_int_equal(limiter_wait_s(&l, GUESS_LOGIN_PAIR, "a", START_MS), 60);
    assert_int_equal(limiter_wait_s(&l, GUESS_LOGIN_PAIR, "a", START_MS + 59999), 1);
    assert_int_equal(limiter_wait_s(&l, GUESS_LOGIN_PAIR, "a", START_MS + 60000), 0);
    assert_int_equal(limiter_wait_s(&l, GUESS_LOGIN_PAIR, "b", START_MS), 0);
    assert_int_equal(limiter_wait_s(&l, GUESS_LINK, "a", START_MS), 0);
}

TEST(limiter, going_on_while_refused_piles_up_nothing)
{
    UNUSED_STATE;
    static struct limiter l;
    static const uint8_t key[HASH_BYTES] = {1};
    limiter_init(&l, key);
    for (int i = 0; i < 100000; i++)
        limiter_count(&l, GUESS_LINK, "a", START_MS);
    assert_int_equal(limiter_wait_s(&l, GUESS_LINK, "a", START_MS), 5);
}

TEST(limiter, a_flood_of_others_does_not_free_who_owes_most)
{
    UNUSED_STATE;
    static struct limiter l;
    static const uint8_t key[HASH_BYTES] = {1};
    limiter_init(&l, key);
    for (int i = 0; i < 30; i++)
        limiter_count(&l, GUESS_LINK, "guesser", START_MS);
    for (int i = 0; i < 100000; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d", i);
        limiter_count(&l, GUESS_LINK, name, START_MS);
    }
    assert_true(limiter_wait_s(&l, GUESS_LINK, "guesser", START_MS) > 0);
}

TEST(client, is_the_last_that_no_trusted_proxy_says)
{
    UNUSED_STATE;
    struct proxies p;
    struct fail why;
    char out[CLIENT_SIZE];
    assert_true(proxies_read("127.0.0.1, 10.0.0.0/8 ::1", &p, &why));
    static const struct {
        const char *peer, *forwarded, *client;
    } cases[] = {
        {"127.0.0.1", "", "127.0.0.1"},
        {"127.0.0.1", "203.0.113.7", "203.0.113.7"},
        {"127.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"}, // 1.2.3.4 is only said
        {"127.0.0.1", "1.2.3.4, 203.0.113.7,10.9.8.7", "203.0.113.7"},
        {"203.0.113.7", "1.2.3.4", "203.0.113.7"}, // no proxy of ours
        {"127.0.0.1", "nonsense", "127.0.0.1"},
        {"127.0.0.1", "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::"},
        {"127.0.0.1", "203.0.113.7:5000", "203.0.113.7"},
        {"::ffff:203.0.113.7", "1.2.3.4", "203.0.113.7"},
        {"2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        client_address(&p, cases[i].peer, cases[i].forwarded, out);
        assert_string_equal(out, cases[i].client);
    }
    assert_false(proxies_read("10.0.0.0/33", &p, &why));
    assert_false(proxies_read("proxy.example.org", &p, &why));
    assert_false(proxies_read("10.0.0.0/", &p, &why));
}

// ---- accounts

TEST(account, names_compare_however_they_are_typed)
{
    UNUSED_STATE;
    char a[ACCOUNT_NAME_BYTES + 1], b[ACCOUNT_NAME_BYTES + 1];
    struct fail why;
    assert_true(account_name("김서천", a, &why));
    assert_true(account_name(" \xE1\x84\x80\xE1\x85\xB5\xE1\x86\xB7\xE1\x84\x89\xE1\x85\xA5"
                             "\xE1\x84\x8E\xE1\x85\xA5\xE1\x86\xAB ",
                             b, &why));
    assert_string_equal(a, b);
    assert_true(account_name("Kim", a, &why));
    assert_string_equal(a, "kim");
    assert_false(account_name("a/b", a, &why));
    assert_false(account_name("", a, &why));
    assert_false(account_name("a\x01", a, &why));
}

TEST(account, the_last_admin_stays)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    begin(&t);
    assert_true(add(&t, "kim", "admin", &why));
    assert_true(add(&t, "lee", "viewer", &why));
    struct actor kim = {.kind = ACTOR_SESSION, .name = "kim", .permissions = PERMIT_ALL};
    assert_false(account_change(
        t.access, &kim, &(struct account_change){.name = "kim", .status = "disabled"}, &why));
    assert_string_equal(why.code, "last_admin");
    assert_false(account_change(t.access, &kim,
                                &(struct account_change){.name = "kim", .roles = "viewer"}, &why));
    assert_true(account_change(t.access, &kim,
                               &(struct account_change){.name = "lee", .roles = "admin"}, &why));
    assert_true(account_change(t.access, &kim,
                               &(struct account_change){.name = "kim", .roles = "viewer"}, &why));
    assert_false(add(&t, "kim", "admin", &why));
    assert_string_equal(why.code, "conflict");
    end(&t);
}

TEST(account, disabling_ends_sessions_and_tokens)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    struct arena arena;
    struct actor found;
    char secret[SESSION_SIZE], token[TOKEN_SIZE];
    json shown;
    begin(&t);
    arena_init(&arena);
    assert_true(add(&t, "kim", "operator", &why));
    assert_true(session_new(t.access, "kim", "test", secret, &why));
    struct actor kim = {.kind = ACTOR_SESSION, .name = "kim", .permissions = PERMIT_ALL};
    assert_true(token_create(t.access, &kim, &(struct token_draft){"ci", "start", NULL}, token,
                             &shown, &why));
    json_free(shown);
    assert_true(token_actor(t.access, token, &arena, &found));
    assert_true(account_change(
        t.access, &root, &(struct account_change){.name = "kim", .status = "disabled"}, &why));
    assert_null(session_account(t.access, secret));
    assert_false(token_actor(t.access, token, &arena, &found));
    arena_done(&arena);
    end(&t);
}

// ---- sessions

TEST(session, ends_when_idle_and_after_a_day_whatever_happens)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    char secret[SESSION_SIZE];
    begin(&t);
    assert_true(add(&t, "kim", "viewer", &why));
    assert_true(session_new(t.access, "kim", NULL, secret, &why));
    for (int hour = 0; hour < 23; hour++) {
        t.port.now_ms += HOUR_MS;
        char *account = session_account(t.access, secret);
        assert_non_null(account);
        mem_free(account);
    }
    t.port.now_ms = START_MS + SESSION_WHOLE_MS - 1;
    mem_free(session_account(t.access, secret));
    t.port.now_ms = START_MS + SESSION_WHOLE_MS;
    assert_null(session_account(t.access, secret));
    t.port.now_ms = START_MS;
    assert_true(session_new(t.access, "kim", NULL, secret, &why));
    t.port.now_ms = START_MS + SESSION_IDLE_MS;
    assert_null(session_account(t.access, secret));
    end(&t);
}

TEST(session, use_is_not_written_at_each_request)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    char secret[SESSION_SIZE];
    begin(&t);
    assert_true(add(&t, "kim", "viewer", &why));
    assert_true(session_new(t.access, "kim", NULL, secret, &why));
    settle(&t);
    t.port.now_ms += SESSION_SEEN_MS_EVERY - 1;
    mem_free(session_account(t.access, secret));
    assert_false(store_has_writes(t.store));
    t.port.now_ms += 1;
    mem_free(session_account(t.access, secret));
    assert_true(store_has_writes(t.store));
    end(&t);
}

TEST(session, a_new_password_ends_all_but_one)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    char one[SESSION_SIZE], two[SESSION_SIZE], hex[HASH_HEX_SIZE];
    begin(&t);
    assert_true(add(&t, "kim", "viewer", &why));
    assert_true(session_new(t.access, "kim", NULL, one, &why));
    assert_true(session_new(t.access, "kim", NULL, two, &why));
    struct hash hash = session_hash(two);
    hash_hex(&hash, hex);
    assert_true(account_change(
        t.access, &root,
        &(struct account_change){.name = "kim", .hash = "$new", .keep_session = hex}, &why));
    assert_null(session_account(t.access, one));
    char *kept = session_account(t.access, two);
    assert_non_null(kept);
    mem_free(kept);
    end(&t);
}

TEST(session, there_are_twenty_at_most)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    char first[SESSION_SIZE], secret[SESSION_SIZE];
    begin(&t);
    assert_true(add(&t, "kim", "viewer", &why));
    assert_true(session_new(t.access, "kim", NULL, first, &why));
    for (int i = 0; i < SESSIONS_MAX; i++) {
        t.port.now_ms++;
        assert_true(session_new(t.access, "kim", NULL, secret, &why));
    }
    assert_null(session_account(t.access, first));
    json list = session_list(t.access, "kim", &why);
    assert_int_equal(json_length(list), SESSIONS_MAX);
    json_free(list);
    end(&t);
}

// ---- tokens

TEST(token, lasts_to_its_last_millisecond_and_no_longer)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    struct arena arena;
    struct actor found;
    char token[TOKEN_SIZE];
    json shown;
    begin(&t);
    arena_init(&arena);
    assert_true(token_create(t.access, &root, &(struct token_draft){"ci", "start view", "PT1H"},
                             token, &shown, &why));
    json_free(shown);
    assert_memory_equal(token, "dure_", 5);
    t.port.now_ms = START_MS + HOUR_MS - 1;
    assert_true(token_actor(t.access, token, &arena, &found));
    assert_int_equal(found.permissions, PERMIT_START | PERMIT_VIEW);
    assert_string_equal(found.name, "ci");
    t.port.now_ms = START_MS + HOUR_MS;
    assert_false(token_actor(t.access, token, &arena, &found));
    arena_done(&arena);
    end(&t);
}

TEST(token, is_stored_hashed_and_ends_when_revoked)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    struct arena arena;
    struct actor found;
    char token[TOKEN_SIZE];
    json shown;
    begin(&t);
    arena_init(&arena);
    assert_true(token_create(t.access, &root, &(struct token_draft){"ci", "view", NULL}, token,
                             &shown, &why));
    json_free(shown);
    json list = token_list(t.access, &why);
    char *text = json_dump(list);
    assert_null(strstr(text, token + 5));
    mem_free(text);
    json_free(list);
    assert_true(token_revoke(t.access, &root, "ci", &why));
    assert_false(token_actor(t.access, token, &arena, &found));
    why = (struct fail){0};
    assert_false(token_revoke(t.access, &root, "ci", &why));
    token[10] ^= 1;
    assert_false(token_actor(t.access, token, &arena, &found));
    arena_done(&arena);
    end(&t);
}

TEST(token, has_no_more_than_who_makes_it)
{
    UNUSED_STATE;
    struct town t;
    struct fail why;
    char token[TOKEN_SIZE];
    json shown;
    begin(&t);
    struct actor kim = {.kind = ACTOR_SESSION, .name = "kim", .permissions = PERMIT_VIEW};
    assert_false(token_create(t.access, &kim, &(struct token_draft){"ci", "admin", NULL}, token,
                              &shown, &why));
    assert_string_equal(why.code, "not_permitted");
    assert_false(token_create(t.access, &root, &(struct token_draft){"ci", "view", "P3Y"}, token,
                              &shown, &why));
    assert_false(token_create(t.access, &root, &(struct token_draft){"ci", "view", "-P1D"}, token,
                              &shown, &why));
    assert_false(token_create(t.access, &root, &(struct token_draft){"", "view", NULL}, token,
                              &shown, &why));
    end(&t);
}

// ---- passwords

struct told {
    bool come, fits;
    char hash[PASSWORD_HASH_SIZE];
};

static void on_password(void *context, const struct password_result *result)
{
    struct told *told = context;
    told->come = true;
    told->fits = result->fits;
    if (result->hash)
        snprintf(told->hash, sizeof told->hash, "%s", result->hash);
}

TEST(password, fits_its_hash_in_any_form_of_hangul)
{
    UNUSED_STATE;
    uv_loop_t loop;
    struct told made = {0}, same = {0}, other = {0}, none = {0};
    struct fail why;
    must(uv_loop_init(&loop) == 0);
    struct passwords *p = passwords_new(&loop, &(struct password_cost){1, 8192});
    assert_true(passwords_hash(p, "가나다라마바사아자차", on_password, &made, &why));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_memory_equal(made.hash, "$argon2id$", 10);
    assert_true(passwords_verify(p, "\xE1\x84\x80\xE1\x85\xA1나다라마바사아자차", made.hash,
                                 on_password, &same, &why));
    assert_true(passwords_verify(p, "가나다라마바사아자카", made.hash, on_password, &other, &why));
    assert_true(passwords_verify(p, "가나다라마바사아자차", NULL, on_password, &none, &why));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(same.come && same.fits);
    assert_true(other.come && !other.fits);
    assert_true(none.come && !none.fits);
    passwords_close(p);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

TEST(password, a_queue_without_end_is_refused_and_closing_tells_all)
{
    UNUSED_STATE;
    uv_loop_t loop;
    static struct told told[100];
    struct fail why = {0};
    size_t taken = 0;
    must(uv_loop_init(&loop) == 0);
    struct passwords *p = passwords_new(&loop, &(struct password_cost){1, 8192});
    while (taken < 100 &&
           passwords_verify(p, "some password", NULL, on_password, &told[taken], &why))
        taken++;
    assert_in_range(taken, 10, 60);
    assert_int_equal(why.kind, FAIL_BUSY);
    passwords_close(p);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < taken; i++)
        assert_true(told[i].come);
    assert_int_equal(uv_loop_close(&loop), 0);
}

TEST(password, short_ones_and_the_name_are_refused)
{
    UNUSED_STATE;
    struct fail why;
    assert_false(password_check("가나다라마바사아자", "kim", &why));
    assert_true(password_check("가나다라마바사아자차", "kim", &why));
    assert_false(password_check("kim.seocheon", "Kim.Seocheon", &why));
}

// ---- acts

TEST(acts, are_chained_and_say_who)
{
    UNUSED_STATE;
    struct town t;
    struct fail why = {0};
    begin(&t);
    assert_true(add(&t, "kim", "admin", &why));
    settle(&t);
    assert_true(add(&t, "lee", "viewer", &why));
    settle(&t);
    struct audit_report report = {0};
    assert_true(audit_verify(t.store, NULL, &report, &why));
    assert_int_equal(report.rows, 2);
    json list = acts_list(t.engine, INT64_MAX, 10, &why), first = json_path(list, "0.acts.0");
    assert_int_equal(json_length(list), 2);
    assert_string_equal(json_get_text(first, "act", ""), "account-add");
    json by = json_path(first, "by.name"), account = json_path(first, "detail.account");
    assert_string_equal(json_text(by), "root");
    assert_string_equal(json_text(account), "lee");
    json_free(account);
    json_free(by);
    json_free(first);
    json_free(list);
    list = acts_list(t.engine, 2, 10, &why);
    assert_int_equal(json_length(list), 1);
    json_free(list);
    end(&t);
}

RUN(CASE(permission, roles_allow_what_is_written_here), CASE(permission, unknown_words_are_refused),
    CASE(limiter, makes_wait_after_a_burst_and_lets_go_with_time),
    CASE(limiter, going_on_while_refused_piles_up_nothing),
    CASE(limiter, a_flood_of_others_does_not_free_who_owes_most),
    CASE(client, is_the_last_that_no_trusted_proxy_says),
    CASE(account, names_compare_however_they_are_typed), CASE(account, the_last_admin_stays),
    CASE(account, disabling_ends_sessions_and_tokens),
    CASE(session, ends_when_idle_and_after_a_day_whatever_happens),
    CASE(session, use_is_not_written_at_each_request),
    CASE(session, a_new_password_ends_all_but_one), CASE(session, there_are_twenty_at_most),
    CASE(token, lasts_to_its_last_millisecond_and_no_longer),
    CASE(token, is_stored_hashed_and_ends_when_revoked), CASE(token, has_no_more_than_who_makes_it),
    CASE(password, fits_its_hash_in_any_form_of_hangul),
    CASE(password, a_queue_without_end_is_refused_and_closing_tells_all),
    CASE(password, short_ones_and_the_name_are_refused), CASE(acts, are_chained_and_say_who))
