// Compiled jq texts of dure.json.query, kept by their text, because compiling one costs 30 ms.
// Loop thread only.
#pragma once

#include <stdint.h>

#include "base/fail.h"
#include "base/map.h"
#include "json/json.h"

void queries_init(struct map *queries);
void queries_done(struct map *queries);
CHECKED bool queries_compile(struct map *queries, const char *text, struct fail *why);
CHECKED bool queries_run(struct map *queries, const char *text, json input, json variables,
                         int64_t now_ms, json *out, struct fail *why);
