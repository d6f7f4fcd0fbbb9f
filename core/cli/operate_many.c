// The operator's commands that change instances, one or many: cancel, pause, resume, retry, repair,
// migrate. A selector takes those that the command can apply to, and shows how many first.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/operate.h"

// Which instances a selector without --status means.
static bool applies(const char *verb, json item)
{
    const char *status = json_get_text(item, "status", "");
    bool is_suspended = strcmp(status, "suspended") == 0,
         is_faulted = strcmp(status, "faulted") == 0,
         is_open = is_suspended || strcmp(status, "pending") == 0 ||
                   strcmp(status, "running") == 0 || strcmp(status, "waiting") == 0;
    json incident = json_get(item, "incident");
    bool has_incident = is_open && json_is_string(incident);
    json_free(incident);
    if (strcmp(verb, "resume") == 0)
        return is_suspended;
    if (strcmp(verb, "retry") == 0)
        return is_faulted || has_incident;
    if (strcmp(verb, "repair") == 0)
        return has_incident;
    if (strcmp(verb, "migrate") == 0)
        return is_open || is_faulted;
    return is_open && (strcmp(verb, "pause") != 0 || !is_suspended);
}

// The ids that a selector means, all pages of them.
static bool select_instances(struct operate *o, const char *verb, json *ids, struct fail *why)
{
    char *cursor = mem_string("");
    bool ok = true;
    while (ok && cursor) {
        json page = json_absent();
        char *status = operate_path("&status=", o->status ? o->status : "", ""),
             *definition = operate_path("&definition=", o->definition ? o->definition : "", "");
        ok = remote_get(o->t, &page, why, "/api/v1/instances?limit=%d%s%s%s%s", LIMIT_PAGE_ROWS,
                        o->status ? status : "", o->definition ? definition : "",
                        *cursor ? "&cursor=" : "", cursor);
        mem_free(status);
        mem_free(definition);
        json items = json_get(page, "items");
        for (size_t i = 0; i < json_length(items); i++) {
            json item = json_at(items, i);
            if (o->status || applies(verb, item))
                json_append_take(ids, json_get(item, "id"));
            json_free(item);
        }
        mem_free(cursor);
        cursor = mem_string(json_get_text(page, "next", NULL));
        json_free(items);
        json_free(page);
    }
    mem_free(cursor);
    return ok;
}

static bool confirmed(const struct operate *o, const char *verb, size_t count)
{
    fprintf(stderr, "%s %zu instance%s", verb, count, count == 1 ? "" : "s");
    if (o->yes || count == 0) {
        fputc('\n', stderr);
        return count > 0;
    }
    if (!isatty(STDIN_FILENO)) {
        fputs("; nothing was changed: say --yes\n", stderr);
        return false;
    }
    fputs("? [y/N] ", stderr);
    int c = getchar();
    return c == 'y' || c == 'Y';
}

// What each of the requests says.
static bool make_body(const struct operate *o, const char *verb, json *body, struct fail *why)
{
    *body = json_object();
    if (o->reason && strcmp(verb, "repair") != 0)
        json_set_text(body, "reason", o->reason);
    if (strcmp(verb, "migrate") == 0 && o->version)
        json_set_text(body, "version", o->version);
    if (strcmp(verb, "repair") != 0)
        return true;
    json value = json_absent();
    json_set_text(body, "outcome", o->outcome);
    if (!cli_value(o->input, &value, why))
        return false;
    if (!json_is_absent(value))
        json_set_take(body, "value", value);
    if (o->effect) {
        json effect = json_object();
        json_set_text(&effect, "path", o->effect);
        json_set_take(body, "effect", effect);
    }
    return true;
}

static bool change_one(struct operate *o, const char *verb, const char *id, json body, json *told)
{
    struct fail why = {0};
    json answer = json_absent();
    char *after = mem_printf("/%s", verb), *path = operate_path("/api/v1/instances/", id, after);
    struct remote_request request = {.method = "POST", .path = path, .body = body};
    bool ok = remote_ask(o->t, &request, &answer, &why);
    if (o->json) {
        json one = ok ? json_ref(answer) : json_object();
        json_set_text(&one, "id", id);
        if (!ok) {
            json_set_text(&one, "code", why.code);
            json_set_text(&one, "detail", why.message);
        }
        json_append_take(told, one);
    } else if (ok) {
        printf("%s %s\n", id, json_get_text(answer, "status", "done"));
    } else {
        fprintf(stderr, "%s: ", id);
        operate_refused(verb, &why);
    }
    json_free(answer);
    mem_free(after);
    mem_free(path);
    return ok;
}

static int change_all(struct operate *o, const char *verb, json ids, json body)
{
    int code = EXIT_GOOD;
    json told = json_array();
    for (size_t i = 0; i < json_length(ids); i++) {
        json id = json_at(ids, i);
        if (!change_one(o, verb, json_text(id), body, &told))
            code = EXIT_BAD;
        json_free(id);
    }
    if (o->json) {
        json all = json_object();
        json_set(&all, "items", told);
        cli_print_json(all);
        json_free(all);
    }
    json_free(told);
    return code;
}

static bool is_outcome(const char *word)
{
    return word &&
           (strcmp(word, "done") == 0 || strcmp(word, "failed") == 0 || strcmp(word, "retry") == 0);
}

int operate_change(struct operate *o, const char *verb)
{
    struct fail why = {0};
    json ids = json_array(), body = json_absent();
    bool by_selector = o->word_count == 0;
    int code = EXIT_USAGE;
    for (int i = 0; i < o->word_count; i++)
        json_append_take(&ids, json_string(o->words[i]));
    if (by_selector && !o->status && !o->definition)
        fprintf(stderr, "dure %s: say which: ids, or --status, --definition or both\n", verb);
    else if (strcmp(verb, "repair") == 0 && !is_outcome(o->outcome))
        fputs("dure repair: say what became of it: --outcome done, failed or retry\n", stderr);
    else if (!make_body(o, verb, &body, &why) ||
             (by_selector && !select_instances(o, verb, &ids, &why)))
        code = operate_refused(verb, &why);
    else if (by_selector && !confirmed(o, verb, json_length(ids)))
        code = EXIT_BAD;
    else
        code = change_all(o, verb, ids, body);
    json_free(body);
    json_free(ids);
    return code;
}
