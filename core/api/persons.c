#include <string.h>

#include "api/replay.h"
#include "api/resource.h"

void persons_list(struct api *a, struct request *r)
{
    struct fail why = {0};
    size_t limit;
    const char *after, *text = request_query(r, "q");
    if (!read_page(r, &limit, &after))
        return;
    json list = people_find_after(a->people, text ? text : "", after, limit, &why);
    if (json_is_array(list))
        reply_page(r, list, limit, "id");
    else
        request_fail(r, &why);
}

void person_get(struct api *a, struct request *r)
{
    struct fail why = {0};
    const char *id = request_param(r, "id");
    json person = people_get(a->people, id, &why);
    if (json_is_object(person))
        request_reply_json(r, 200, person);
    else if (why.kind != FAIL_NONE)
        request_fail(r, &why);
    else
        request_problem(r, 404, "not_found", "there is no person '%.100s'", id);
    json_free(person);
}

void person_put(struct api *a, struct request *r)
{
    struct fail why = {0};
    json person;
    if (!request_json(r, &person, &why)) {
        request_fail(r, &why);
        return;
    }
    if (people_put(a->people, person, &why)) {
        json what = json_object();
        json_set_text(&what, "person", json_get_text(person, "id", ""));
        record_act(a, r, "person-put", NULL, what);
        reply_after_commit(a, r, 200, people_get(a->people, json_get_text(person, "id", ""), &why));
    } else {
        request_fail(r, &why);
    }
    json_free(person);
}

// ---- import: the file itself, or a form that carries it

static const char *read_csv(struct request *r, size_t *bytes, struct fail *why)
{
    if (strcmp(request_content_type(r), "multipart/form-data") != 0)
        return request_body(r, bytes);
    const struct form *form = request_form(r, why);
    const struct form_field *file = form ? form_field(form, "file") : NULL;
    if (file) {
        *bytes = file->bytes;
        return file->value;
    }
    if (form)
        fail(why, FAIL_INVALID, "the form has no field 'file'");
    return NULL;
}

static void commit(struct api *a, struct request *r, json preview)
{
    struct replay replay;
    struct fail why;
    if (replay_begin(&replay, a, r) == REPLAY_DONE)
        return;
    if (people_import_commit(a->people, preview, &why)) {
        json what = json_object(), rows = json_get(preview, "rows");
        json_set_int(&what, "rows", (int64_t)json_length(rows));
        json_free(rows);
        record_act(a, r, "people-import", NULL, what);
        replay_end_take(&replay, a, r, 200, json_ref(preview));
        return;
    }
    replay_done(&replay);
    request_problem_with(r, problem_status(&why), why.code, why.message, preview);
}

void persons_import(struct api *a, struct request *r)
{
    struct fail why;
    size_t bytes;
    json preview = json_absent();
    const char *csv = read_csv(r, &bytes, &why);
    if (!csv || !people_import_preview(a->people, csv, bytes, &preview, &why)) {
        request_fail(r, &why);
        return;
    }
    if (request_query(r, "preview"))
        request_reply_json(r, 200, preview);
    else
        commit(a, r, preview);
    json_free(preview);
}
