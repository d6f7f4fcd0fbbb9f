// A person's inbox: what waits for him, soonest due first, and what he has done or what has ended.
// What is asked of a group or role that he is in waits for him too until somebody claims it. Loop
// thread only.
#pragma once

#include "base/fail.h"
#include "people/people.h"
#include "json/json.h"

// {waiting: [items], past: [items, the latest first]}, at most a page of each; absent on failure.
json inbox_of(struct people *p, const char *person, struct fail *why);
