// Problem details (RFC 9457) from what a handler raised. Loop thread only.
#pragma once

#include "json/json.h"

// `type`: one of the DSL's names ("validation"), a name of the plugin's own ("no_electorate"), or a
// URI.
json problem_make(const char *type, int64_t status, const char *title, const char *detail,
                  const char *path);
// error{type=, status=, title=, detail=}, or the text of a runtime error with its place.
json problem_of_error(json error, const char *function, const char *path);
