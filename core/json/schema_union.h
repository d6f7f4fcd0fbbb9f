// Why a value fits no branch of anyOf or oneOf: not the sum of what all branches miss, but what the
// branch misses that the value is nearest to. One thread at a time.
#pragma once

#include "json/schema_walk.h"

void union_report(const struct task *t, const struct schema_nodes *branches);
