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
            return fail_code(why, FAIL_INVALID, "bad_header", "line %d: column %zu has no name",
                             head->line, i + 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(head->cells[i], head->cells[k]) == 0)
                return fail_code(why, FAIL_INVALID, "bad_header",
                                 "line %d: two columns are named '%.60s'", head->line,
                                 head->cells[i]);
    }
    if (!has_column(head, "id") || !has_column(head, "name"))
        return fail_code(why, FAIL_INVALID, "bad_header",
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

// A cell that csv.h neutralised on its way out comes back as it was.
static const char *cell_value(const char *cell)
{
    return cell[0] == '\'' && cell[1] != 0 && strchr("=+-@", cell[1]) ? cell + 1 : cell;
}

static json person_of(const struct csv_row *head, const struct csv_row *row)
{
    json person = json_object(), attributes = json_object();
    for (size_t i = 0; i < head->count && i < row->count; i++) {
        const char *name = head->cells[i], *cell = cell_value(row->cells[i]);
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

// The problems of a line, by sentence and code, and what would become of its person.
struct verdict {
    json problems, codes;
    json before; // as the directory has it, where the line changes something
    const char *action;
};

static void add_problem(struct verdict *verdict, const char *code, const char *text)
{
    json_append_take(&verdict->problems, json_string(text));
    json_append_take(&verdict->codes, json_string(code));
}

// What people_put would make of it, without leaving a trace: the person as it would stand after,
// compared with how it stands. The raw cells would not do: names come in decomposed, with blanks.
static bool try_person(struct preview *v, json person, struct verdict *verdict, struct fail *why)
{
    struct fail unknown = {0};
    const char *id = json_get_text(person, "id", "");
    json old = people_get(v->p, id, &unknown), new = json_absent();
    bool is_new = !json_is_object(old);
    size_t mark = store_mark(v->p->store);
    bool good = people_put(v->p, person, why);
    if (good && !is_new)
        new = people_get(v->p, id, &unknown);
    store_undo(v->p->store, mark);
    if (!good)
        verdict->action = "refuse";
    else if (is_new)
        verdict->action = "add";
    else
        verdict->action = json_equal(old, new) ? "same" : "change";
    if (strcmp(verdict->action, "change") == 0)
        verdict->before = json_ref(old);
    json_free(old);
    json_free(new);
    return good;
}

static void judge(struct preview *v, const struct csv_row *row, json person,
                  struct verdict *verdict)
{
    struct fail why = {0};
    char text[200];
    const char *id = json_get_text(person, "id", "");
    const struct csv_row *head = &v->table.rows[0];
    *verdict =
        (struct verdict){.problems = json_array(), .codes = json_array(), .before = json_absent()};
    if (row->count > head->count) {
        snprintf(text, sizeof text, "has %zu cells where the first line has %zu", row->count,
                 head->count);
        add_problem(verdict, "too_many_cells", text);
    }
    int64_t before = json_get_int(v->seen, id, 0);
    if (before > 0) {
        snprintf(text, sizeof text, "has the same id as line %lld", (long long)before);
        add_problem(verdict, "same_id", text);
    }
    if (!try_person(v, person, verdict, &why))
        add_problem(verdict, why.code, why.message);
    if (id[0] != 0 && before == 0)
        json_set_int(&v->seen, id, row->line);
    if (json_length(verdict->problems) > 0)
        verdict->action = "refuse";
}

static void preview_row(struct preview *v, const struct csv_row *row)
{
    json person = person_of(&v->table.rows[0], row), entry = json_object();
    struct verdict verdict;
    judge(v, row, person, &verdict);
    const char *action = verdict.action;
    v->refused += strcmp(action, "refuse") == 0;
    v->added += strcmp(action, "add") == 0;
    v->changed += strcmp(action, "change") == 0;
    v->same += strcmp(action, "same") == 0;
    json_set_int(&entry, "line", row->line);
    json_set_text(&entry, "action", action);
    // What must not be kept is not shown either.
    if (!json_has_resident_number(person))
        json_set(&entry, "person", person);
    if (json_is_object(verdict.before))
        json_set_take(&entry, "before", verdict.before);
    json_set_take(&entry, "problems", verdict.problems);
    json_set_take(&entry, "codes", verdict.codes);
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
    bool good =
        v.table.count > 0 || fail_code(why, FAIL_INVALID, "empty_file", "the file is empty");
    good = good && header_is_sound(&v.table.rows[0], why);
    if (good && v.table.count - 1 > IMPORT_ROWS_MAX)
        good =
            fail(why, FAIL_LIMIT, "more than %d persons in one file; divide it", IMPORT_ROWS_MAX);
    if (good) {
        v.rows = json_array();
        v.seen = json_object();
        for (size_t i = 1; i < v.table.count; i++)
            preview_row(&v, &v.table.rows[i]);
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
