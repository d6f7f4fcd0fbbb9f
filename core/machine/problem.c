#include "machine/problem.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "machine/machine.h"

#define TYPE_PREFIX "https://serverlessworkflow.io/spec/1.0.0/errors/"

// Every family of standard error types that has been published, without the scheme.
static const char *const families[] = {
    "serverlessworkflow.io/spec/1.0.0/errors/",
    "serverlessworkflow.io/dsl/errors/types/",
    "serverlessworkflow.io/errors/types/",
    "open-workflow-specification.org/spec/1.0.0/errors/",
    "open-workflow-specification.org/dsl/errors/types/",
    "open-workflow-specification.org/errors/types/",
};

static const struct standard {
    const char *name;
    int status;
    const char *title;
} standards[] = {
    {"configuration", 400, "Configuration Error"}, {"validation", 400, "Validation Error"},
    {"expression", 400, "Expression Error"},       {"authentication", 401, "Authentication Error"},
    {"authorization", 403, "Authorization Error"}, {"timeout", 408, "Timeout"},
    {"communication", 500, "Communication Error"}, {"runtime", 500, "Runtime Error"},
};

// The name of a standard type ("timeout"), or NULL where it is none.
static const char *standard_name(const char *type)
{
    const char *rest = type;
    if (strncasecmp(rest, "https://", 8) == 0)
        rest += 8;
    else if (strncasecmp(rest, "http://", 7) == 0)
        rest += 7;
    else
        return strpbrk(type, ":/") == NULL ? type : NULL;
    if (strncasecmp(rest, "www.", 4) == 0)
        rest += 4;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t length = strlen(families[i]);
        if (strncasecmp(rest, families[i], length) == 0)
            return rest + length;
    }
    return NULL;
}

static const struct standard *standard_of(const char *type)
{
    const char *name = standard_name(type);
    if (name == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof standards / sizeof *standards; i++)
        if (strcmp(standards[i].name, name) == 0)
            return &standards[i];
    return NULL;
}

bool problem_type_equal(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    const char *name_a = standard_name(a), *name_b = standard_name(b);
    return name_a != NULL && name_b != NULL && strcmp(name_a, name_b) == 0;
}

json problem_new(const char *type_name, int status, const char *title, const char *detail,
                 const char *instance)
{
    json problem = json_object();
    bool is_name = strpbrk(type_name, ":/") == NULL;
    json_set_take(&problem, "type",
                  is_name ? json_printf("%s%s", TYPE_PREFIX, type_name) : json_string(type_name));
    const struct standard *standard = standard_of(type_name);
    if (status == 0)
        status = standard != NULL ? standard->status : 500;
    json_set_int(&problem, "status", status);
    if (title == NULL && standard != NULL)
        title = standard->title;
    if (title != NULL)
        json_set_text(&problem, "title", title);
    if (detail != NULL && *detail != '\0')
        json_set_text(&problem, "detail", detail);
    if (instance != NULL)
        json_set_text(&problem, "instance", instance);
    return problem;
}

// What came is no object: its text is all that can be told.
static json problem_from_any(json value)
{
    if (json_is_string(value))
        return problem_new("runtime", 500, NULL, json_text(value), NULL);
    return problem_new("runtime", 500, NULL, "the error is not a problem details object", NULL);
}

static int64_t status_of(json problem)
{
    json given = json_get(problem, "status");
    int64_t status = 0;
    if (json_is_integer(given))
        status = json_int(given);
    json_free(given);
    return status;
}

static void fill_type(json *problem)
{
    json given = json_get(*problem, "type");
    if (!json_is_string(given) || json_text_bytes(given) == 0)
        json_set_text(problem, "type", TYPE_PREFIX "runtime");
    else if (strpbrk(json_text(given), ":/") == NULL && standard_of(json_text(given)) != NULL)
        json_set_take(problem, "type", json_printf("%s%s", TYPE_PREFIX, json_text(given)));
    json_free(given);
}

json problem_complete(json given, const char *instance)
{
    json problem = json_is_object(given) ? json_ref(given) : problem_from_any(given);
    fill_type(&problem);
    json type = json_get(problem, "type");
    const struct standard *standard = standard_of(json_text(type));
    if (status_of(problem) == 0)
        json_set_int(&problem, "status", standard != NULL ? standard->status : 500);
    if (!json_has(problem, "title") && standard != NULL)
        json_set_text(&problem, "title", standard->title);
    json where = json_get(problem, "instance");
    if (!json_is_string(where) || json_text_bytes(where) == 0)
        json_set_text(&problem, "instance", instance);
    json_free(where);
    json_free(type);
    return problem;
}

static bool member_matches(const char *key, json wanted, json have)
{
    if (strcmp(key, "type") == 0 && json_is_string(wanted) && json_is_string(have))
        return problem_type_equal(json_text(wanted), json_text(have));
    return json_equal(wanted, have);
}

bool problem_matches(json problem, json filter)
{
    if (!json_is_object(filter))
        return json_is_null(filter);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json wanted;
    while (json_next(filter, &cursor, &key, &wanted)) {
        json have = json_get(problem, key);
        bool matches = member_matches(key, wanted, have);
        json_free(have);
        if (!matches) {
            json_cursor_done(&cursor);
            return false;
        }
    }
    return true;
}
