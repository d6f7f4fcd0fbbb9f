// The words for what was done by whom: acts, and the details that go with them. Loop thread only.
#pragma once

#include "web/page.h"

const char *acts_name(const struct page *p, const char *act);
const char *acts_key(const struct page *p, const char *key); // "reason" -> "사유"
// What a detail says, where it is one of a few words ("disabled" -> "막힘"); else the text itself.
// "" where the key says it all.
const char *acts_value(const struct page *p, const char *key, const char *text);
