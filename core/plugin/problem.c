#include "plugin/problem.h"

#include <string.h>

#define TYPES "https://serverlessworkflow.io/spec/1.0.0/errors/"

static const struct {
    const char *name;
    int status;
} known[] = {
    {"configuration", 400}, {"validation", 400}, {"expression", 400},    {"authentication", 401},
    {"authorization", 403}, {"timeout", 408},    {"communication", 500}, {"runtime", 500},
};

static int64_t usual_status(const char *type)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, type) == 0)
            return known[i].status;
    return 500;
}

json problem_make(const char *type, int64_t status, const char *title, const char *detail,
                  const char *path)
{
    json problem = json_object();
    if (strchr(type, ':') != NULL)
        json_set_text(&problem, "type", type);
    else
        json_set_take(&problem, "type", json_printf("%s%s", TYPES, type));
    json_set_int(&problem, "status", status);
    json_set_text(&problem, "title", title);
    if (detail != NULL)
        json_set_text(&problem, "detail", detail);
    json_set_text(&problem, "instance", path);
    return problem;
}

static bool is_status(json status)
{
    return json_is_integer(status) && json_int(status) >= 100 && json_int(status) <= 599;
}

// Members of the plugin's own (an error may carry data) stay.
static json problem_of_table(json error, const char *path)
{
    const char *type = json_get_text(error, "type", "runtime");
    json status = json_get(error, "status");
    json problem = problem_make(type, is_status(status) ? json_int(status) : usual_status(type),
                                json_get_text(error, "title", type),
                                json_get_text(error, "detail", NULL), path);
    json_free(status);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key = NULL;
    json member;
    while (json_next(error, &cursor, &key, &member))
        if (!json_has(problem, key))
            json_set(&problem, key, member);
    return problem;
}

json problem_of_error(json error, const char *function, const char *path)
{
    if (json_is_object(error))
        return problem_of_table(error, path);
    json title = json_printf("the function '%s' failed", function);
    json problem = problem_make("runtime", 500, json_text(title),
                                json_is_string(error) ? json_text(error) : "no reason given", path);
    json_free(title);
    return problem;
}
