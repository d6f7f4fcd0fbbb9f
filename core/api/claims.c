// What one does with a work item beside answering it: claim what was asked of a group, give it
// back, remind those of a step who have not answered.
#include "people/claim.h"

#include <string.h>

#include "api/replay.h"
#include "api/resource.h"
#include "base/mem.h"
#include "people/item.h"
#include "people/remind.h"

typedef bool claiming(struct people *p, const char *item, const char *person, struct fail *why);

static void move(struct api *a, struct request *r, claiming *does, const char *act)
{
    static const struct member members[] = {{"as", MEMBER_TEXT}, {NULL, 0}};
    json body;
    struct fail why = {0};
    const char *id = request_param(r, "id");
    if (!read_object(r, &body, members, false))
        return;
    if (does(a->people, id, json_get_text(body, "as", ""), &why)) {
        json item = item_show(a->people, id, &why), what = json_ref(body);
        json_set_text(&what, "task", json_get_text(item, "task", ""));
        record_act(a, r, act, json_get_text(item, "instance", NULL), what);
        reply_after_commit(a, r, 200, item);
    } else {
        bool denied = why.kind == FAIL_REFUSED && strcmp(why.code, "not_eligible") == 0;
        request_problem(r, denied ? 403 : problem_status(&why), why.code, "%s", why.message);
    }
    json_free(body);
}

void item_take(struct api *a, struct request *r)
{
    move(a, r, item_claim, "claim");
}

void item_return(struct api *a, struct request *r)
{
    move(a, r, item_give_back, "give-back");
}

// ---- reminders

// The open steps of the instance that ask persons, each once: {task: true}.
static json asking_tasks(struct api *a, const char *instance, struct fail *why)
{
    json tasks = json_object();
    json items =
        item_list(a->people, &(struct item_list_opts){.instance = instance, .status = "open"}, why);
    for (size_t i = 0; i < json_length(items); i++) {
        json item = json_at(items, i);
        if (json_has(item, "assignee"))
            json_set_bool(&tasks, json_get_text(item, "task", ""), true);
        json_free(item);
    }
    json_free(items);
    return tasks;
}

// The one task where only one asks; else the caller has to name it. By mem_free, NULL and why.
static char *only_task(struct api *a, const char *instance, struct fail *why)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json ignored, tasks = asking_tasks(a, instance, why);
    char *task = NULL;
    if (json_length(tasks) == 0)
        fail(why, FAIL_NOT_FOUND, "no open step of '%.60s' asks anybody", instance);
    else if (json_length(tasks) > 1)
        fail(why, FAIL_INVALID, "several steps ask people; say which in 'task'");
    else if (json_next(tasks, &cursor, &name, &ignored))
        task = mem_string(name);
    json_free(tasks);
    return task;
}

static void remind(struct api *a, struct request *r, const char *task, struct replay *replay)
{
    json told;
    struct fail why = {0};
    const char *id = request_param(r, "id"), *by = access_check(a->access, r)->name;
    if (item_remind(a->people, id, task, *by ? by : "api", &told, &why)) {
        json what = json_ref(told);
        json_set_text(&what, "task", task);
        record_act(a, r, "remind", id, what);
        replay_end_take(replay, a, r, 200, told);
    } else {
        replay_done(replay);
        request_fail(r, &why);
    }
}

void instance_remind(struct api *a, struct request *r)
{
    static const struct member members[] = {{"task", MEMBER_TEXT}, {NULL, 0}};
    json body;
    struct fail why = {0};
    struct replay replay;
    if (!read_object(r, &body, members, true))
        return;
    if (replay_begin(&replay, a, r) == REPLAY_NEW) {
        const char *given = json_get_text(body, "task", NULL);
        char *task = given ? mem_string(given) : only_task(a, request_param(r, "id"), &why);
        if (task) {
            remind(a, r, task, &replay);
        } else {
            replay_done(&replay);
            request_fail(r, &why);
        }
        mem_free(task);
    }
    json_free(body);
}
