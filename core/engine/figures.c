#include "engine/figures.h"

#include "engine/state.h"

static void add(json *out, const char *name, uint64_t n)
{
    json_set_int(out, name, (int64_t)n);
}

static void add_instances(json *out, const struct figures *f)
{
    add(out, "starts", f->starts);
    add(out, "completed", f->completed);
    add(out, "faulted", f->faulted);
    add(out, "cancelled", f->cancelled);
    add(out, "incidents", f->incidents);
    add(out, "scheduledStartsRefused", f->scheduled_refused);
    add(out, "steps", f->steps);
    add(out, "inputs", f->inputs);
    add(out, "inputsDropped", f->inputs_dropped);
    add(out, "overloads", f->overloads);
    add(out, "turns", f->turns);
}

static void add_traffic(json *out, const struct figures *f)
{
    add(out, "events", f->events);
    add(out, "eventsDuplicate", f->events_duplicate);
    add(out, "eventMatches", f->event_matches);
    add(out, "eventStarts", f->event_starts);
    add(out, "eventsPurged", f->events_purged);
    add(out, "casesEmptied", f->cases_emptied);
    add(out, "timersFired", f->timers_fired);
    add(out, "handlers", f->handlers);
    add(out, "handlersUndone", f->handlers_undone);
    add(out, "effectsReleased", f->effects_released);
    add(out, "effectsDone", f->effects_done);
    add(out, "effectsFailed", f->effects_failed);
    add(out, "effectsRetried", f->effects_retried);
    add(out, "effectsUnknown", f->effects_unknown);
}

static void add_store(json *out, const struct engine *e)
{
    struct store_figures s = store_figures(e->store);
    struct fail why = {0};
    add(out, "commits", s.commits);
    add(out, "rowsWritten", s.rows_written);
    add(out, "bytesWritten", s.bytes_written);
    add(out, "commitMicrosSum", s.commit_ns_sum / 1000);
    add(out, "commitMicrosMax", s.commit_ns_max / 1000);
    add(out, "commitsInFlight", store_in_flight(e->store));
    add(out, "overlayRows", store_overlay_rows(e->store));
    json_set_bool(out, "trouble", store_trouble(e->store, &why));
}

static uint64_t compiled(const struct engine *e)
{
    uint64_t n = 0;
    struct map_entry *entry;
    for (size_t i = 0; map_next(&e->catalogue.entries, &i, &entry);)
        n += ((const struct catalogue_entry *)entry->value)->definition != NULL;
    return n;
}

json engine_figures(struct engine *e)
{
    json out = json_object();
    add_instances(&out, &e->figures);
    add_traffic(&out, &e->figures);
    add_store(&out, e);
    add(&out, "definitions", e->catalogue.entries.count);
    add(&out, "definitionsCompiled", compiled(e));
    add(&out, "instancesInMemory", e->lives.by_id.count);
    add(&out, "effectsRunning", engine_effects_running(e));
    if (e->next_due_ms != INT64_MAX)
        json_set_int(&out, "nextDueMs", e->next_due_ms);
    return out;
}
