// Quiet hours: {from: "21:00", to: "08:00"}, in which no optional mail is sent. Half-open, over
// midnight where `from` is later. Pure; any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "json/json.h"

struct zone;

CHECKED bool quiet_check(json quiet, struct fail *why);
// When a mail decided at an instant may go: at once, or at the end of the quiet hours. What is no
// {from, to} is no quiet.
int64_t quiet_end(json quiet, const struct zone *zone, int64_t now_ms);
