#include "engine/engine.h"
#include "engine/incident.h"
#include "engine/state.h"

static bool is_allowed(const struct live *l, enum control what, struct fail *why)
{
    enum instance_status status = live_status(l);
    const char *name = instance_status_name(status);
    switch (what) {
    case CONTROL_CANCEL:
        return live_is_open(l) ||
               fail(why, FAIL_CONFLICT, "the instance has ended already (%s)", name);
    case CONTROL_PAUSE:
        return (live_is_open(l) && status != STATUS_SUSPENDED) ||
               fail(why, FAIL_CONFLICT, "only an open instance can be paused; it is %s", name);
    case CONTROL_RESUME:
        return status == STATUS_SUSPENDED ||
               fail(why, FAIL_CONFLICT, "only a paused instance can be resumed; it is %s", name);
    case CONTROL_RETRY:
        if (l->removed_ms != EXPIRY_NONE)
            return fail_code(why, FAIL_CONFLICT, "data_removed", EXPIRY_SENTENCE);
        return status == STATUS_FAULTED || (live_is_open(l) && l->incident) ||
               fail(why, FAIL_CONFLICT, "only a faulted instance can be retried; it is %s", name);
    }
    return false;
}

static enum machine_input_kind input_of(enum control what)
{
    switch (what) {
    case CONTROL_CANCEL:
        return INPUT_CANCEL;
    case CONTROL_PAUSE:
        return INPUT_SUSPEND;
    case CONTROL_RESUME:
        return INPUT_RESUME;
    case CONTROL_RETRY:
        return INPUT_RETRY;
    }
    return INPUT_CANCEL;
}

bool engine_control(struct engine *e, const char *id, enum control what, const char *reason,
                    struct fail *why)
{
    if (!engine_may_change(e, why))
        return false;
    struct live *l = live_find(e, id);
    if (!l)
        return fail(why, FAIL_NOT_FOUND, "there is no instance '%s'", id);
    if (!l->instance)
        return fail(why, FAIL_CONFLICT, "the instance '%s' cannot be read: %s", id,
                    l->incident ? l->incident : "see the log");
    if (!is_allowed(l, what, why))
        return false;
    if (what == CONTROL_RETRY && live_is_open(l))
        return incident_fail_dead(e, l) > 0 || fail(why, FAIL_CONFLICT, "%s", l->incident);
    json value = json_object();
    if (reason)
        json_set_text(&value, "reason", reason);
    live_put(e, l,
             inbox_entry_new(INBOX_MACHINE, (int)input_of(what), (struct wait_address){0}, value));
    return true;
}

bool engine_note(struct engine *e, const char *id, json entry_take, struct fail *why)
{
    struct live *l = live_find(e, id);
    if (!l) {
        json_free(entry_take);
        return fail(why, FAIL_NOT_FOUND, "there is no instance '%s'", id);
    }
    live_note(e, l, entry_take);
    return true;
}
