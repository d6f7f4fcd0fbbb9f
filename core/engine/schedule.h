// Definitions that start by themselves: every, cron, after and rrule are timers, `on` is a
// subscription, all under the instance "". Only the latest version of a definition is scheduled.
// Loop thread only.
#pragma once

#include "engine/catalogue.h"

struct schedule_event {
    json event;
    const struct event_filter *filter;
    json correlation;
};

// After a deployment: the schedules of this name become those of its latest version.
void schedule_renew(struct engine *e, struct catalogue_entry *entry);
json schedule_describe(const struct definition *d); // absent if it has none
void schedule_fire(struct engine *e, const char *path, const char *name, int64_t due_ms);
// An event fits a filter of `schedule.on`; returns how many instances it started.
size_t schedule_event_fits(struct engine *e, struct catalogue_entry *entry,
                           const struct schedule_event *event);
void schedule_instance_ended(struct engine *e, struct catalogue_entry *entry);
