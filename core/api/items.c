#include "people/item.h"

#include <string.h>

#include "api/resource.h"

static bool is_status(const char *text)
{
    return strcmp(text, "open") == 0 || strcmp(text, "done") == 0 || strcmp(text, "closed") == 0;
}

void items_list(struct api *a, struct request *r)
{
    struct item_list_opts opts = {.assignee = request_query(r, "assignee"),
                                  .status = request_query(r, "status"),
                                  .instance = request_query(r, "instance"),
                                  .task = request_query(r, "task")};
    struct fail why = {0};
    if (opts.status && !is_status(opts.status)) {
        request_problem(r, 400, "bad_query",
                        "there is no status '%.40s'; there are open, done, closed", opts.status);
        return;
    }
    if (!read_page(r, &opts.limit, &opts.after) || !cursor_is_id(r, opts.after))
        return;
    json list = item_list(a->people, &opts, &why);
    if (json_is_array(list))
        reply_page(r, list, opts.limit, "id");
    else
        request_fail(r, &why);
}

void item_get(struct api *a, struct request *r)
{
    struct fail why;
    json item = item_show(a->people, request_param(r, "id"), &why);
    if (json_is_object(item))
        request_reply_json(r, 200, item);
    else
        request_fail(r, &why);
    json_free(item);
}

void item_answers(struct api *a, struct request *r)
{
    struct fail why = {0};
    size_t limit;
    const char *after;
    json item = item_show(a->people, request_param(r, "id"), &why);
    bool there = json_is_object(item);
    json_free(item);
    if (!there) {
        request_fail(r, &why);
        return;
    }
    if (!read_page(r, &limit, &after))
        return;
    json list = answer_list(a->people, request_param(r, "id"), limit, &why);
    if (json_is_array(list))
        reply_page(r, list, limit, NULL);
    else
        request_fail(r, &why);
}

// Programs that name no language get English; of those that name both the first.
static bool wants_korean(const struct request *r)
{
    const char *accept = request_header(r, "Accept-Language");
    const char *ko = accept ? strcasestr(accept, "ko") : NULL,
               *en = accept ? strcasestr(accept, "en") : NULL;
    return ko && (!en || ko < en);
}

// The sentence that the function gave with its refusal, in the language of who asks; else the
// engine's.
static const char *sentence_of(const struct request *r, json message, const struct fail *why)
{
    const char *first = wants_korean(r) ? "ko" : "en", *second = wants_korean(r) ? "en" : "ko";
    const char *text = json_is_string(message)
                           ? json_text(message)
                           : json_get_text(message, first, json_get_text(message, second, ""));
    return *text ? text : why->message;
}

// Who may not is 403; what a rule of the workflow refuses is 409; what does not fit the form is 422
// with the places as `errors`.
static void refuse(struct request *r, const struct fail *why, json reply)
{
    json errors = json_get(reply, "violations"), extra = json_object(),
         message = json_get(reply, "message");
    bool denied = why->kind == FAIL_REFUSED && strcmp(why->code, "not_eligible") == 0;
    if (json_is_array(errors))
        json_set(&extra, "errors", errors);
    if (json_is_object(message))
        json_set(&extra, "message", message);
    json_free(errors);
    request_problem_with(r, denied ? 403 : problem_status(why), why->code,
                         sentence_of(r, message, why), extra);
    json_free(message);
    json_free(extra);
}

// Whoever answers here does so for somebody else. For whom is not said: of a secret ballot nobody
// may learn that by the time of the act.
static void record_answer(struct api *a, struct request *r)
{
    struct fail why = {0};
    if (access_check(a->access, r)->kind == ACTOR_OPEN)
        return;
    json item = item_show(a->people, request_param(r, "id"), &why), what = json_object();
    const char *instance = json_get_text(item, "instance", "");
    json_set_text(&what, "task", json_get_text(item, "task", ""));
    if (!*instance) // of the house: its item says which
        json_set_text(&what, "item", request_param(r, "id"));
    record_act(a, r, "answer", *instance ? instance : NULL, what);
    json_free(item);
}

static void answer(struct api *a, struct request *r, json body)
{
    const char *as = json_get_text(body, "as", NULL);
    json withdraw = json_get(body, "withdraw");
    struct answer given = {.item = request_param(r, "id"),
                           .person = as ? as : json_get_text(body, "person", NULL),
                           .data = json_get(body, "data"),
                           .key = request_header(r, "Idempotency-Key"),
                           .receipt = json_get_text(body, "receipt", NULL),
                           .withdraw = json_is_true(withdraw),
                           .delegate = json_get_text(body, "delegate", NULL),
                           .recuse = json_get_text(body, "recuse", NULL)};
    json_free(withdraw);
    if (json_is_absent(given.data))
        given.data = json_null();
    json reply = json_absent();
    struct fail why;
    if (item_answer(a->people, &given, &reply, &why)) {
        record_answer(a, r);
        reply_after_commit(a, r, given.receipt ? 200 : 201, json_ref(reply));
    } else {
        refuse(r, &why, reply);
    }
    json_free(reply);
    json_free(given.data);
}

void item_take_answer(struct api *a, struct request *r)
{
    static const struct member members[] = {{"as", MEMBER_TEXT | MEMBER_NULL},
                                            {"person", MEMBER_TEXT | MEMBER_NULL},
                                            {"data", MEMBER_ANY},
                                            {"receipt", MEMBER_TEXT},
                                            {"withdraw", MEMBER_BOOL},
                                            {"delegate", MEMBER_TEXT},
                                            {"recuse", MEMBER_TEXT},
                                            {NULL, 0}};
    json body;
    if (!read_object(r, &body, members, false))
        return;
    answer(a, r, body);
    json_free(body);
}
