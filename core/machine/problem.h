// Problem details (RFC 9457) as the machine handles them; problem_new and problem_type_equal are in
// machine.h. Any thread.
#pragma once

#include <stdbool.h>

#include "json/json.h"

// A new reference with what every error must have: type (runtime where none is given; a bare
// standard name becomes its URI), status, and the place it comes from.
json problem_complete(json given, const char *instance);
// Each member of the filter is equal in the problem; types as problem_type_equal.
bool problem_matches(json problem, json filter);
