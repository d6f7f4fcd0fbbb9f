#include <string.h>

#include "api/resource.h"
#include "base/arena.h"
#include "base/limits.h"
#include "json/diagnostic.h"

#define FILE_DEFAULT "definition.yaml"

struct deployment {
    const char *file, *text;
    size_t bytes;
    json body; // holds the text where it came as JSON
};

static bool is_yaml(const char *type)
{
    return strcmp(type, "text/yaml") == 0 || strcmp(type, "application/yaml") == 0 ||
           strcmp(type, "application/x-yaml") == 0 || strcmp(type, "text/x-yaml") == 0 ||
           strcmp(type, "text/plain") == 0;
}

static bool read_text(struct request *r, struct deployment *d)
{
    static const struct member members[] = {
        {"text", MEMBER_TEXT}, {"file", MEMBER_TEXT}, {NULL, 0}};
    const char *file = request_query(r, "file");
    d->file = file && *file ? file : FILE_DEFAULT;
    if (is_yaml(request_content_type(r))) {
        d->text = request_body(r, &d->bytes);
        return true;
    }
    if (strcmp(request_content_type(r), "application/json") != 0) {
        request_problem(r, 415, "unsupported_media_type",
                        "a definition comes as application/yaml, or as {text, file} in "
                        "application/json");
        return false;
    }
    if (!read_object(r, &d->body, members, false))
        return false;
    d->text = json_get_text(d->body, "text", NULL);
    d->file = json_get_text(d->body, "file", d->file);
    if (!d->text) {
        request_problem(r, 422, "invalid", "'text' is missing: the definition's YAML");
        return false;
    }
    d->bytes = strlen(d->text);
    return true;
}

static json describe(const struct definition *d)
{
    json out = json_object();
    json_set_text(&out, "namespace", d->namespace);
    json_set_text(&out, "name", d->name);
    json_set_text(&out, "version", d->version);
    if (d->title)
        json_set_text(&out, "title", d->title);
    if (d->summary)
        json_set_text(&out, "summary", d->summary);
    return out;
}

static json list_of(const struct diagnostics *diagnostics)
{
    json whole = diagnostics_to_json(diagnostics), list = json_get(whole, "diagnostics");
    json_free(whole);
    return list;
}

// Mistakes in the text are `errors` with their places; without them something else was in the way.
static void refuse(struct request *r, const struct diagnostics *diagnostics, const struct fail *why)
{
    if (diagnostics->errors == 0) {
        request_fail(r, why);
        return;
    }
    json extra = json_object();
    json_set_take(&extra, "errors", list_of(diagnostics));
    request_problem_with(r, 422, "invalid_definition", why->message, extra);
    json_free(extra);
}

static size_t count(struct api *a)
{
    json all = engine_definitions(a->engine);
    size_t n = json_length(all);
    json_free(all);
    return n;
}

static void deploy(struct api *a, struct request *r, const struct deployment *d)
{
    struct diagnostics diagnostics;
    struct fail why = {0};
    bool replace = a->opts.dev && request_query(r, "replace");
    size_t before = count(a);
    diagnostics_init(&diagnostics);
    struct definition *made =
        engine_deploy(a->engine, d->file, d->text, d->bytes, replace, &diagnostics, &why);
    if (made) {
        json body = describe(made), what = json_object();
        json_set_take(&what, "definition",
                      json_printf("%s/%s:%s", made->namespace, made->name, made->version));
        record_act(a, r, "deploy", NULL, what);
        if (diagnostics.warnings)
            json_set_take(&body, "warnings", list_of(&diagnostics));
        char *location = arena_printf(request_arena(r), "/api/v1/definitions/%s/%s",
                                      made->namespace, made->name);
        request_set_header(r, "Location", location);
        reply_after_commit(a, r, count(a) > before ? 201 : 200, body);
    } else {
        refuse(r, &diagnostics, &why);
    }
    diagnostics_done(&diagnostics);
}

// ?check: only what would come of it.
static void check(struct api *a, struct request *r, const struct deployment *d)
{
    struct diagnostics diagnostics;
    struct fail why = {0};
    bool replace = a->opts.dev && request_query(r, "replace");
    diagnostics_init(&diagnostics);
    if (engine_deploy_check(
            a->engine,
            &(struct definition_text){.file = d->file, .text = d->text, .bytes = d->bytes}, replace,
            &diagnostics, &why)) {
        json body = json_object();
        json_set_take(&body, "warnings", list_of(&diagnostics));
        request_reply_json(r, 200, body);
        json_free(body);
    } else {
        refuse(r, &diagnostics, &why);
    }
    diagnostics_done(&diagnostics);
}

void definitions_deploy(struct api *a, struct request *r)
{
    struct deployment d = {.body = json_absent()};
    if (read_text(r, &d)) {
        if (d.bytes > LIMIT_DEFINITION_BYTES)
            request_problem(r, 413, "limit", "a definition may have %d bytes at most",
                            LIMIT_DEFINITION_BYTES);
        else if (request_query(r, "check"))
            check(a, r, &d);
        else
            deploy(a, r, &d);
    }
    json_free(d.body);
}

// The engine's list is in an order of its own that stays; a text's hash tells where a page ended.
void definitions_list(struct api *a, struct request *r)
{
    size_t limit, i = 0;
    const char *after;
    if (!read_page(r, &limit, &after))
        return;
    json all = engine_definitions(a->engine), page = json_array();
    bool found = after == NULL;
    for (; !found && i < json_length(all); i++) {
        json item = json_at(all, i);
        found = strcmp(json_get_text(item, "hash", ""), after) == 0;
        json_free(item);
    }
    for (; i < json_length(all) && json_length(page) < limit; i++)
        json_append_take(&page, json_at(all, i));
    bool more = i < json_length(all);
    json_free(all);
    if (found) {
        reply_page(r, page, limit, more ? "hash" : NULL);
        return;
    }
    json_free(page);
    request_problem(r, 400, "bad_cursor",
                    "the cursor is not one that this list has given; start without one");
}

void definition_show(struct api *a, struct request *r)
{
    struct definition_ref ref = {request_param(r, "namespace"), request_param(r, "name"),
                                 request_query(r, "version")};
    struct fail why;
    struct definition *d = engine_definition(a->engine, &ref, &why);
    if (!d) {
        request_fail(r, &why);
        return;
    }
    json body = describe(d);
    json_set(&body, "source", d->source);
    if (d->document && d->document->source)
        json_set_text(&body, "text", d->document->source);
    request_reply_json(r, 200, body);
    json_free(body);
}
