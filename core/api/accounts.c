// Accounts, tokens and the acts in the audit chain.
#include "access/account.h"

#include <string.h>

#include "access/acts.h"
#include "access/login.h"
#include "access/token.h"
#include "api/resource.h"
#include "base/mem.h"
#include "net/kept.h"

#define ROLES_BYTES_MAX 400

void accounts_list(struct api *a, struct request *r)
{
    struct fail why = {0};
    json list = account_list(a->access, &why);
    if (json_is_array(list))
        reply_page(r, list, 0, NULL);
    else
        request_fail(r, &why);
}

void account_self(struct api *a, struct request *r)
{
    const struct actor *actor = access_check(a->access, r);
    static const char *const kinds[] = {
        [ACTOR_NOBODY] = "nobody",    [ACTOR_OPEN] = "open",   [ACTOR_LOCAL] = "command",
        [ACTOR_BOOTSTRAP] = "token",  [ACTOR_TOKEN] = "token", [ACTOR_SESSION] = "account",
        [ACTOR_PROVIDER] = "provider"};
    json me = json_object(), permissions = json_array();
    for (size_t i = 0; i < PERMIT_COUNT; i++)
        if (actor_may(actor, 1U << i))
            json_append_take(&permissions, json_string(permission_name(i)));
    json_set_text(&me, "kind", kinds[actor->kind]);
    json_set_text(&me, "name", actor->name);
    json_set_take(&me, "permissions", permissions);
    request_reply_json(r, 200, me);
    json_free(me);
}

// ---- making and changing; a password is hashed beside the loop

// "admin auditor" of a text or a list of texts; NULL where there is none. mem_free.
static char *read_roles(json body)
{
    json given = json_get(body, "roles");
    struct bytes out;
    bytes_init(&out, ROLES_BYTES_MAX);
    for (size_t i = 0; i < json_length(given) && json_is_array(given); i++) {
        json one = json_at(given, i);
        bytes_printf(&out, "%s ", json_is_string(one) ? json_text(one) : "?");
        json_free(one);
    }
    if (json_is_string(given))
        bytes_add(&out, json_text(given));
    char *text = json_is_absent(given) ? NULL : mem_string(out.data);
    bytes_done(&out);
    json_free(given);
    return text;
}

static void reply_account(struct api *a, struct request *r, const char *name, bool is_new)
{
    struct fail why = {0};
    reply_after_commit(a, r, is_new ? 201 : 200, account_show(a->access, name, &why));
}

static void on_set(void *context, const struct login_result *result)
{
    struct kept kept = kept_end(context);
    if (!kept.request || result->closing)
        return;
    if (result->good)
        reply_account(kept.context, kept.request, result->account, kept.is_new);
    else
        request_fail(kept.request, &result->why);
}

static void set(struct api *a, struct request *r, json body, const char *name, bool is_new)
{
    char *names = read_roles(body);
    const char *password = json_get_text(body, "password", NULL);
    struct fail why = {0};
    const struct actor *by = access_check(a->access, r);
    struct account_change change = {.name = name,
                                    .display = json_get_text(body, "display", NULL),
                                    .roles = names,
                                    .person = json_get_text(body, "person", NULL),
                                    .status = json_get_text(body, "status", NULL)};
    if (password && change.status) {
        request_problem(r, 422, "invalid", "change the password and the status one by one");
    } else if (password) {
        password_set(
            a->access,
            &(struct password_change){
                .by = by, .change = change, .password = password, .request = r, .is_new = is_new},
            on_set, kept_new(r, a, is_new));
    } else if (is_new ? account_add(a->access, by, &change, &why)
                      : account_change(a->access, by, &change, &why)) {
        reply_account(a, r, name, is_new);
    } else {
        request_fail(r, &why);
    }
    mem_free(names);
}

static void write_account(struct api *a, struct request *r, json body, const char *given,
                          bool is_new)
{
    char name[ACCOUNT_NAME_BYTES + 1];
    struct fail why = {0};
    if (account_name(given, name, &why))
        set(a, r, body, name, is_new);
    else
        request_fail(r, &why);
}

void account_create(struct api *a, struct request *r)
{
    static const struct member members[] = {{"name", MEMBER_TEXT},     {"display", MEMBER_TEXT},
                                            {"roles", MEMBER_ANY},     {"person", MEMBER_TEXT},
                                            {"password", MEMBER_TEXT}, {NULL, 0}};
    json body;
    if (!read_object(r, &body, members, false))
        return;
    write_account(a, r, body, json_get_text(body, "name", ""), true);
    json_free(body);
}

void account_update(struct api *a, struct request *r)
{
    static const struct member members[] = {{"display", MEMBER_TEXT}, {"roles", MEMBER_ANY},
                                            {"person", MEMBER_TEXT},  {"password", MEMBER_TEXT},
                                            {"status", MEMBER_TEXT},  {NULL, 0}};
    json body;
    if (!read_object(r, &body, members, false))
        return;
    write_account(a, r, body, request_param(r, "name"), false);
    json_free(body);
}

// ---- tokens

void tokens_list(struct api *a, struct request *r)
{
    struct fail why = {0};
    json list = token_list(a->access, &why);
    if (json_is_array(list))
        reply_page(r, list, 0, NULL);
    else
        request_fail(r, &why);
}

// Without Idempotency-Key: a kept answer would keep the token in the clear.
void token_make(struct api *a, struct request *r)
{
    static const struct member members[] = {
        {"name", MEMBER_TEXT}, {"scope", MEMBER_TEXT}, {"expires", MEMBER_TEXT}, {NULL, 0}};
    char token[TOKEN_SIZE];
    struct fail why = {0};
    json body, shown;
    if (!read_object(r, &body, members, false))
        return;
    struct token_draft draft = {json_get_text(body, "name", NULL),
                                json_get_text(body, "scope", NULL),
                                json_get_text(body, "expires", NULL)};
    if (token_create(a->access, access_check(a->access, r), &draft, token, &shown, &why)) {
        json_set_text(&shown, "token", token);
        request_set_header(r, "Cache-Control", "no-store");
        reply_after_commit(a, r, 201, shown);
    } else {
        request_fail(r, &why);
    }
    json_free(body);
}

void token_end(struct api *a, struct request *r)
{
    struct fail why = {0};
    json done = json_object();
    json_set_text(&done, "revoked", request_param(r, "id"));
    if (token_revoke(a->access, access_check(a->access, r), request_param(r, "id"), &why)) {
        reply_after_commit(a, r, 200, done);
        return;
    }
    json_free(done);
    request_fail(r, &why);
}

// ---- acts

void acts_page(struct api *a, struct request *r)
{
    struct fail why = {0};
    const char *after;
    size_t limit;
    int64_t before;
    if (!read_page(r, &limit, &after) || !cursor_number(r, after, &before))
        return;
    json list = acts_list(a->engine, after ? before : INT64_MAX, limit, &why);
    if (json_is_array(list))
        reply_page(r, list, limit, "seq");
    else
        request_fail(r, &why);
}
