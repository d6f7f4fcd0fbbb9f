// The desk's page of a meeting: who is here, a tap in or out for each name, the quorum live. It
// works for any open step with a view named `desk`, which gives {rows: [{id, item, present,
// since}], figures: {present, entitled, needed, reached}, ends (adjourn.c)}; a tap is an answer
// {presence} to the item on the person's behalf. Without a script each tap reloads the page; with
// it the part that changes is fetched every few seconds, so that two desks see each other.
#include "web/attend.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/item.h"
#include "plugin/view.h"
#include "web/admin.h"
#include "web/html.h"

#define NAMES_MAX 300

// "출석 7 · 재적 15 · 정족수 8: 1명 부족"
static void write_quorum(const struct desk *d)
{
    struct page *p = d->page;
    json figures = json_get(d->view, "figures");
    int64_t present = json_get_int(figures, "present", 0),
            needed = json_get_int(figures, "needed", 0);
    bool reached = json_get_bool(figures, "reached", false);
    html(&p->out, "<p id=quorum class=\"quorum %s\" role=status>%s <strong>%d</strong> · %s %d",
         reached ? "good" : "warn", two(p, "출석", "Present"), present, two(p, "재적", "entitled"),
         json_get_int(figures, "entitled", 0));
    if (needed > 0 && reached)
        html(&p->out, " · %s %d: <strong>%s</strong>", two(p, "정족수", "quorum"), needed,
             two(p, "찼습니다", "reached"));
    else if (needed > 0)
        html(&p->out,
             p->language == LANGUAGE_KO ? " · %s %d: <strong>%d명 부족</strong>"
                                        : " · %s %d: <strong>%d short</strong>",
             two(p, "정족수", "quorum"), needed, needed - present);
    html(&p->out, "</p>\n");
    json_free(figures);
}

static void write_tap(const struct desk *d, json row, const char *name, bool present)
{
    struct page *p = d->page;
    html(&p->out, "<form method=post action=\"%s\">", d->path);
    web_write_csrf(p);
    admin_write_key(d->web, p);
    html(&p->out,
         "<input type=hidden name=item value=\"%s\"><input type=hidden name=person "
         "value=\"%s\"><input type=hidden name=q value=\"%s\"><button name=presence value=%r "
         "class=%r aria-label=\"%s: %s\">%s</button></form>",
         json_get_text(row, "item", ""), json_get_text(row, "id", ""), d->query,
         present ? "out" : "in", present ? "quiet" : "in", name,
         present ? two(p, "나감", "leaves") : two(p, "왔음", "is here"),
         present ? two(p, "나감", "Leaves") : two(p, "왔음", "Is here"));
}

// The clock is enough: the page is about today.
static void write_clock(const struct desk *d, const char *since)
{
    struct fail why = {0};
    int64_t ms;
    if (!instant_parse(since, &ms, &why))
        return;
    struct local_time t = zone_local(web_zone_of(d->web, d->instance), ms);
    char clock[32];
    snprintf(clock, sizeof clock, "%02d:%02d", t.hour, t.minute);
    html(&d->page->out, "<time datetime=\"%s\">%s</time>", since, clock);
}

static void write_name(const struct desk *d, json row, json person)
{
    struct page *p = d->page;
    const char *id = json_get_text(row, "id", ""), *name = json_get_text(person, "name", id),
               *since = json_get_text(row, "since", NULL);
    bool present = json_get_bool(row, "present", false);
    html(&p->out, "<li class=\"%s\" id=\"p-%s\"><div><strong>%s</strong><span class=help>",
         present ? "here" : "away", id, name);
    if (present && since) {
        html(&p->out, "%s ", two(p, "온 때", "here since"));
        write_clock(d, since);
    } else {
        html(&p->out, "%s", id);
    }
    html(&p->out, "</span></div>");
    if (d->may)
        write_tap(d, row, name, present);
}

static bool fits(json person, const char *id, const char *query)
{
    return !*query || strstr(json_get_text(person, "name", ""), query) || strcasestr(id, query);
}

static void write_names(const struct desk *d)
{
    struct page *p = d->page;
    json rows = json_get(d->view, "rows");
    size_t shown = 0;
    html(&p->out, "<ul class=names>\n");
    for (size_t i = 0; i < json_length(rows) && shown < NAMES_MAX; i++) {
        struct fail why = {0};
        json row = json_at(rows, i);
        const char *id = json_get_text(row, "id", "");
        json person = people_get(d->web->opts.people, id, &why);
        if (fits(person, id, d->query)) {
            write_name(d, row, person);
            shown++;
        }
        json_free(person);
        json_free(row);
    }
    html(&p->out, "</ul>\n");
    if (shown == 0)
        html(&p->out, "<p>%s</p>", two(p, "찾는 이름이 없습니다.", "Nobody by that name."));
    if (shown == NAMES_MAX)
        html(&p->out, "<p>%s</p>",
             two(p, "처음 300명만 보입니다. 이름으로 찾으십시오.",
                 "Only the first 300 are shown; look for a name."));
    json_free(rows);
}

static void write_desk(const struct desk *d, const struct fail *refusal)
{
    struct page *p = d->page;
    html(&p->out,
         "<form class=search role=search><label for=q>%s</label><span class=row><input "
         "type=search id=q name=q value=\"%s\" autocomplete=off><button "
         "class=quiet>%s</button></span></form>\n<div id=live data-live=\"%s?q=%u\">\n",
         two(p, "이름으로 찾기", "Look for a name"), d->query, two(p, "찾기", "Search"), d->path,
         d->query);
    admin_write_refusal(p, refusal);
    write_quorum(d);
    write_names(d);
    html(&p->out, "</div>\n");
    if (d->may)
        adjourn_write(d);
    html(&p->out,
         "<p class=row><a href=\"%s?q=%u\">%s</a> <a "
         "href=\"/console/instances/%u\">%s</a></p><script src=/live.js defer></script>\n",
         d->path, d->query, two(p, "새로 고침", "Reload"), d->instance,
         word(p->language, WORD_BACK));
}

void attend_reply(struct web *w, struct request *r, const char *query, const struct fail *refusal)
{
    struct fail why = {0};
    if (!w->opts.plugins) {
        fail(&why, FAIL_NOT_FOUND, "there are no plugins");
        page_fail(r, &why);
        return;
    }
    json view = plugins_view(w->opts.plugins, request_param(r, "id"), request_param(r, "task"),
                             "desk", &why);
    if (json_is_absent(view)) {
        page_fail(r, &why);
        return;
    }
    struct page p;
    struct bytes path;
    json title = json_get(view, "title");
    bytes_init(&path, 8192);
    html(&path, "/console/instances/%u/desk/%u", request_param(r, "id"), request_param(r, "task"));
    page_begin(&p, r, text_in(language_of(r), title), true);
    write_desk(&(struct desk){.web = w,
                              .page = &p,
                              .instance = request_param(r, "id"),
                              .path = path.data,
                              .query = query ? query : "",
                              .view = view,
                              .may = web_may(w, r, PERMIT_OPERATE)},
               refusal);
    page_reply(&p, refusal->kind == FAIL_NONE ? 200 : problem_status(refusal));
    bytes_done(&path);
    json_free(title);
    json_free(view);
}

static void show_desk(void *context, struct request *r)
{
    struct fail none = {0};
    attend_reply(context, r, request_query(r, "q"), &none);
}

// The item must be one of this task that asks this person about his presence: the desk decides
// about nothing else for anybody.
static bool is_presence(struct web *w, struct request *r, const struct form *form, struct fail *why)
{
    json item = item_show(w->opts.people, form_text(form, "item", ""), why);
    bool is = json_is_object(item) && strcmp(json_get_text(item, "kind", ""), "checkin") == 0 &&
              strcmp(json_get_text(item, "instance", ""), request_param(r, "id")) == 0 &&
              strcmp(json_get_text(item, "task", ""), request_param(r, "task")) == 0 &&
              strcmp(json_get_text(item, "assignee", ""), form_text(form, "person", "")) == 0;
    json_free(item);
    return is || (why->kind != FAIL_NONE
                      ? false
                      : fail(why, FAIL_NOT_FOUND, "nobody is asked here whether he is present"));
}

static void tap(struct web *w, struct request *r, const struct form *form)
{
    struct fail why = {0};
    const char *query = form_text(form, "q", ""), *person = form_text(form, "person", ""),
               *by = web_actor(w, r)->name;
    json data = json_object(), reply = json_absent();
    json_set_text(&data, "presence", form_text(form, "presence", ""));
    struct answer answer = {.item = form_text(form, "item", ""),
                            .person = person,
                            .data = data,
                            .key = form_text(form, "_key", NULL),
                            .by = *by ? by : "desk"};
    if (is_presence(w, r, form, &why) && item_answer(w->opts.people, &answer, &reply, &why)) {
        json what = json_object();
        json_set_text(&what, "task", request_param(r, "task"));
        json_set_text(&what, "person", person);
        json_set_text(&what, "presence", form_text(form, "presence", ""));
        web_record(w, r, "check-in", request_param(r, "id"), what);
        struct bytes location;
        bytes_init(&location, 8192);
        html(&location, "%r?q=%u#p-%u", request_path(r), query, person);
        web_redirect_after_commit(w, r, location.data);
        bytes_done(&location);
    } else {
        attend_reply(w, r, query, &why);
    }
    json_free(reply);
    json_free(data);
}

static void receive_tap(void *context, struct request *r)
{
    const struct form *form = admin_form(r);
    if (form)
        tap(context, r, form);
}

// Replaces what is marked data-live with what the same page says now; not while a finger or the
// keyboard is on one of its buttons.
static const char live_script[] =
    "(function () {\n"
    "  var live = document.querySelector('[data-live]');\n"
    "  if (!live || !window.fetch) return;\n"
    "  function look() {\n"
    "    fetch(live.dataset.live, { credentials: 'same-origin' }).then(function (answer) {\n"
    "      return answer.ok ? answer.text() : null;\n"
    "    }).then(function (text) {\n"
    "      if (!text || live.matches(':active')) return;\n"
    "      var page = new DOMParser().parseFromString(text, 'text/html');\n"
    "      var fresh = page.querySelector('[data-live]'), old = live.querySelector('.names'),\n"
    "          held = live.contains(document.activeElement) && document.activeElement !== live;\n"
    "      if (!fresh) return;\n"
    "      var now = fresh.querySelector('.quorum'), was = live.querySelector('.quorum');\n"
    "      if (now && was && now.textContent !== was.textContent) {\n"
    "        was.className = now.className;\n"
    "        was.innerHTML = now.innerHTML;\n"
    "      }\n"
    "      if (!held && old) old.replaceWith(fresh.querySelector('.names'));\n"
    "    }).catch(function () {}).then(function () { setTimeout(look, 3000); });\n"
    "  }\n"
    "  setTimeout(look, 3000);\n"
    "})();\n";

static void serve_script(void *context, struct request *r)
{
    (void)context;
    request_set_header(r, "Cache-Control", "max-age=3600");
    request_reply_text(r, 200, "text/javascript; charset=utf-8", live_script);
}

void attend_routes(struct web *w)
{
    static const struct console_place places[] = {
        {"GET", "/console/instances/{id}/desk/{task}", show_desk, PERMIT_OPERATE | PERMIT_VIEW},
        {"POST", "/console/instances/{id}/desk/{task}", receive_tap, PERMIT_OPERATE},
    };
    CONSOLE_ADD(w, places);
    adjourn_routes(w);
    server_route(w->opts.server, "GET", "/live.js", serve_script, w);
}
