// Regular expressions as JSON Schema means them (ECMA-262, by PCRE2): matched anywhere in the text,
// code points not bytes, with a bound on backtracking. Whoever makes one frees it. One thread at a
// time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

struct pattern;

struct pattern *pattern_new(const char *text, struct fail *why); // NULL and why if it is none
void pattern_free(struct pattern *p);
// A text on which matching would take too long does not match.
bool pattern_matches(const struct pattern *p, const char *text, size_t bytes);
