// Resident registration numbers are kept nowhere: what holds one is refused, without repeating it
// in any message or log. The arguments are borrowed. Loop thread only (text_has_resident_number, in
// people.h, any).
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "json/json.h"

bool json_has_resident_number(json value); // in any text of it, however deep
CHECKED bool refuse_resident_number(json value, struct fail *why);
