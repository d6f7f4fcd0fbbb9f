// A directory from CSV in two steps: a preview that says for each line what would happen, and the
// commit of that preview, all of it or nothing.
#include "people/people.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "people/csv.h"
#include "people/directory.h"
#include "people/resident.h"

#define IMPORT_ROWS_MAX 50000

static const char *const plain_columns[] = {"id", "name", "email", "phone", "language", "status"};

struct preview {
    struct people *p;
    struct csv_table table;
    json rows, seen; // seen: {id: line}
    int64_t added, changed, same, refused;
};

static bool is_plain(const char *name)
{
    for (size_t i = 0; i < sizeof plain_columns / sizeof *plain_columns; i++)
        if (strcmp(plain_columns[i], name) == 0)
            return true;
    return false;
}

// ---- the header

static bool has_column(const struct csv_row *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (strcmp(head->cells[i], name) == 0)
            return true;
    return false;
}

static bool header_is_sound(const struct csv_row *head, struct fail *why)
{
    for (size_t i = 0; i < head->count; i++) {
        if (head->cells[i][0] == 0)
            return fail(why, FAIL_INVALID, "line %d: column %zu has no name", head->line, i + 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(head->cells[i], head->cells[k]) == 0)
                return fail(why, FAIL_INVALID, "line %d: two columns are named '%.60s'", head->line,
                            head->cells[i]);
    }
    if (!has_column(head, "id") || !has_column(head, "name"))
        return fail(why, FAIL_INVALID,
                    "line %d: the first line names the columns, 'id' and 'name' among them",
                    head->line);
    return true;
}

// ---- one line

static json groups_of(const char *cell)
{
    json groups = json_array();
    while (*cell != 0) {
        size_t n = strcspn(cell, ";"), from = 0, to = n;
        while (from < to && cell[from] == ' ')
            from++;
        while (to > from && cell[to - 1] == ' ')
            to--;
        if (to > from)
            json_append_take(&groups, json_string_sized(cell + from, to - from));
        cell += n + (cell[n] == ';');
    }
    return groups;
}

static json person_of(const struct csv_row *head, const struct csv_row *row)
{
    json person = json_object(), attributes = json_object();
    for (size_t i = 0; i < head->count && i < row->count; i++) {
        const char *name = head->cells[i], *cell = row->cells[i];
        if (strcmp(name, "groups") == 0)
            json_set_take(&person, "groups", groups_of(cell));
        else if (is_plain(name) && cell[0] != 0)
            json_set_text(&person, name, cell);
        else if (!is_plain(name) && cell[0] != 0)
            json_set_text(&attributes, name, cell);
    }
    if (json_length(attributes) > 0)
        json_set(&person, "attributes", attributes);
    json_free(attributes);
    return person;
}

static void add_problem(json *problems, const char *text)
{
    json_append_take(problems, json_string(text));
}

// Everything people_put would say of it, without leaving a trace.
static bool try_person(struct people *p, json person, struct fail *why)
{
    size_t mark = store_mark(p->store);
    bool good = people_put(p, person, why);
    store_undo(p->store, mark);
    return good;
}

static bool same_member(json old, json new, const char *key)
{
    json a = json_get(old, key), b = json_get(new, key);
    bool same = json_is_absent(b) || json_equal(a, b);
    json_free(a);
    json_free(b);
    return same;
}

static bool same_groups(json old, json new)
{
    json wanted = json_get(new, "groups"), had = json_get(old, "groups");
    bool same = json_is_absent(wanted) || json_length(wanted) == json_length(had);
    for (size_t i = 0; same && i < json_length(wanted); i++) {
        bool found = false;
        json a = json_at(wanted, i);
        for (size_t k = 0; !found && k < json_length(had); k++) {
            json b = json_at(had, k);
            found = json_equal(a, b);
            json_free(b);
        }
        json_free(a);
        same = found;
    }
    json_free(wanted);
    json_free(had);
    return same;
}

static const char *action_of(struct preview *v, json person)
{
    struct fail why = {0};
    json old = people_get(v->p, json_get_text(person, "id", ""), &why);
    const char *action = "add";
    if (json_is_object(old)) {
        bool same = same_groups(old, person) && same_member(old, person, "attributes");
        for (size_t i = 0; i < sizeof plain_columns / sizeof *plain_columns; i++)
            same = same && same_member(old, person, plain_columns[i]);
        action = same ? "same" : "change";
    }
    json_free(old);
    return action;
}

static void find_problems(struct preview *v, const struct csv_row *head, const struct csv_row *row,
                          json person, json *problems)
{
    struct fail why = {0};
    char text[200];
    const char *id = json_get_text(person, "id", "");
    if (row->count > head->count) {
        snprintf(text, sizeof text, "has %zu cells where the first line has %zu", row->count,
                 head->count);
        add_problem(problems, text);
    }
    int64_t before = json_get_int(v->seen, id, 0);
    if (before > 0) {
        snprintf(text, sizeof text, "has the same id as line %lld", (long long)before);
        add_problem(problems, text);
    }
    if (!try_person(v->p, person, &why))
        add_problem(problems, why.message);
    if (id[0] != 0 && before == 0)
        json_set_int(&v->seen, id, row->line);
}

static void preview_row(struct preview *v, const struct csv_row *head, const struct csv_row *row)
{
    json person = person_of(head, row), problems = json_array(), entry = json_object();
    find_problems(v, head, row, person, &problems);
    bool refused = json_length(problems) > 0;
    const char *action = refused ? "refuse" : action_of(v, person);
    v->refused += refused;
    v->added += strcmp(action, "add") == 0;
    v->changed += strcmp(action, "change") == 0;
    v->same += strcmp(action, "same") == 0;
    json_set_int(&entry, "line", row->line);
    json_set_text(&entry, "action", action);
    // What must not be kept is not shown either.
    if (!json_has_resident_number(person))
        json_set(&entry, "person", person);
    json_set_take(&entry, "problems", problems);
    json_append_take(&v->rows, entry);
    json_free(person);
}

static json preview_result(const struct preview *v)
{
    json out = json_object(), counts = json_object();
    json_set_int(&counts, "add", v->added);
    json_set_int(&counts, "change", v->changed);
    json_set_int(&counts, "same", v->same);
    json_set_int(&counts, "refuse", v->refused);
    json_set(&out, "rows", v->rows);
    json_set_take(&out, "counts", counts);
    return out;
}

bool people_import_preview(struct people *p, const char *csv, size_t bytes, json *preview,
                           struct fail *why)
{
    struct preview v = {.p = p};
    *preview = json_absent();
    if (!csv_read(csv, bytes, 0, &v.table, why))
        return false;
    bool good = v.table.count > 0 || fail(why, FAIL_INVALID, "the file is empty");
    good = good && header_is_sound(&v.table.rows[0], why);
    if (good && v.table.count - 1 > IMPORT_ROWS_MAX)
        good =
            fail(why, FAIL_LIMIT, "more than %d persons in one file; divide it", IMPORT_ROWS_MAX);
    if (good) {
        v.rows = json_array();
        v.seen = json_object();
        for (size_t i = 1; i < v.table.count; i++)
            preview_row(&v, &v.table.rows[0], &v.table.rows[i]);
        *preview = preview_result(&v);
        json_free(v.rows);
        json_free(v.seen);
    }
    csv_done(&v.table);
    return good;
}

// ---- commit

static bool commit_row(struct people *p, json row, struct fail *why)
{
    const char *action = json_get_text(row, "action", "");
    if (strcmp(action, "refuse") == 0)
        return fail(why, FAIL_INVALID, "line %lld is refused; mend it and preview again",
                    (long long)json_get_int(row, "line", 0));
    if (strcmp(action, "add") != 0 && strcmp(action, "change") != 0)
        return true;
    json person = json_get(row, "person");
    bool good = people_put(p, person, why);
    json_free(person);
    return good || fail_within(why, "line %lld", (long long)json_get_int(row, "line", 0));
}

bool people_import_commit(struct people *p, json preview, struct fail *why)
{
    json rows = json_get(preview, "rows");
    size_t mark = store_mark(p->store);
    bool good = json_is_array(rows) || fail(why, FAIL_INVALID, "this is no preview of an import");
    for (size_t i = 0; good && i < json_length(rows); i++) {
        json row = json_at(rows, i);
        good = commit_row(p, row, why);
        json_free(row);
    }
    json_free(rows);
    if (good)
        store_keep(p->store, mark);
    else
        store_undo(p->store, mark);
    return good;
}
