// What is wrong with an answer, in a person's words: from a violation of the form's schema. Loop
// thread only.
#pragma once

#include "base/bytes.h"
#include "web/words.h"
#include "json/json.h"

// `property`: the schema of what was answered. Falls back on the violation's own sentence.
void complaint_write(enum language language, json violation, json property, struct bytes *out);
