// The operator's commands that do one thing: start, send, answer, remind.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/operate.h"

// Prints the answer: JSON with --json, else the sentence the caller made of it.
static int conclude(struct operate *o, const char *command, bool ok, json answer,
                    const char *sentence, const struct fail *why)
{
    if (!ok)
        return operate_refused(command, why);
    if (o->json)
        cli_print_json(answer);
    else
        puts(sentence);
    return EXIT_GOOD;
}

// The open forms of what was just started, so that one knows where to look.
static void print_forms(struct operate *o, const char *instance)
{
    struct fail why = {0};
    json page = json_absent();
    if (!remote_get(o->t, &page, &why, "/api/v1/items?status=open&limit=20&instance=%s", instance))
        return;
    json items = json_get(page, "items");
    for (size_t i = 0; i < json_length(items); i++) {
        json item = json_at(items, i);
        if (!json_get_text(item, "assignee", NULL) && !o->target.data)
            fprintf(stderr, "form %s/f/%s\n", remote_base(o->t), json_get_text(item, "id", ""));
        json_free(item);
    }
    json_free(items);
    json_free(page);
}

int operate_start(struct operate *o)
{
    struct fail why = {0};
    json definition = json_absent(), input = json_absent(), answer = json_absent(),
         body = json_object();
    bool ok =
        operate_definition(o->words[0], &definition, &why) && cli_value(o->input, &input, &why);
    if (ok) {
        json_set(&body, "definition", definition);
        if (!json_is_absent(input))
            json_set(&body, "input", input);
        char *path = o->wait_s > 0 ? mem_printf("/api/v1/instances?wait=%lld", (long long)o->wait_s)
                                   : mem_string("/api/v1/instances");
        struct remote_request request = {
            .method = "POST", .path = path, .body = body, .key = o->key};
        ok = remote_ask(o->t, &request, &answer, &why);
        mem_free(path);
    }
    char *sentence =
        mem_printf("%s %s", json_get_text(answer, "id", ""), json_get_text(answer, "status", ""));
    int code = conclude(o, "start", ok, answer, sentence, &why);
    if (json_is_absent(definition))
        code = EXIT_USAGE;
    if (ok && !o->json)
        print_forms(o, json_get_text(answer, "id", ""));
    mem_free(sentence);
    json_free(definition);
    json_free(input);
    json_free(body);
    json_free(answer);
    return code;
}

// A whole event as JSON (or @FILE), or a type with --input as its data.
static bool read_event(struct operate *o, json *event, struct fail *why)
{
    const char *word = o->words[0];
    if (word[0] == '{' || word[0] == '@')
        return cli_value(word, event, why);
    json data = json_absent();
    if (!cli_value(o->input, &data, why))
        return false;
    *event = json_object();
    json_set_text(event, "specversion", "1.0");
    json_set_text(event, "type", word);
    json_set_text(event, "source", o->source ? o->source : "/dure/send");
    if (o->id) {
        json_set_text(event, "id", o->id);
    } else {
        struct random random;
        uint64_t seed;
        random_secret(&seed, sizeof seed);
        random_seed(&random, seed);
        struct id id = id_new(0, &random);
        json_set_text(event, "id", id.text);
    }
    if (!json_is_absent(data))
        json_set_take(event, "data", data);
    return true;
}

// What became of the one event; `dure why` goes on from its id.
static char *sent_sentence(json answer)
{
    json items = json_get(answer, "items"), item = json_at(items, 0),
         again = json_get(item, "duplicate");
    long long matches = json_get_int(item, "matches", 0), starts = json_get_int(item, "starts", 0);
    const char *id = json_get_text(item, "id", "");
    char *text = json_is_true(again) ? mem_printf("event %s is a duplicate; nothing was done", id)
                                     : mem_printf("event %s accepted: woke %lld, started %lld", id,
                                                  matches, starts);
    json_free(again);
    json_free(item);
    json_free(items);
    return text;
}

int operate_send(struct operate *o)
{
    struct fail why = {0};
    json event = json_absent(), answer = json_absent();
    bool ok = read_event(o, &event, &why);
    if (ok) {
        struct remote_request request = {.method = "POST",
                                         .path = "/api/v1/events",
                                         .type = "application/cloudevents+json",
                                         .body = event};
        ok = remote_ask(o->t, &request, &answer, &why);
    }
    char *sentence = ok ? sent_sentence(answer) : mem_string("");
    int code = conclude(o, "send", ok, answer, sentence, &why);
    mem_free(sentence);
    json_free(event);
    json_free(answer);
    return code;
}

// Of the items at the path the open one, else the last; those of nobody in particular if
// `open_to_all`.
static bool pick_item(struct operate *o, const char *path, bool open_to_all, char **id,
                      struct fail *why)
{
    json page = json_absent();
    if (!remote_get(o->t, &page, why, "%s", path))
        return false;
    json items = json_get(page, "items");
    bool open = false;
    for (size_t i = 0; i < json_length(items) && !open; i++) {
        json item = json_at(items, i);
        if (!open_to_all || !json_has(item, "assignee")) {
            mem_free(*id);
            *id = mem_string(json_get_text(item, "id", ""));
            open = strcmp(json_get_text(item, "status", ""), "open") == 0;
        }
        json_free(item);
    }
    json_free(items);
    json_free(page);
    return true;
}

// The item's id: given, or that of a task: the person's own, else one that anybody may answer. A
// closed one too, so that what comes late is refused by its rule.
static bool find_item(struct operate *o, char **id, struct fail *why)
{
    if (o->word_count > 0) {
        *id = mem_string(o->words[0]);
        return true;
    }
    if (!o->instance || !o->task)
        return fail(why, FAIL_INVALID, "answer needs an item, or --instance and --task");
    char *head = operate_path("/api/v1/items?limit=200&instance=", o->instance, "&task="),
         *path = operate_path(head, o->task, ""), *own = NULL;
    if (o->as) {
        char *with = mem_printf("%s&assignee=", path);
        own = operate_path(with, o->as, "");
        mem_free(with);
    }
    bool ok =
        (!own || pick_item(o, own, false, id, why)) && (*id || pick_item(o, path, true, id, why));
    mem_free(own);
    mem_free(path);
    mem_free(head);
    return ok && (*id || fail(why, FAIL_NOT_FOUND, "task '%s' asks %s nothing", o->task,
                              o->as ? o->as : "the public"));
}

// Where an answer does not fit its form, when there is more than the one place already said.
static void print_violations(json problem)
{
    json errors = json_get(problem, "errors");
    for (size_t i = 0; json_length(errors) > 1 && i < json_length(errors); i++) {
        json error = json_at(errors, i);
        const char *pointer = json_get_text(error, "pointer", "");
        fprintf(stderr, "  %s%s%s\n", pointer, *pointer ? ": " : "",
                json_get_text(error, "message", ""));
        json_free(error);
    }
    json_free(errors);
}

int operate_answer(struct operate *o)
{
    struct fail why = {0};
    json data = json_absent(), answer = json_absent(), body = json_object();
    char *item = NULL;
    bool ok = cli_value(o->input, &data, &why) && find_item(o, &item, &why);
    if (ok) {
        json_set_text(&body, "as", o->as);
        json_set_take(&body, "data", json_is_absent(data) ? json_null() : json_ref(data));
        if (o->receipt)
            json_set_text(&body, "receipt", o->receipt);
        if (o->withdraw)
            json_set_bool(&body, "withdraw", true);
        if (o->delegate)
            json_set_text(&body, "delegate", o->delegate);
        if (o->recuse)
            json_set_text(&body, "recuse", o->recuse);
        char *path = operate_path("/api/v1/items/", item, "/answers");
        struct remote_request request = {
            .method = "POST", .path = path, .body = body, .key = o->key};
        ok = remote_ask(o->t, &request, &answer, &why);
        mem_free(path);
    }
    char *sentence = mem_printf("receipt %s", json_get_text(answer, "receipt", ""));
    int code = conclude(o, "answer", ok, answer, sentence, &why);
    if (!ok)
        print_violations(answer);
    mem_free(sentence);
    mem_free(item);
    json_free(data);
    json_free(body);
    json_free(answer);
    return code;
}

int operate_remind(struct operate *o)
{
    struct fail why = {0};
    json body = json_object(), answer = json_absent();
    if (o->task)
        json_set_text(&body, "task", o->task);
    char *path = operate_path("/api/v1/instances/", o->words[0], "/remind");
    struct remote_request request = {.method = "POST", .path = path, .body = body, .key = o->key};
    bool ok = remote_ask(o->t, &request, &answer, &why);
    long long unsent = json_get_int(answer, "unsent", 0);
    char *sentence =
        mem_printf("reminded %lld of %lld%s", (long long)json_get_int(answer, "sent", 0),
                   (long long)json_get_int(answer, "waiting", 0),
                   unsent > 0 ? "; the others have no address" : "");
    int code = conclude(o, "remind", ok, answer, sentence, &why);
    mem_free(sentence);
    mem_free(path);
    json_free(answer);
    json_free(body);
    return code;
}
