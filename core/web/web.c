#include "web/web.h"

#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "net/form.h"
#include "web/fields.h"
#include "web/html.h"
#include "web/state.h"
#include "web/withdraw.h"

static void go_home(void *context, struct request *r)
{
    (void)context;
    request_redirect(r, 302, "/console");
}

struct web *web_new(const struct web_opts *opts)
{
    struct web *w = mem_new(struct web);
    w->opts = *opts;
    uint64_t seed;
    const struct port *port = engine_port(opts->engine);
    port->secret(port->context, &seed, sizeof seed);
    random_seed(&w->random, seed);
    w->own_access = opts->access ? NULL
                                 : access_new(&(struct access_opts){.engine = opts->engine,
                                                                    .dev = opts->dev,
                                                                    .token = opts->token,
                                                                    .loop = opts->loop});
    w->access = opts->access ? opts->access : w->own_access;
    page_routes(opts->server);
    server_route(opts->server, "GET", "/", go_home, w);
    public_routes(w);
    withdraw_routes(w);
    personal_routes(w);
    inbox_routes(w);
    outcome_routes(w);
    unsubscribe_routes(w);
    console_routes(w);
    templates_routes(w);
    instances_routes(w);
    desk_routes(w);
    views_routes(w);
    login_routes(w);
    mine_routes(w);
    accounts_routes(w);
    acts_routes(w);
    people_list_routes(w);
    person_routes(w);
    groups_routes(w);
    import_routes(w);
    roll_routes(w);
    attend_routes(w);
    return w;
}

void web_free(struct web *w)
{
    if (w)
        access_free(w->own_access);
    mem_free(w);
}

const struct zone *web_zone_of(struct web *w, const char *instance)
{
    struct fail why = {0};
    const struct zone *zone = zone_utc();
    json shown = engine_show(w->opts.engine, instance, &why), d = json_get(shown, "definition");
    struct definition_ref ref = {json_get_text(d, "namespace", ""), json_get_text(d, "name", ""),
                                 json_get_text(d, "version", NULL)};
    struct definition *definition = engine_definition(w->opts.engine, &ref, &why);
    if (definition)
        zone = definition->zone;
    json_free(d);
    json_free(shown);
    return zone;
}

void web_write_moment(struct web *w, const struct page *p, const char *instance,
                      const char *rfc3339, struct bytes *out)
{
    int64_t ms;
    struct fail why = {0};
    if (instant_parse(rfc3339, &ms, &why)) {
        html(out, "<time datetime=\"%s\">", rfc3339);
        moment_in(p->language, p->zone ? p->zone : web_zone_of(w, instance), ms, out);
        html(out, "</time>");
    } else {
        html(out, "%s", rfc3339);
    }
}

bool web_same_site(struct request *r)
{
    if (!request_is_cross_site(r))
        return true;
    enum language l = language_of(r);
    page_refuse(r, 403, word(l, WORD_NOT_POSSIBLE), word(l, WORD_OTHER_SITE));
    return false;
}

// A reply that waits for the disk; the client may leave meanwhile.
struct held {
    struct request *request; // NULL once the client has gone
    char *location;          // of a redirect, or NULL:
    struct page page;        // a page
    int status;
};

static void on_gone(void *context, struct request *r)
{
    struct held *held = context;
    (void)r;
    held->request = NULL;
}

static void on_durable(void *context)
{
    struct held *held = context;
    if (held->request && held->location)
        request_redirect(held->request, 303, held->location);
    else if (held->request)
        page_reply(&held->page, held->status);
    else if (!held->location)
        bytes_done(&held->page.out);
    mem_free(held->location);
    mem_free(held);
}

static void hold(struct web *w, struct request *r, struct held *held)
{
    held->request = r;
    request_on_abort(r, on_gone, held);
    engine_after_commit(w->opts.engine, on_durable, held);
}

void web_redirect_after_commit(struct web *w, struct request *r, const char *location)
{
    struct held *held = mem_new(struct held);
    held->location = mem_string(location);
    hold(w, r, held);
}

void web_reply_after_commit(struct web *w, struct page *p, int status)
{
    struct held *held = mem_new(struct held);
    held->page = *p; // takes its bytes
    held->status = status;
    hold(w, p->request, held);
}

const char *web_refusal(enum language language, json reply, const struct fail *why)
{
    json message = json_get(reply, "message");
    const char *text = text_in(language, message);
    json_free(message); // the reply still holds the text
    if (*text)
        return text;
    const char *said = word_of_refusal(language, why->code);
    return said ? said : why->message;
}

void web_write_form(struct web *w, struct page *p, const struct form_page *f)
{
    json form = json_get(f->item, "form"), schema = json_get(form, "schema");
    if (f->refusal)
        html(&p->out, "<div class=refusal role=alert>%s</div>\n", f->refusal);
    struct fields fields = {.language = p->language,
                            .schema = schema,
                            .values = f->values,
                            .violations = f->violations};
    fields_write_summary(&fields, &p->out);
    struct id key = id_new(engine_now_ms(w->opts.engine), &w->random);
    html(&p->out,
         "<form method=post action=\"%s\" novalidate><input type=hidden name=_key value=\"%s\">\n",
         f->action, key.text);
    fields_write(&fields, &p->out);
    if (f->receipt)
        html(&p->out,
             "<div class=field><label for=_receipt>%s</label><p class=help id=_receipt-help>%s</p>"
             "<input type=text id=_receipt name=_receipt required autocomplete=off "
             "aria-describedby=_receipt-help></div>\n",
             word(p->language, WORD_CHANGE_RECEIPT), word(p->language, WORD_CHANGE_RECEIPT_HELP));
    bool total = web_write_total(p, schema, f->values);
    if (total)
        html(&p->out, "<button class=quiet name=_total value=1>%s</button> ",
             word(p->language, WORD_SUM_SHOW));
    html(&p->out, "<button>%s</button></form>\n", word(p->language, f->send));
    json_free(schema);
    json_free(form);
}
