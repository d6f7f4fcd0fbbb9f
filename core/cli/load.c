#include "cli/load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/context.h"
#include "cli/table.h"
#include "people/people.h"
#include "json/expression.h"
#include "json/yaml.h"

// start.yaml is a list of {workflow: FILE, title, input}; its texts may compute with `now`, so that
// an example's dates lie ahead whenever it is tried.
struct starting {
    struct scope scope; // first
    struct site *site;
    const struct yaml_document *document;
    const char *folder;
    bool replace;
};

static struct definition *deploy_file(struct site *site, const char *path, bool replace)
{
    struct bytes text;
    struct diagnostics diagnostics;
    struct fail why = {0};
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    struct definition *definition = NULL;
    if (cli_read_file(path, &text, &why))
        definition = engine_deploy(site_engine(site), path, text.data, text.length, replace,
                                   &diagnostics, &why);
    if (diagnostics.count > 0)
        cli_print_diagnostics(&diagnostics);
    else if (!definition)
        fprintf(stderr, "%s: error: %s\n", path, why.message);
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return definition;
}

// Says what is refused, line by line.
static void print_refused(const char *path, json preview)
{
    json rows = json_get(preview, "rows");
    for (size_t i = 0; i < json_length(rows); i++) {
        json row = json_at(rows, i), problems = json_get(row, "problems");
        bool refused = strcmp(json_get_text(row, "action", ""), "refuse") == 0;
        for (size_t k = 0; refused && k < json_length(problems); k++) {
            json problem = json_at(problems, k);
            char *text = table_text(problem);
            fprintf(stderr, "%s:%lld: error: %s\n", path, (long long)json_get_int(row, "line", 0),
                    text);
            mem_free(text);
            json_free(problem);
        }
        json_free(problems);
        json_free(row);
    }
    json_free(rows);
}

static bool import_people(struct site *site, const char *path)
{
    struct bytes csv;
    struct fail why = {0};
    json preview = json_absent();
    bytes_init(&csv, LIMIT_BODY_BYTES);
    bool ok = cli_read_file(path, &csv, &why) &&
              people_import_preview(site_people(site), csv.data, csv.length, &preview, &why);
    if (ok && !people_import_commit(site_people(site), preview, &why)) {
        print_refused(path, preview);
        ok = false;
    }
    if (!ok)
        fprintf(stderr, "%s: %s\n", path, why.message);
    json_free(preview);
    bytes_done(&csv);
    return ok;
}

static bool has_instance(struct site *site, const struct definition *d)
{
    struct fail why = {0};
    json list = engine_list(
        site_engine(site),
        &(struct list_opts){.namespace = d->namespace, .name = d->name, .limit = 1}, &why);
    json items = json_is_array(list) ? json_ref(list) : json_get(list, "items");
    bool found = json_length(items) > 0;
    json_free(items);
    json_free(list);
    return found;
}

static json no_variable(const struct scope *scope, const char *name)
{
    (void)scope;
    (void)name;
    return json_absent();
}

// The entry's place in start.yaml, for messages.
static bool refuse_entry(const struct starting *s, size_t index, const char *message)
{
    const struct yaml_node *root = s->document->root;
    const struct yaml_node *at =
        root->kind == YAML_SEQUENCE && index < root->count ? root->items[index] : root;
    fprintf(stderr, "%s:%d:%d: error: %s\n", s->document->file, at->line, at->column, message);
    return false;
}

static bool check_entry(const struct starting *s, size_t index, json entry)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    if (!json_is_object(entry) || !json_get_text(entry, "workflow", NULL))
        return refuse_entry(s, index, "an entry is {workflow: FILE, title, input}");
    while (json_next(entry, &cursor, &name, &value)) {
        bool is_title = strcmp(name, "title") == 0;
        bool known = is_title || strcmp(name, "workflow") == 0 || strcmp(name, "input") == 0;
        if (known && (!is_title || json_is_string(value)))
            continue;
        char *message = known ? mem_string("'title' is text")
                              : mem_printf("there is no '%.60s' in an entry; there are workflow, "
                                           "title, input",
                                           name);
        json_cursor_done(&cursor);
        refuse_entry(s, index, message);
        mem_free(message);
        return false;
    }
    return true;
}

static bool begin(struct starting *s, size_t index, const struct definition *d, json entry)
{
    struct fail why = {0};
    struct id id;
    json input = json_get(entry, "input");
    struct start_opts opts = {.definition = {d->namespace, d->name, d->version},
                              .input = input,
                              .title = json_get_text(entry, "title", NULL)};
    bool ok = engine_start(site_engine(s->site), &opts, &id, &why);
    json_free(input);
    return ok || refuse_entry(s, index, why.message);
}

static bool start_one(struct starting *s, size_t index, json entry)
{
    if (!check_entry(s, index, entry))
        return false;
    char *path = mem_printf("%s/%s", s->folder, json_get_text(entry, "workflow", ""));
    struct definition *definition = deploy_file(s->site, path, s->replace);
    mem_free(path);
    if (!definition)
        return refuse_entry(s, index, "this workflow is not started");
    return has_instance(s->site, definition) || begin(s, index, definition, entry);
}

static bool evaluate(struct starting *s, const struct yaml_document *document, json *out,
                     struct diagnostics *d, struct fail *why)
{
    struct expressions *set = expressions_new();
    struct template *t = template_compile(set, document, document->root, false, d);
    json nothing = json_null();
    bool ok = t && template_evaluate(t, nothing, &s->scope, out, why);
    json_free(nothing);
    template_free(t);
    expressions_free(set);
    return ok;
}

static bool start_entries(struct starting *s, json entries)
{
    bool good = json_is_array(entries) ||
                refuse_entry(s, 0, "start.yaml is a list of {workflow: FILE, title, input}");
    for (size_t i = 0; i < (json_is_array(entries) ? json_length(entries) : 0); i++) {
        json entry = json_at(entries, i);
        good &= start_one(s, i, entry);
        json_free(entry);
    }
    return good;
}

static bool start_all(struct starting *s, const char *path)
{
    struct bytes text;
    struct diagnostics diagnostics;
    struct fail why = {0};
    json entries = json_absent();
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    struct yaml_document *document = NULL;
    bool ok = cli_read_file(path, &text, &why) &&
              (document = yaml_parse(path, text.data, text.length, &diagnostics)) != NULL &&
              evaluate(s, document, &entries, &diagnostics, &why);
    s->document = document;
    if (diagnostics.count > 0)
        cli_print_diagnostics(&diagnostics);
    else if (!ok)
        fprintf(stderr, "%s: error: %s\n", path, why.message);
    ok = ok && start_entries(s, entries);
    json_free(entries);
    yaml_free(document);
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return ok;
}

static int is_definition(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t n = strlen(name);
    return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".yaml") == 0 &&
           !strstr(name, ".test.yaml") && strcmp(name, "start.yaml") != 0;
}

static bool deploy_all(struct site *site, const char *folder, bool replace)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_definition, alphasort);
    if (count < 0) {
        fprintf(stderr, "dure serve: the folder '%s' cannot be read\n", folder);
        return false;
    }
    bool good = true;
    for (int i = 0; i < count; i++) {
        char *path = mem_printf("%s/%s", folder, entries[i]->d_name);
        good &= deploy_file(site, path, replace) != NULL;
        mem_free(path);
        free(entries[i]);
    }
    free(entries);
    return good;
}

bool load_folder(struct site *site, const char *folder, bool replace)
{
    char *people = mem_printf("%s/people.csv", folder),
         *start = mem_printf("%s/start.yaml", folder);
    bool good = access(people, F_OK) != 0 || import_people(site, people);
    good &= deploy_all(site, folder, replace);
    struct starting starting = {
        .scope = {.variable = no_variable, .now_ms = engine_now_ms(site_engine(site))},
        .site = site,
        .folder = folder,
        .replace = replace};
    if (access(start, F_OK) == 0)
        good &= start_all(&starting, start);
    mem_free(people);
    mem_free(start);
    return good;
}
