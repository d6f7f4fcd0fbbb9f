#include "people/item.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "people/form_schema.h"
#include "people/item_row.h"
#include "people/refusal.h"

#define NAME_BYTES_MAX  300
#define TITLE_BYTES_MAX 4000
#define FORM_BYTES_MAX  (256 * 1024)

// ---- asking

// The row of the step's item by name; there may be none.
static bool find_in_step(struct people *p, const struct step_address *step, const char *name,
                         struct row *row, struct fail *why)
{
    struct scan *scan = NULL;
    struct value prefix[] = {value_text(step->instance), value_text(step->path),
                             value_integer(step->attempt), value_text(name)};
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_STEP, .prefix = prefix, .prefix_count = 4};
    *row = (struct row){0};
    why->kind = FAIL_NONE;
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    if (!scan_next(scan, row, why))
        *row = (struct row){0};
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

static bool check_shared(const struct ask *ask, struct fail *why)
{
    const char *name = ask->group ? ask->group : ask->role;
    if (!name)
        return true;
    if (ask->assignee || (ask->group && ask->role))
        return fail(why, FAIL_INVALID,
                    "work item '%s' is asked of one person, one group or one role", ask->name);
    return id_text_check("the group or role that is asked", name, GROUP_NAME_BYTES, why);
}

static bool check_allows(const struct ask *ask, struct fail *why)
{
    static const char known[] = " delegate recuse change withdraw ";
    for (size_t i = 0; i < json_length(ask->allows); i++) {
        json word = json_at(ask->allows, i);
        char *padded = mem_printf(" %s ", json_is_string(word) ? json_text(word) : "?");
        bool good = strstr(known, padded) != NULL;
        mem_free(padded);
        json_free(word);
        if (!good)
            return fail(why, FAIL_INVALID,
                        "work item '%s' allows delegate, recuse, change, withdraw; nothing else",
                        ask->name);
    }
    return true;
}

static bool check_ask(struct people *p, const struct ask *ask, const char *form, struct fail *why)
{
    if (!ask->name || !*ask->name || strlen(ask->name) > NAME_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "the name of a work item has 1 to %d bytes", NAME_BYTES_MAX);
    if (json_size_estimate(ask->title) > TITLE_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "the title of work item '%s' is longer than %d bytes",
                    ask->name, TITLE_BYTES_MAX);
    if (json_size_estimate(ask->detail) > FORM_BYTES_MAX || strlen(form) > FORM_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "the form of work item '%s' is larger than %d bytes",
                    ask->name, FORM_BYTES_MAX);
    if (!json_is_absent(ask->title) && !json_is_string(ask->title) && !json_is_object(ask->title))
        return fail(why, FAIL_INVALID, "the title of '%s' is text or a map by language", ask->name);
    if (ask->assignee != NULL &&
        !id_text_check("the assignee", ask->assignee, PERSON_ID_BYTES, why))
        return false;
    return check_shared(ask, why) && check_allows(ask, why) &&
           (form_is_sound(p, form, why) || fail_within(why, "work item '%s'", ask->name));
}

static void set_whose(json *detail, const struct ask *ask)
{
    char *whose =
        mem_printf("%s %s", ask->group ? "group" : "role", ask->group ? ask->group : ask->role);
    json_set_text(detail, "for", whose);
    mem_free(whose);
}

static json detail_of(const struct ask *ask)
{
    json detail = json_object();
    if (!json_is_absent(ask->detail))
        json_set(&detail, "detail", ask->detail);
    if (ask->secret)
        json_set_bool(&detail, "secret", true);
    if (ask->once)
        json_set_bool(&detail, "once", true);
    if (json_is_array(ask->allows))
        json_set(&detail, "allows", ask->allows);
    if (ask->outcome)
        json_set_text(&detail, "outcome", ask->outcome);
    if (ask->group || ask->role)
        set_whose(&detail, ask);
    return detail;
}

// Who works on it keeps it when it is asked again of the same.
static const char *assignee_of(const struct ask *ask, json detail, const struct row *before)
{
    const char *whose = json_get_text(detail, "for", NULL);
    bool claimed = whose && row_is_there(before) && !item_is_unclaimed(before);
    return claimed ? row_text(before, ITEM_ASSIGNEE) : whose ? whose : ask->assignee;
}

static struct value instant_value(int64_t ms)
{
    return ms == INSTANT_NONE ? value_null() : value_integer(ms);
}

static void put_item(struct people *p, const struct step_address *step, const struct ask *ask,
                     const char *id, const char *form, const struct row *before)
{
    json detail = detail_of(ask);
    char *title = json_is_absent(ask->title) ? mem_string("\"\"") : json_dump(ask->title);
    char *detail_text = json_dump(detail);
    struct value columns[] = {
        [ITEM_ID] = value_text(id),
        [ITEM_INSTANCE] = value_text(step->instance),
        [ITEM_PATH] = value_text(step->path),
        [ITEM_ATTEMPT] = value_integer(step->attempt),
        [ITEM_NAME] = value_text(ask->name),
        [ITEM_TASK] = value_text(ask->task),
        [ITEM_ASSIGNEE] = value_text(assignee_of(ask, detail, before)),
        [ITEM_STATUS] = value_text("open"),
        [ITEM_KIND] = value_text(ask->kind ? ask->kind : "form"),
        [ITEM_TITLE] = value_text(title),
        [ITEM_FORM] = value_blob(form, strlen(form)),
        [ITEM_OPENS_MS] = instant_value(ask->opens_ms),
        [ITEM_CLOSES_MS] = instant_value(ask->closes_ms),
        [ITEM_CREATED_MS] = value_integer(engine_now_ms(p->engine)),
        [ITEM_CLOSED_MS] = value_null(),
        [ITEM_ANSWERS] =
            value_integer(row_is_there(before) ? row_integer(before, ITEM_ANSWERS) : 0),
        [ITEM_DETAIL] = value_blob(detail_text, strlen(detail_text)),
    };
    store_put(p->store, TABLE_ITEM, columns);
    mem_free(title);
    mem_free(detail_text);
    json_free(detail);
}

static bool is_public(const struct ask *ask)
{
    return !ask->assignee && !ask->group && !ask->role;
}

// Asking again under the same name changes the item and opens it again; its id and answers stay.
static bool ask_again(struct people *p, const struct step_address *step, const struct ask *ask,
                      const char *form, struct id *id, struct fail *why)
{
    struct row before;
    if (!check_ask(p, ask, form, why) || !find_in_step(p, step, ask->name, &before, why))
        return false;
    bool again = row_is_there(&before);
    bool open = again && item_is_open(&before);
    if (again)
        snprintf(id->text, sizeof id->text, "%s", row_text(&before, ITEM_ID));
    else
        *id = id_new(engine_now_ms(p->engine), engine_random(p->engine));
    put_item(p, step, ask, id->text, form, &before);
    item_count(p, step,
               (struct item_counts){.open = open ? 0 : 1,
                                    .asked = again ? 0 : 1,
                                    .public = is_public(ask) && !again ? 1 : 0});
    row_done(&before);
    return true;
}

bool item_ask(struct people *p, const struct step_address *step, const struct ask *ask,
              struct id *id, struct fail *why)
{
    bool any = json_is_absent(ask->form) || json_is_null(ask->form);
    char *form = any ? mem_string("{}") : json_dump(ask->form);
    bool asked = ask_again(p, step, ask, form, id, why);
    mem_free(form);
    return asked;
}

static bool close_rows(struct people *p, const struct step_address *step, const char *name,
                       const char *code, struct fail *why)
{
    struct scan *scan = NULL;
    struct row row;
    struct value prefix[] = {value_text(step->instance), value_text(step->path),
                             value_integer(step->attempt), value_text(name)};
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_STEP, .prefix = prefix, .prefix_count = name ? 4 : 3};
    if (item_counts(p, step).open == 0)
        return true;
    why->kind = FAIL_NONE;
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    bool good = true;
    while (good && scan_next(scan, &row, why)) {
        if (item_is_open(&row))
            good = item_change(p, &row, "closed", row_integer(&row, ITEM_ANSWERS), code, why);
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

void item_close_as(struct people *p, const struct step_address *step, const char *name,
                   const char *code)
{
    struct fail why = {0};
    bool good = close_rows(p, step, name, code, &why);
    if (!good)
        must_context(why.message);
    must(good);
}

void item_close(struct people *p, const struct step_address *step, const char *name)
{
    item_close_as(p, step, name, NULL);
}

size_t item_open_count(struct people *p, const struct step_address *step)
{
    return (size_t)item_counts(p, step).open;
}

void item_waits_for(struct people *p, const struct step_address *step, struct bytes *out)
{
    struct item_counts n = item_counts(p, step);
    if (n.open == 0)
        return;
    if (n.public == n.asked)
        bytes_printf(out, "an open form with %lld answer%s so far", (long long)n.answers,
                     n.answers == 1 ? "" : "s");
    else
        bytes_printf(out, "%lld of %lld have answered", (long long)(n.answered),
                     (long long)n.asked);
}

// ---- showing

static void set_moment(json *object, const char *key, const struct row *row, int column)
{
    char text[INSTANT_TEXT_SIZE];
    if (row_is_null(row, column))
        return;
    instant_write_utc(row_integer(row, column), text);
    json_set_text(object, key, text);
}

static void show_kept(json *item, json kept)
{
    const char *whose = json_get_text(kept, "for", NULL),
               *refusal = json_get_text(kept, "refusal", NULL);
    json allows = json_get(kept, "allows");
    if (whose)
        json_set_text(item, "for", whose);
    if (refusal)
        json_set_text(item, "closedAs", refusal);
    if (!json_is_absent(allows))
        json_set(item, "allows", allows);
    json_free(allows);
}

// What the row says without reading one of its texts.
static json head(const struct row *row)
{
    json item = json_object();
    json_set_text(&item, "id", row_text(row, ITEM_ID));
    json_set_text(&item, "instance", row_text(row, ITEM_INSTANCE));
    json_set_text(&item, "path", row_text(row, ITEM_PATH));
    json_set_text(&item, "task", row_text(row, ITEM_TASK));
    json_set_text(&item, "name", row_text(row, ITEM_NAME));
    json_set_text(&item, "status", row_text(row, ITEM_STATUS));
    json_set_text(&item, "kind", row_text(row, ITEM_KIND));
    if (!row_is_null(row, ITEM_ASSIGNEE))
        json_set_text(&item, "assignee", row_text(row, ITEM_ASSIGNEE));
    json_set_int(&item, "answers", row_integer(row, ITEM_ANSWERS));
    return item;
}

static bool show(struct people *p, const struct row *row, json *out, struct fail *why)
{
    json form = json_absent(), kept = json_absent(), title = json_absent();
    if (!form_read(p, row, ITEM_FORM, &form, why) || !item_kept(p, row, &kept, why) ||
        !row_json(row, ITEM_TITLE, &title, why)) {
        json_free(form);
        json_free(kept);
        return false;
    }
    json item = head(row);
    set_moment(&item, "opensAt", row, ITEM_OPENS_MS);
    set_moment(&item, "closesAt", row, ITEM_CLOSES_MS);
    set_moment(&item, "createdAt", row, ITEM_CREATED_MS);
    set_moment(&item, "closedAt", row, ITEM_CLOSED_MS);
    json_set_take(&item, "title", title);
    json_set_take(&item, "form", form);
    json detail = json_get(kept, "detail");
    if (!json_is_absent(detail))
        json_set(&item, "detail", detail);
    if (json_get_bool(kept, "secret", false))
        json_set_bool(&item, "secret", true);
    show_kept(&item, kept);
    json_free(detail);
    json_free(kept);
    *out = item;
    return true;
}

json item_show(struct people *p, const char *id, struct fail *why)
{
    struct row row;
    json item = json_absent();
    if (!item_row(p, id, &row, why))
        return item;
    if (!show(p, &row, &item, why))
        item = json_absent();
    row_done(&row);
    return item;
}

json item_head(struct people *p, const char *id, struct fail *why)
{
    struct row row;
    if (!item_row(p, id, &row, why))
        return json_absent();
    json item = head(&row);
    row_done(&row);
    return item;
}

static bool fits(const struct row *row, const struct item_list_opts *o)
{
    const char *assignee = row_text(row, ITEM_ASSIGNEE);
    if (o->assignee && (!assignee || strcmp(assignee, o->assignee) != 0))
        return false;
    if (o->status && strcmp(row_text(row, ITEM_STATUS), o->status) != 0)
        return false;
    if (o->instance && strcmp(row_text(row, ITEM_INSTANCE), o->instance) != 0)
        return false;
    return !o->task || strcmp(row_text(row, ITEM_TASK), o->task) == 0;
}

// The index that narrows most: of an instance, of a person (soonest close first), of a status, or
// all by id.
static struct scan_opts scan_for(const struct item_list_opts *o, struct value prefix[2])
{
    struct scan_opts scan = {.table = TABLE_ITEM, .index = -1, .prefix = prefix};
    if (o->instance) {
        scan.index = ITEM_BY_STEP;
        prefix[scan.prefix_count++] = value_text(o->instance);
    } else if (o->assignee) {
        scan.index = ITEM_BY_ASSIGNEE;
        prefix[scan.prefix_count++] = value_text(o->assignee);
        if (o->status)
            prefix[scan.prefix_count++] = value_text(o->status);
    } else if (o->status) {
        scan.index = ITEM_BY_STATUS;
        prefix[scan.prefix_count++] = value_text(o->status);
    }
    return scan;
}

json item_list(struct people *p, const struct item_list_opts *opts, struct fail *why)
{
    struct value prefix[2];
    struct scan_opts scan_opts = scan_for(opts, prefix);
    struct row after = {0}, row;
    if (opts->after && !item_row(p, opts->after, &after, why))
        return json_absent();
    if (row_is_there(&after))
        scan_opts.after = &after;
    scan_opts.descending = opts->latest_first;
    struct scan *scan = NULL;
    json items = json_array();
    size_t limit = opts->limit > 0 && opts->limit < LIMIT_PAGE_ROWS ? opts->limit : LIMIT_PAGE_ROWS;
    why->kind = FAIL_NONE;
    bool ok = store_scan(p->store, &scan_opts, &scan, why);
    while (ok && json_length(items) < limit && scan_next(scan, &row, why)) {
        json item = json_absent();
        if (fits(&row, opts))
            ok = show(p, &row, &item, why);
        if (!json_is_absent(item))
            json_append_take(&items, item);
        row_done(&row);
    }
    ok = ok && why->kind == FAIL_NONE;
    scan_done(scan);
    row_done(&after);
    if (ok)
        return items;
    json_free(items);
    return json_absent();
}

// ---- finding

struct wanted {
    const char *task, *person, *name;
    struct people *shared; // what the person may claim, or another of his group has, instead of
                           // what is his
};

// What nobody has claimed is asked of its assignee ("group NAME"), the rest says it in its detail.
static bool is_shared_with(struct people *p, const struct row *row, const char *person)
{
    if (item_is_unclaimed(row))
        return person_is_of(p, person, row_text(row, ITEM_ASSIGNEE));
    struct fail why;
    json kept = json_absent();
    if (!item_kept(p, row, &kept, &why))
        return false;
    const char *whose = json_get_text(kept, "for", NULL);
    bool shared = whose && person_is_of(p, person, whose);
    json_free(kept);
    return shared;
}

static bool is_wanted(const struct row *row, const struct wanted *w)
{
    const char *assignee = row_text(row, ITEM_ASSIGNEE);
    if (strcmp(row_text(row, ITEM_TASK), w->task) != 0)
        return false;
    if (w->name)
        return strcmp(row_text(row, ITEM_NAME), w->name) == 0;
    if (w->shared)
        return is_shared_with(w->shared, row, w->person);
    return w->person ? assignee && strcmp(assignee, w->person) == 0 : !assignee;
}

// Of two closed ones the later in the order of steps and names is the one an answer meets.
static bool is_later(const struct row *row, const struct row *than)
{
    static const int columns[] = {ITEM_PATH, ITEM_NAME};
    int order = strcmp(row_text(row, columns[0]), row_text(than, columns[0]));
    if (order == 0)
        order = row_integer(row, ITEM_ATTEMPT) < row_integer(than, ITEM_ATTEMPT)   ? -1
                : row_integer(row, ITEM_ATTEMPT) > row_integer(than, ITEM_ATTEMPT) ? 1
                                                                                   : 0;
    if (order == 0)
        order = strcmp(row_text(row, columns[1]), row_text(than, columns[1]));
    return order >= 0;
}

// The open one wins; else the last one that is closed, so that a late answer is refused by its rule
// and not as unknown. A person's items are few, an instance's may be a hundred thousand.
static bool find(struct people *p, const char *instance, const struct wanted *w, struct id *id,
                 struct fail *why)
{
    struct scan *scan = NULL;
    struct row row, best = {0};
    bool by_person = w->person && !w->name && !w->shared, open = false;
    struct value prefix = value_text(by_person ? w->person : instance);
    struct scan_opts opts = {.table = TABLE_ITEM,
                             .index = by_person ? ITEM_BY_ASSIGNEE : ITEM_BY_STEP,
                             .prefix = &prefix,
                             .prefix_count = 1};
    why->kind = FAIL_NONE;
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    while (!open && scan_next(scan, &row, why)) {
        bool fit = strcmp(row_text(&row, ITEM_INSTANCE), instance) == 0 && is_wanted(&row, w);
        open = fit && item_is_open(&row);
        if (!fit || (!open && row_is_there(&best) && !is_later(&row, &best))) {
            row_done(&row);
            continue;
        }
        row_done(&best);
        best = row;
    }
    scan_done(scan);
    bool found = row_is_there(&best);
    if (found)
        snprintf(id->text, sizeof id->text, "%s", row_text(&best, ITEM_ID));
    row_done(&best);
    return found;
}

// Who is asked nothing has been refused as well.
static void note_stranger(struct people *p, const char *instance, const char *task,
                          const char *person)
{
    struct fail why;
    struct row row;
    struct value key = value_text(instance);
    if (!store_get(p->store, TABLE_INSTANCE, &key, &row, &why))
        return;
    if (row_is_there(&row))
        refusal_note(p, &(struct refusal){.step = {.instance = instance, .path = ""},
                                          .task = task,
                                          .person = person,
                                          .code = "not_eligible"});
    row_done(&row);
}

bool item_find(struct people *p, const char *instance, const char *task, const char *person,
               struct id *id, struct fail *why)
{
    if (find(p, instance, &(struct wanted){.task = task, .person = person}, id, why))
        return true;
    if (person &&
        find(p, instance, &(struct wanted){.task = task, .person = person, .shared = p}, id, why))
        return true;
    // A person may answer an open form as well; whether somebody who is asked nothing may not is a
    // rule, not an error.
    if (person && find(p, instance, &(struct wanted){.task = task}, id, why))
        return true;
    if (why->kind != FAIL_NONE)
        return false;
    note_stranger(p, instance, task, person);
    return fail_code(why, FAIL_REFUSED, "not_eligible", "task '%s' asks %s nothing", task,
                     person ? person : "the public");
}

bool item_own(struct people *p, const char *instance, const char *task, const char *person,
              struct id *id, struct fail *why)
{
    return find(p, instance, &(struct wanted){.task = task, .person = person}, id, why);
}

bool item_find_named(struct people *p, const char *instance, const char *task, const char *name,
                     struct id *id, struct fail *why)
{
    if (find(p, instance, &(struct wanted){.task = task, .name = name}, id, why))
        return true;
    return why->kind == FAIL_NONE
               ? fail(why, FAIL_NOT_FOUND, "task '%s' has no work item '%s'", task, name)
               : false;
}
