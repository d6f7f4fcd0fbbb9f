// Every branch is tried with a list of findings of its own, and the nearest one's are handed on.
#include "json/schema_union.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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

// No branch knows more of the value than any other: then it is not the nearest that is missing.
static bool report_missing(const struct task *t, const struct branch *branches, size_t count)
{
    if (count < 3 || !all_say(t, branches, count, "required", "required"))
        return false;
    char list[400] = "";
    for (size_t i = 0; i < count; i++) {
        if (branches[i].declared != branches[0].declared)
            return false;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s'%.60s'", i == 0 ? "" : ", ",
                 branches[i].f.items[0].property);
    }
    schema_report(t->f, t->n, t->at, "required", "one of %s is missing", list);
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
