#include "cli/load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/context.h"
#include "people/people.h"
#include "json/expression.h"
#include "json/yaml.h"

// start.yaml is a list of {workflow: FILE, title, input}; its texts may compute with `now`, so that
// an example's dates lie ahead whenever it is tried.
struct starting {
    struct scope scope; // first
    struct site *site;
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
    if (diagnostics.count > 0) {
        struct bytes shown;
        bytes_init(&shown, 1 << 20);
        diagnostics_write_text(&diagnostics, cli_is_color(STDERR_FILENO), &shown);
        fputs(shown.data, stderr);
        bytes_done(&shown);
    } else if (!definition) {
        cli_print_fail(path, &why);
    }
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return definition;
}

static void import_people(struct site *site, const char *path)
{
    struct bytes csv;
    struct fail why = {0};
    json preview = json_absent();
    bytes_init(&csv, LIMIT_BODY_BYTES);
    bool ok = cli_read_file(path, &csv, &why) &&
              people_import_preview(site_people(site), csv.data, csv.length, &preview, &why) &&
              people_import_commit(site_people(site), preview, &why);
    if (!ok)
        cli_print_fail(path, &why);
    json_free(preview);
    bytes_done(&csv);
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

static void start_one(struct starting *s, json entry)
{
    struct fail why = {0};
    const char *workflow = json_get_text(entry, "workflow", NULL);
    if (!workflow) {
        fprintf(stderr, "start.yaml: an entry names its workflow\n");
        return;
    }
    char *path = mem_printf("%s/%s", s->folder, workflow);
    struct definition *definition = deploy_file(s->site, path, s->replace);
    if (definition && !has_instance(s->site, definition)) {
        json input = json_get(entry, "input");
        struct id id;
        struct start_opts opts = {
            .definition = {definition->namespace, definition->name, definition->version},
            .input = input,
            .title = json_get_text(entry, "title", NULL)};
        if (!engine_start(site_engine(s->site), &opts, &id, &why))
            cli_print_fail(path, &why);
        json_free(input);
    }
    mem_free(path);
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

static void start_all(struct starting *s, const char *path)
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
    if (!ok)
        fprintf(stderr, "%s: %s\n", path,
                diagnostics.count > 0 ? diagnostics.items[0].message : why.message);
    for (size_t i = 0; i < json_length(entries); i++) {
        json entry = json_at(entries, i);
        start_one(s, entry);
        json_free(entry);
    }
    json_free(entries);
    yaml_free(document);
    diagnostics_done(&diagnostics);
    bytes_done(&text);
}

static int is_definition(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t n = strlen(name);
    return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".yaml") == 0 &&
           !strstr(name, ".test.yaml") && strcmp(name, "start.yaml") != 0;
}

void load_folder(struct site *site, const char *folder, bool replace)
{
    struct dirent **entries;
    char *people = mem_printf("%s/people.csv", folder),
         *start = mem_printf("%s/start.yaml", folder);
    if (access(people, R_OK) == 0)
        import_people(site, people);
    int count = scandir(folder, &entries, is_definition, alphasort);
    if (count < 0)
        fprintf(stderr, "dure serve: the folder '%s' cannot be read\n", folder);
    for (int i = 0; i < count; i++) {
        char *path = mem_printf("%s/%s", folder, entries[i]->d_name);
        deploy_file(site, path, replace);
        mem_free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    struct starting starting = {
        .scope = {.variable = no_variable, .now_ms = engine_now_ms(site_engine(site))},
        .site = site,
        .folder = folder,
        .replace = replace};
    if (access(start, R_OK) == 0)
        start_all(&starting, start);
    mem_free(people);
    mem_free(start);
}
