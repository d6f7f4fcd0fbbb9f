// Every branch is tried with a list of findings of its own, and the nearest one's are handed on.
#include "json/schema_union.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/diagnostic.h"

static const struct schema_node *behind_refs(const struct schema_node *n)
{
    for (int i = 0; n->ref && i < 20; i++)
        n = n->ref;
    return n;
}

struct branch {
    struct findings f;
    int misfit;      // 2 wrong type here, 1 wrong constant just below, 0 neither
    size_t declared; // of the value's properties
    size_t deepest, count;
};

static void judge(const struct task *t, const struct schema_node *n, struct branch *b)
{
    for (size_t i = 0; i < b->f.count; i++) {
        const struct finding *finding = &b->f.items[i];
        if (finding->dropped)
            continue;
        b->count++;
        if (finding->depth > b->deepest)
            b->deepest = finding->depth;
        bool choice =
            strcmp(finding->keyword, "const") == 0 || strcmp(finding->keyword, "enum") == 0;
        if (finding->depth == t->at->depth && strcmp(finding->keyword, "type") == 0)
            b->misfit = 2;
        else if (b->misfit < 1 && choice && finding->depth == t->at->depth + 1)
            b->misfit = 1;
    }
    if (!json_is_object(t->value))
        return;
    for (int i = jv_object_iter(t->value); jv_object_iter_valid(t->value, i);
         i = jv_object_iter_next(t->value, i)) {
        json key = jv_object_iter_key(t->value, i);
        b->declared += schema_declares(n, json_text(key), 0);
        json_free(key);
    }
}

static bool is_nearer(const struct branch *a, const struct branch *b)
{
    if ((a->misfit == 2) != (b->misfit == 2))
        return b->misfit == 2;
    if (a->declared != b->declared)
        return a->declared > b->declared;
    if (a->misfit != b->misfit)
        return a->misfit < b->misfit;
    if (a->deepest != b->deepest)
        return a->deepest > b->deepest;
    return a->count < b->count;
}

static bool all_say(const struct task *t, const struct branch *branches, size_t count,
                    const char *keyword, const char *other)
{
    for (size_t i = 0; i < count; i++) {
        const struct finding *first = branches[i].f.items;
        if (branches[i].f.count == 0 || first->depth != t->at->depth ||
            (strcmp(first->keyword, keyword) != 0 && strcmp(first->keyword, other) != 0))
            return false;
    }
    return true;
}

// Where every branch names another type, value or property, the answer names them all.
static bool report_together(const struct task *t, const struct branch *branches, size_t count)
{
    if (all_say(t, branches, count, "type", "type")) {
        unsigned types = 0;
        for (size_t i = 0; i < count; i++)
            types |= behind_refs(branches[i].f.items[0].node)->types;
        report_type(t->f, t->n, t->at, types, t->value);
        return true;
    }
    if (all_say(t, branches, count, "const", "enum")) {
        json choices = json_array();
        for (size_t i = 0; i < count; i++) {
            const struct schema_node *n = branches[i].f.items[0].node;
            for (size_t k = 0; k < json_length(n->enumeration); k++)
                json_append_take(&choices, json_at(n->enumeration, k));
            if (!json_is_absent(n->constant))
                json_append(&choices, n->constant);
        }
        report_choice(t->f, t->n, t->at, "enum", choices, t->value);
        json_free(choices);
        return true;
    }
    return false;
}

static size_t list_missing(const struct branch *branches, size_t count, const char **names)
{
    size_t listed = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = branches[i].f.items[0].property;
        bool known = false;
        for (size_t k = 0; k < listed; k++)
            known = known || strcmp(names[k], name) == 0;
        if (!known)
            names[listed++] = name;
    }
    return listed;
}

// A key that no branch knows and that looks like one of those that would choose a branch.
static bool report_typo(const struct task *t, const char *const *names, size_t count)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json value;
    while (json_next(t->value, &cursor, &key, &value)) {
        const char *nearest =
            schema_declares(t->n, key, 0) ? NULL : diagnostics_nearest(key, names, count);
        if (!nearest)
            continue;
        char message[300];
        snprintf(message, sizeof message, "'%.100s' is not known here; did you mean '%.100s'?", key,
                 nearest);
        report_property(t->f, t->n, t->at, "additionalProperties", key, message);
        json_cursor_done(&cursor);
        return true;
    }
    return false;
}

// No branch knows more of the value than any other: then none is the nearest.
static bool report_missing(const struct task *t, const struct branch *branches, size_t count)
{
    if (count < 2 || !all_say(t, branches, count, "required", "required"))
        return false;
    for (size_t i = 0; i < count; i++)
        if (branches[i].declared != branches[0].declared || !branches[i].f.items[0].property)
            return false;
    const char **names = mem_alloc(count * sizeof *names);
    size_t listed = list_missing(branches, count, names);
    char list[500] = "";
    for (size_t i = 0; i < listed; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s'%.60s'", i == 0 ? "" : ", ", names[i]);
    }
    if (!report_typo(t, names, listed)) {
        char message[560];
        snprintf(message, sizeof message, listed == 1 ? "%s is missing" : "one of %s is missing",
                 list);
        report_property(t->f, t->n, t->at, "required", listed == 1 ? names[0] : NULL, message);
    }
    mem_free(names);
    return true;
}

void union_report(const struct task *t, const struct schema_nodes *nodes)
{
    struct branch *branches = mem_zero(nodes->count, sizeof *branches);
    size_t nearest = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        branches[i].f.arena = t->f->arena;
        schema_fits(t, nodes->items[i], t->value, t->at, NULL, &branches[i].f);
        judge(t, nodes->items[i], &branches[i]);
        if (i > 0 && is_nearer(&branches[i], &branches[nearest]))
            nearest = i;
    }
    if (!report_together(t, branches, nodes->count) && !report_missing(t, branches, nodes->count)) {
        for (size_t i = 0; i < branches[nearest].f.count; i++) {
            const struct finding *found = &branches[nearest].f.items[i];
            report_property(t->f, found->node, t->at, found->keyword, found->property,
                            found->message);
            if (t->f->count > 0) {
                t->f->items[t->f->count - 1].pointer = found->pointer;
                t->f->items[t->f->count - 1].depth = found->depth;
                t->f->items[t->f->count - 1].dropped = found->dropped;
            }
        }
    }
    for (size_t i = 0; i < nodes->count; i++)
        findings_done(&branches[i].f);
    mem_free(branches);
}
