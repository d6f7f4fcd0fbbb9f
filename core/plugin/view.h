// Views: what an open step shows to those who look after it (a participant list, who has answered),
// made by the function's `views` when somebody looks. A view only reads. Loop thread only.
#pragma once

#include "base/fail.h"
#include "plugin/plugin.h"
#include "json/json.h"

// [{task, name, title}] of all open steps of an instance; absent and why on a failure.
json plugins_views(struct plugins *p, const char *instance, struct fail *why);
// {title, columns: [{key, title}], rows: [{key: value}], totals?: {key: value}, note?}; absent and
// why if there is none.
json plugins_view(struct plugins *p, const char *instance, const char *task, const char *name,
                  struct fail *why);
