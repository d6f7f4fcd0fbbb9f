// Accounts and tokens, for administrators.
#include "access/account.h"

#include <string.h>

#include "access/login.h"
#include "access/token.h"
#include "net/form.h"
#include "net/kept.h"
#include "web/console.h"
#include "web/html.h"

static void write_roles(struct page *p, json names)
{
    html(&p->out, "<fieldset><legend>%s</legend>", two(p, "역할", "Roles"));
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        bool has = false;
        for (size_t k = 0; k < json_length(names); k++) {
            json name = json_at(names, k);
            has = has || strcmp(json_text(name), roles[i].name) == 0;
            json_free(name);
        }
        html(&p->out, "<label class=choice><input type=checkbox name=role value=%r%r>%s</label>",
             roles[i].name, has ? " checked" : "", roles[i].label[p->language]);
    }
    html(&p->out, "</fieldset>\n");
}

// "admin auditor" of the ticked boxes.
static void read_roles(const struct form *form, struct bytes *out)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, "role") == 0)
            bytes_printf(out, "%s ", form->fields[i].value);
}

static void write_text_field(struct page *p, const char *name, const char *label, const char *value)
{
    html(&p->out,
         "<div class=field><label for=%r>%s</label><input type=text id=%r name=%r value=\"%s\" "
         "autocomplete=off></div>",
         name, label, name, name, value);
}

static void write_password_field(struct page *p, bool is_required)
{
    html(&p->out,
         "<div class=field><label for=password>%s</label><p class=help id=rule>%s</p><input "
         "type=password id=password name=password autocomplete=new-password "
         "aria-describedby=rule%r></div>",
         two(p, "비밀번호", "Password"), two(p, "10자 이상", "At least 10 characters"),
         is_required ? " required" : "");
}

// ---- the list

static void write_row(struct page *p, json account)
{
    json names = json_get(account, "roles");
    const char *name = json_get_text(account, "name", "");
    bool active = strcmp(json_get_text(account, "status", ""), "active") == 0;
    html(&p->out, "<tr><td><a href=\"/console/accounts/%u\">%s</a><td>%s<td>", name, name,
         json_get_text(account, "display", ""));
    for (size_t k = 0; k < json_length(names); k++) {
        json role = json_at(names, k);
        for (size_t i = 0; i < ROLE_COUNT; i++)
            if (strcmp(json_text(role), roles[i].name) == 0)
                html(&p->out, "%s%s", k > 0 ? ", " : "", roles[i].label[p->language]);
        json_free(role);
    }
    html(&p->out, "<td>%s<td>", active ? two(p, "사용", "active") : two(p, "막음", "disabled"));
    console_write_when(p, json_get_text(account, "lastLogin", NULL));
    json_free(names);
}

static void write_list(struct web *w, struct request *r, int status, const char *refusal)
{
    struct fail why = {0};
    struct page p;
    json list = account_list(w->access, &why), none = json_array();
    page_begin(&p, r, language_of(r) == LANGUAGE_KO ? "계정" : "Accounts", true);
    p.zone = people_zone(w->opts.people);
    if (refusal)
        html(&p.out, "<div class=refusal role=alert>%s</div>\n", refusal);
    html(&p.out,
         "<div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th scope=col>%s<th "
         "scope=col>%s<th scope=col>%s<th scope=col>%s</thead><tbody>",
         two(&p, "계정", "Account"), two(&p, "이름", "Name"), two(&p, "역할", "Roles"),
         two(&p, "상태", "Status"), two(&p, "마지막 로그인", "Last log-in"));
    for (size_t i = 0; i < json_length(list); i++) {
        json account = json_at(list, i);
        write_row(&p, account);
        json_free(account);
    }
    html(&p.out, "</table></div>\n<h2>%s</h2><form method=post action=\"/console/accounts\">",
         two(&p, "계정 추가", "Add an account"));
    web_write_csrf(&p);
    write_text_field(&p, "name", two(&p, "계정", "Account"), "");
    write_text_field(&p, "display", two(&p, "이름", "Name"), "");
    write_password_field(&p, true);
    write_roles(&p, none);
    html(&p.out, "<button>%s</button></form>\n", two(&p, "추가", "Add"));
    page_reply(&p, status);
    json_free(none);
    json_free(list);
}

static void list_accounts(void *context, struct request *r)
{
    write_list(context, r, 200, NULL);
}

// ---- one

static void write_one(struct web *w, struct request *r, int status, const char *refusal)
{
    struct fail why = {0};
    struct page p;
    const char *name = request_param(r, "name");
    json account = account_show(w->access, name, &why);
    if (json_is_absent(account)) {
        page_fail(r, &why);
        return;
    }
    bool active = strcmp(json_get_text(account, "status", ""), "active") == 0;
    page_begin(&p, r, name, true);
    if (refusal)
        html(&p.out, "<div class=refusal role=alert>%s</div>\n", refusal);
    html(&p.out, "<form method=post action=\"/console/accounts/%u\">", name);
    web_write_csrf(&p);
    write_text_field(&p, "display", two(&p, "이름", "Name"), json_get_text(account, "display", ""));
    json names = json_get(account, "roles");
    write_roles(&p, names);
    html(&p.out,
         "<fieldset><legend>%s</legend><label class=choice><input type=radio name=status "
         "value=active%r>%s</label><label class=choice><input type=radio name=status "
         "value=disabled%r>%s</label></fieldset><button>%s</button></form>\n",
         two(&p, "상태", "Status"), active ? " checked" : "", two(&p, "사용", "active"),
         active ? "" : " checked", two(&p, "막음", "disabled"), two(&p, "고치기", "Save"));
    html(&p.out, "<h2>%s</h2><form method=post action=\"/console/accounts/%u/password\">",
         two(&p, "새 비밀번호", "New password"), name);
    web_write_csrf(&p);
    write_password_field(&p, true);
    html(&p.out, "<button class=quiet>%s</button></form>\n", two(&p, "바꾸기", "Change"));
    page_reply(&p, status);
    json_free(names);
    json_free(account);
}

static void show_account(void *context, struct request *r)
{
    write_one(context, r, 200, NULL);
}

static const char *refusal_of(enum language l, const struct fail *why)
{
    static const struct {
        const char *code, *said[2];
    } sayings[] = {
        {"bad_password",
         {"비밀번호는 10자 이상이고 계정 이름과 달라야 합니다.",
          "A password has at least 10 characters and is not the account's name."}},
        {"bad_name",
         {"계정 이름에는 빈칸이나 따옴표를 쓸 수 없습니다.",
          "An account's name has no blanks or quotes."}},
        {"last_admin",
         {"마지막 관리자입니다. 먼저 다른 관리자를 만드십시오.",
          "This is the last administrator. Make another one first."}},
        {"conflict", {"같은 이름이 이미 있습니다.", "This name is taken."}},
    };
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++)
        if (strcmp(why->code, sayings[i].code) == 0)
            return sayings[i].said[l];
    return why->kind == FAIL_BUSY ? word(l, WORD_TRY_LATER) : why->message;
}

static void change_account(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    struct bytes names;
    const struct form *form = request_form(r, &why);
    if (!form) {
        page_fail(r, &why);
        return;
    }
    bytes_init(&names, 400);
    read_roles(form, &names);
    struct account_change change = {.name = request_param(r, "name"),
                                    .display = form_text(form, "display", NULL),
                                    .roles = names.data,
                                    .status = form_text(form, "status", NULL)};
    if (account_change(w->access, web_actor(w, r), &change, &why))
        web_redirect_after_commit(w, r, "/console/accounts");
    else
        write_one(w, r, problem_status(&why), refusal_of(language_of(r), &why));
    bytes_done(&names);
}

// ---- with a password, which is hashed beside the loop

static void on_set(void *context, const struct login_result *result)
{
    struct kept kept = kept_end(context);
    struct request *r = kept.request;
    struct web *w = kept.context;
    if (!r || result->closing)
        return;
    const char *refusal = result->good ? NULL : refusal_of(language_of(r), &result->why);
    if (result->good)
        web_redirect_after_commit(w, r, "/console/accounts");
    else if (kept.is_new)
        write_list(w, r, problem_status(&result->why), refusal);
    else
        write_one(w, r, problem_status(&result->why), refusal);
}

static void set_password(struct web *w, struct request *r, const struct account_change *change,
                         bool is_new)
{
    password_set(w->access,
                 &(struct password_change){
                     .by = web_actor(w, r),
                     .change = *change,
                     .password = form_text(request_form(r, &(struct fail){0}), "password", ""),
                     .request = r,
                     .is_new = is_new},
                 on_set, kept_new(r, w, is_new));
}

static void add_account(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    char name[ACCOUNT_NAME_BYTES + 1];
    const struct form *form = request_form(r, &why);
    if (!form) {
        page_fail(r, &why);
        return;
    }
    if (!account_name(form_text(form, "name", ""), name, &why)) {
        write_list(w, r, 422, refusal_of(language_of(r), &why));
        return;
    }
    struct bytes names;
    bytes_init(&names, 400);
    read_roles(form, &names);
    const char *display = form_text(form, "display", "");
    set_password(w, r,
                 &(struct account_change){
                     .name = name, .display = *display ? display : NULL, .roles = names.data},
                 true);
    bytes_done(&names);
}

static void reset_password(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    char name[ACCOUNT_NAME_BYTES + 1];
    if (!request_form(r, &why) || !account_name(request_param(r, "name"), name, &why))
        page_fail(r, &why);
    else
        set_password(w, r, &(struct account_change){.name = name}, false);
}

// ---- tokens

static void write_tokens(struct web *w, struct page *p)
{
    struct fail why = {0};
    json list = token_list(w->access, &why);
    html(&p->out,
         "<div class=scroll tabindex=0><table><thead><tr><th scope=col>%s<th scope=col>%s<th "
         "scope=col>%s<th scope=col>%s<th scope=col>%s</thead><tbody>",
         two(p, "이름", "Name"), two(p, "범위", "Scope"), two(p, "끝", "Expires"),
         two(p, "마지막 사용", "Last used"), two(p, "상태", "Status"));
    if (json_length(list) == 0)
        html(&p->out, "<tr><td colspan=5>%s", two(p, "아직 없습니다.", "None yet."));
    for (size_t i = 0; i < json_length(list); i++) {
        json one = json_at(list, i);
        const char *status = json_get_text(one, "status", "");
        html(&p->out, "<tr><td>%s<td>%s<td>", json_get_text(one, "name", ""),
             json_get_text(one, "scope", ""));
        console_write_when(p, json_get_text(one, "expiresAt", NULL));
        html(&p->out, "<td>");
        console_write_when(p, json_get_text(one, "usedAt", NULL));
        html(&p->out, "<td>");
        if (strcmp(status, "good") == 0) {
            html(&p->out, "<form method=post action=\"/console/tokens/%u/revoke\">",
                 json_get_text(one, "id", ""));
            web_write_csrf(p);
            html(&p->out, "<button class=alert>%s</button></form>", two(p, "폐기", "Revoke"));
        } else {
            html(&p->out, "%s",
                 strcmp(status, "revoked") == 0 ? two(p, "폐기됨", "revoked")
                                                : two(p, "기한 지남", "expired"));
        }
        json_free(one);
    }
    html(&p->out, "</table></div>\n");
    json_free(list);
}

static void begin_tokens(struct web *w, struct page *p, struct request *r)
{
    page_begin(p, r, language_of(r) == LANGUAGE_KO ? "토큰" : "Tokens", true);
    p->zone = people_zone(w->opts.people);
}

static void finish_tokens(struct web *w, struct page *p)
{
    write_tokens(w, p);
    html(&p->out, "<h2>%s</h2><form method=post action=\"/console/tokens\">",
         two(p, "토큰 발급", "Make a token"));
    web_write_csrf(p);
    write_text_field(p, "name", two(p, "무엇에 쓰는지", "What it is for"), "");
    html(&p->out, "<div class=field><label for=scope>%s</label><select id=scope name=scope>",
         two(p, "범위", "Scope"));
    for (size_t i = ROLE_COUNT; i-- > 0;)
        html(&p->out, "<option value=%r>%s", roles[i].name, roles[i].label[p->language]);
    html(&p->out, "<option value=start>%s</select></div>",
         two(p, "시작과 사건 보내기만", "Start and send events only"));
    html(&p->out,
         "<div class=field><label for=expires>%s</label><select id=expires name=expires><option "
         "value=P30D>%s<option value=P90D selected>%s<option value=P1Y>%s</select></div>"
         "<button>%s</button></form>\n",
         two(p, "기한", "Lasts"), two(p, "30일", "30 days"), two(p, "90일", "90 days"),
         two(p, "1년", "1 year"), two(p, "발급", "Make"));
}

static void list_tokens(void *context, struct request *r)
{
    struct web *w = context;
    struct page p;
    begin_tokens(w, &p, r);
    finish_tokens(w, &p);
    page_reply(&p, 200);
}

static void make_token(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    struct page p;
    char token[TOKEN_SIZE];
    json shown;
    const struct form *form = request_form(r, &why);
    if (!form) {
        page_fail(r, &why);
        return;
    }
    struct token_draft draft = {form_text(form, "name", NULL), form_text(form, "scope", NULL),
                                form_text(form, "expires", NULL)};
    bool good = token_create(w->access, web_actor(w, r), &draft, token, &shown, &why);
    begin_tokens(w, &p, r);
    if (good)
        html(&p.out,
             "<div class=\"notice good\" role=status><p>%s</p><p><code>%s</code></p></div>\n",
             two(&p, "이 토큰은 지금만 보입니다. 적어 두십시오.",
                 "This token is shown only now. Note it down."),
             token);
    else
        html(&p.out, "<div class=refusal role=alert>%s</div>\n", refusal_of(p.language, &why));
    finish_tokens(w, &p);
    web_reply_after_commit(w, &p, good ? 200 : problem_status(&why));
    json_free(shown);
}

static void revoke_token(void *context, struct request *r)
{
    struct web *w = context;
    struct fail why = {0};
    if (token_revoke(w->access, web_actor(w, r), request_param(r, "id"), &why))
        web_redirect_after_commit(w, r, "/console/tokens");
    else
        page_fail(r, &why);
}

void accounts_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/accounts", list_accounts, PERMIT_ADMIN},
        {"POST", "/console/accounts", add_account, PERMIT_ADMIN},
        {"GET", "/console/accounts/{name}", show_account, PERMIT_ADMIN},
        {"POST", "/console/accounts/{name}", change_account, PERMIT_ADMIN},
        {"POST", "/console/accounts/{name}/password", reset_password, PERMIT_ADMIN},
        {"GET", "/console/tokens", list_tokens, PERMIT_ADMIN},
        {"POST", "/console/tokens", make_token, PERMIT_ADMIN},
        {"POST", "/console/tokens/{id}/revoke", revoke_token, PERMIT_ADMIN},
    };
    CONSOLE_ADD(w, places);
}
