// What a step asks of people: work items, links to them, mails.
#include "plugin/lua_step.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "calendar/instant.h"
#include "people/item.h"
#include "people/link.h"
#include "people/mail.h"
#include "people/outcome.h"
#include "plugin/host_call.h"
#include "plugin/lua_dure.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"
#include "plugin/schema_tables.h"

static struct people *people_jmp(lua_State *L, const struct host_call *h)
{
    if (h->plugins->people == NULL)
        luaL_error(L, "there is no directory of people here");
    return h->plugins->people;
}

// The argument's table as JSON and, on the Lua stack, the same table for its instants.
static json options_jmp(lua_State *L, int index, const char *const *known)
{
    luaL_checktype(L, index, LUA_TTABLE);
    json options = lua_json_check_jmp(L, index);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json value;
    char unknown[64] = "";
    while (json_next(options, &cursor, &key, &value)) {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] == NULL)
            strncpy(unknown, key, sizeof unknown - 1);
    }
    if (unknown[0] != 0)
        luaL_error(L, "there is no option '%s' here", unknown);
    return options;
}

static int64_t option_instant_jmp(lua_State *L, int index, const char *key)
{
    lua_getfield(L, index, key);
    int64_t ms = lua_isnil(L, -1) ? INSTANT_NONE : host_instant_jmp(L, lua_gettop(L));
    lua_pop(L, 1);
    return ms;
}

// A member as a new reference that is held until the run ends.
static json member_jmp(lua_State *L, json options, const char *key)
{
    json value = json_get(options, key);
    sandbox_hold_json(L, value);
    return value;
}

static json form_jmp(lua_State *L, json options)
{
    json form = member_jmp(L, options, "form"), schema = json_get(form, "schema");
    if (json_is_absent(schema))
        return form;
    json fixed = json_ref(form);
    json_set_take(&fixed, "schema", schema_of_tables(schema));
    json_free(schema);
    sandbox_hold_json(L, fixed);
    return fixed;
}

static int ask_jmp(lua_State *L)
{
    static const char *const known[] = {"name",   "to",   "group",  "role",    "kind",
                                        "title",  "form", "detail", "opens",   "closes",
                                        "secret", "once", "allows", "outcome", NULL};
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    struct id id;
    json o = options_jmp(L, 2, known);
    const char *group = json_get_text(o, "group", NULL), *role = json_get_text(o, "role", NULL);
    const char *shared = group ? group : role;
    struct ask ask = {
        .name = json_get_text(o, "name", json_get_text(o, "to", shared ? shared : "public")),
        .group = group,
        .role = role,
        .allows = member_jmp(L, o, "allows"),
        .outcome = json_get_text(o, "outcome", NULL),
        .task = h->call->task,
        .assignee = json_get_text(o, "to", NULL),
        .kind = json_get_text(o, "kind", "form"),
        .title = member_jmp(L, o, "title"),
        .form = form_jmp(L, o),
        .detail = member_jmp(L, o, "detail"),
        .opens_ms = option_instant_jmp(L, 2, "opens"),
        .closes_ms = option_instant_jmp(L, 2, "closes"),
        .secret = json_get_bool(o, "secret", false),
        .once = json_get_bool(o, "once", false),
    };
    if (!item_ask(people_jmp(L, h), &h->call->address, &ask, &id, &why))
        return host_fail_jmp(L, &why);
    lua_pushstring(L, id.text);
    return 1;
}

// step:close(), step:close(name), step:close(name, code)
static int close_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    const char *name = luaL_optstring(L, 2, NULL), *code = luaL_optstring(L, 3, NULL);
    item_close_as(people_jmp(L, h), &h->call->address, name, code);
    return 0;
}

static int open_items_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    lua_pushinteger(L, (lua_Integer)item_open_count(people_jmp(L, h), &h->call->address));
    return 1;
}

// step:tell(receipt, changes): what who answered reads beside his receipt from now on.
static int tell_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    const char *receipt = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    json changes = lua_json_check_jmp(L, 3);
    if (!answer_tell(people_jmp(L, h), &h->call->address, receipt, changes, &why))
        return host_fail_jmp(L, &why);
    return 0;
}

// step:url(path): the path's whole address, as far as the server knows how it is reached.
static int url_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    lua_pushfstring(L, "%s%s", people_url(people_jmp(L, h)), luaL_checkstring(L, 2));
    return 1;
}

// step:link(item, person, expires): the address of the person's own page, "…/w/TOKEN"
static int link_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    char token[LINK_SIZE];
    const char *item = luaL_checkstring(L, 2), *person = luaL_optstring(L, 3, NULL);
    int64_t expires_ms = lua_isnoneornil(L, 4) ? INSTANT_NONE : host_instant_jmp(L, 4);
    if (!link_make(people_jmp(L, h), item, person, expires_ms, token, &why))
        return host_fail_jmp(L, &why);
    lua_pushfstring(L, "%s/w/%s", people_url(people_jmp(L, h)), token);
    return 1;
}

// step:inbox(person, expires): the address of all that waits for the person, "…/me/TOKEN"
static int inbox_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    char token[LINK_SIZE];
    const char *person = luaL_checkstring(L, 2);
    int64_t expires_ms = lua_isnoneornil(L, 3) ? INSTANT_NONE : host_instant_jmp(L, 3);
    if (!link_make(people_jmp(L, h), "", person, expires_ms, token, &why))
        return host_fail_jmp(L, &why);
    lua_pushfstring(L, "%s/me/%s", people_url(people_jmp(L, h)), token);
    return 1;
}

static void free_text(void *text)
{
    mem_free(text);
}

// step:page(task, person): the address where he sees what the task asks him, and what came of it;
// step:page(task): where everybody reads what came of it. nil where there is none
static int page_jmp(lua_State *L)
{
    struct host_call *h = host_change_jmp(L);
    struct people *people = people_jmp(L, h);
    struct fail why = {0};
    struct id item;
    char token[LINK_SIZE];
    const char *instance = h->call->address.instance;
    const char *task = luaL_checkstring(L, 2), *person = luaL_optstring(L, 3, NULL);
    if (person == NULL) {
        char *mark = outcome_public_mark(people, instance, task, &why);
        if (mark == NULL)
            return why.kind == FAIL_NONE ? 0 : host_fail_jmp(L, &why);
        sandbox_hold(L, free_text, mark);
        lua_pushfstring(L, "%s/o/%s/%s", people_url(people), instance, mark);
        return 1;
    }
    if (!item_own(people, instance, task, person, &item, &why))
        return why.kind == FAIL_NONE ? 0 : host_fail_jmp(L, &why);
    if (!link_make(people, item.text, person, INSTANT_NONE, token, &why))
        return host_fail_jmp(L, &why);
    lua_pushfstring(L, "%s/w/%s", people_url(people), token);
    return 1;
}

// step:outcome{title=, …, name=}: what came of it, for people; see people/outcome.h
// A pure function may leave one too: it is a copy of what it has reckoned, for people to read, and
// nothing that happens depends on it.
static int outcome_jmp(lua_State *L)
{
    struct host_call *h = host_note_jmp(L);
    struct fail why = {0};
    luaL_checktype(L, 2, LUA_TTABLE);
    json document = lua_json_check_jmp(L, 2);
    const char *name = json_get_text(document, "name", "");
    if (!outcome_put(people_jmp(L, h), &h->call->address, name, document, &why))
        return host_fail_jmp(L, &why);
    return 0;
}

// ---- mail

struct recipient {
    const char *address, *person; // held; address NULL: has none
};

// `to` is an address, the id of a person, or a person as dure.people gives it.
static struct recipient recipient_jmp(lua_State *L, const struct host_call *h, json o)
{
    struct fail why = {0};
    json to = member_jmp(L, o, "to");
    if (json_is_object(to))
        return (struct recipient){json_get_text(to, "email", NULL), json_get_text(to, "id", NULL)};
    if (!json_is_string(to))
        luaL_error(L, "'to' of a mail is an address, the id of a person, or a person");
    if (strchr(json_text(to), '@') != NULL)
        return (struct recipient){json_text(to), NULL};
    json person = people_get(people_jmp(L, h), json_text(to), &why);
    if (json_is_absent(person)) {
        if (why.kind != FAIL_NOT_FOUND)
            host_fail_jmp(L, &why);
        return (struct recipient){NULL, json_text(to)};
    }
    sandbox_hold_json(L, person);
    return (struct recipient){json_get_text(person, "email", NULL), json_text(to)};
}

// The key is (occasion, recipient): without one of the plugin's own the occasion is this call.
static const char *mail_key_jmp(lua_State *L, struct host_call *h, json o)
{
    const char *key = json_get_text(o, "key", NULL);
    if (key != NULL)
        return key;
    char id[HASH_HEX_SIZE];
    host_stable_id(h, "mail", id);
    char *made = mem_printf("%s:%.32s", h->call->address.instance, id);
    sandbox_hold(L, free_text, made);
    return made;
}

// A motion may be longer than the subject that carries it: it is cut, since a mail is no reason for
// a vote to fail. It stays on the stack.
static const char *subject_jmp(lua_State *L, json o)
{
    const char *subject = json_get_text(o, "subject", NULL), *dots = "…";
    if (subject == NULL || strlen(subject) <= MAIL_SUBJECT_BYTES_MAX)
        return subject;
    int length = utf8_cut(subject, MAIL_SUBJECT_BYTES_MAX - strlen(dots));
    lua_pushlstring(L, subject, (size_t)length);
    lua_pushstring(L, dots);
    lua_concat(L, 2);
    return lua_tostring(L, -1);
}

// step:mail{…} -> whether it goes, and what becomes of it: "sent", "delayed" (quiet hours),
// "sent_before", "opted_out", "no_address", "bouncing".
static int mail_jmp(lua_State *L)
{
    static const char *const known[] = {"to",        "subject",     "text",    "html",    "key",
                                        "mandatory", "attachments", "headers", "purpose", NULL};
    struct host_call *h = host_change_jmp(L);
    struct fail why = {0};
    enum mail_fate fate = MAIL_NO_ADDRESS;
    json o = options_jmp(L, 2, known);
    struct recipient to = recipient_jmp(L, h, o);
    const struct definition *d = h->call->definition;
    json quiet = d == NULL ? json_absent() : json_get(d->metadata, "quiet");
    sandbox_hold_json(L, quiet);
    struct mail_order order = {
        .key = mail_key_jmp(L, h, o),
        .to = to.address,
        .person = to.person,
        .subject = subject_jmp(L, o),
        .text = json_get_text(o, "text", NULL),
        .html = json_get_text(o, "html", NULL),
        .attachments = member_jmp(L, o, "attachments"),
        .headers = member_jmp(L, o, "headers"),
        .mandatory = json_get_bool(o, "mandatory", false),
        .purpose = json_get_text(o, "purpose", NULL),
        .quiet = quiet,
        .zone = d == NULL ? NULL : d->zone,
    };
    if (!mail_send(people_jmp(L, h), &h->call->address, &order, &fate, &why))
        return host_fail_jmp(L, &why);
    lua_pushboolean(L, fate == MAIL_SENT || fate == MAIL_DELAYED);
    lua_pushstring(L, mail_fate_name(fate));
    return 2;
}

const luaL_Reg lua_ask_methods[] = {{"ask", ask_jmp},
                                    {"close", close_jmp},
                                    {"open_items", open_items_jmp},
                                    {"inbox", inbox_jmp},
                                    {"outcome", outcome_jmp},
                                    {"link", link_jmp},
                                    {"url", url_jmp},
                                    {"page", page_jmp},
                                    {"mail", mail_jmp},
                                    {"tell", tell_jmp},
                                    {NULL, NULL}};

// ---- dure.people

#define SELECT_LIMIT_MAX 100000

static const char *const select_known[] = {"strict", "brief", "at", "after", "limit", NULL};

// dure.people.select(selector, {at=, strict=, brief=, after=, limit=}) -> list of persons, whether
// everybody is meant
static int select_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    json out;
    luaL_checkany(L, 1);
    json selector = lua_json_check_jmp(L, 1);
    struct select_opts opts = {.at_ms = h->call->now_ms};
    if (!lua_isnoneornil(L, 2)) {
        json o = options_jmp(L, 2, select_known);
        opts.strict = json_get_bool(o, "strict", false);
        opts.brief = json_get_bool(o, "brief", false);
        opts.after = json_get_text(o, "after", NULL);
        int64_t limit = json_get_int(o, "limit", 0);
        luaL_argcheck(L, limit >= 0 && limit <= SELECT_LIMIT_MAX, 2, "a limit is 1 to 100000");
        opts.limit = (size_t)limit;
        int64_t wanted = option_instant_jmp(L, 2, "at");
        opts.at_ms = wanted == INSTANT_NONE ? opts.at_ms : wanted;
    }
    if (!people_select(people_jmp(L, h), selector, &opts, &out, &why))
        return host_fail_jmp(L, &why);
    sandbox_hold_json(L, out);
    lua_json_push_jmp(L, member_jmp(L, out, "people"), LUA_NULL_ABSENT);
    lua_pushboolean(L, json_get_bool(out, "public", false));
    return 2;
}

static int get_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    json person = people_get(people_jmp(L, h), luaL_checkstring(L, 1), &why);
    if (json_is_absent(person) && why.kind != FAIL_NOT_FOUND)
        return host_fail_jmp(L, &why);
    sandbox_hold_json(L, person);
    lua_json_push_jmp(L, person, LUA_NULL_ABSENT);
    return 1;
}

static int group_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    int64_t at_ms = lua_isnoneornil(L, 2) ? h->call->now_ms : host_instant_jmp(L, 2);
    json members = people_group(people_jmp(L, h), luaL_checkstring(L, 1), at_ms, &why);
    if (json_is_absent(members))
        return host_fail_jmp(L, &why);
    sandbox_hold_json(L, members);
    lua_json_push_jmp(L, members, LUA_NULL_ABSENT);
    return 1;
}

const luaL_Reg lua_people_functions[] = {
    {"select", select_jmp}, {"get", get_jmp}, {"group", group_jmp}, {NULL, NULL}};
