#include "plugin/queries.h"

#include <string.h>

#include "base/mem.h"
#include "json/expression.h"

#define QUERIES_MAX 500

struct query {
    struct expressions *set;
    struct expression *expression;
};

struct query_scope {
    struct scope scope; // first
    json variables;
};

void queries_init(struct map *queries)
{
    map_init(queries);
}

static void forget_all(struct map *queries)
{
    size_t i = 0;
    struct map_entry *entry;
    while (map_next(queries, &i, &entry)) {
        struct query *q = entry->value;
        expressions_free(q->set);
        mem_free(q);
    }
}

void queries_done(struct map *queries)
{
    forget_all(queries);
    map_done(queries);
}

static json variable(const struct scope *scope, const char *name)
{
    const struct query_scope *s = (const struct query_scope *)scope;
    return json_get(s->variables, name);
}

// When there are too many they are all forgotten: a plugin that makes its texts up as it goes pays
// for it, one that does not never gets here.
static struct query *find(struct map *queries, const char *text, struct fail *why)
{
    struct query *q = map_get(queries, text);
    if (q != NULL)
        return q;
    struct expressions *set = expressions_new();
    struct expression *expression = expressions_add(set, text, strlen(text), why);
    if (expression == NULL || !expressions_compile(set, NULL, why)) {
        expressions_free(set);
        return NULL;
    }
    if (queries->count >= QUERIES_MAX) {
        forget_all(queries);
        map_clear(queries);
    }
    q = mem_new(struct query);
    *q = (struct query){.set = set, .expression = expression};
    map_put(queries, text, q);
    return q;
}

bool queries_compile(struct map *queries, const char *text, struct fail *why)
{
    return find(queries, text, why) != NULL;
}

bool queries_run(struct map *queries, const char *text, json input, json variables, int64_t now_ms,
                 json *out, struct fail *why)
{
    struct query *q = find(queries, text, why);
    struct query_scope scope = {.scope = {.variable = variable, .now_ms = now_ms},
                                .variables = variables};
    return q != NULL && expression_evaluate(q->expression, input, &scope.scope, out, why);
}
