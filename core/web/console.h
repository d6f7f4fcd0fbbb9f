// What the console's files share. Loop thread only.
#pragma once

#include "definition/definition.h"
#include "web/state.h"

const char *two(const struct page *p, const char *ko, const char *en); // by the page's language
void console_write_state(struct page *p, const char *status);
void console_write_json(struct page *p, const char *heading,
                        json value);                          // nothing if there is none
void console_write_when(struct page *p, const char *rfc3339); // in the page's zone; NULL: nothing
// The name behind a person's id, "group NAME" in words, or anybody (NULL).
void console_write_assignee(struct web *w, struct page *p, const char *assignee);
json console_rows(json list); // a list, or the items of a page of one; new reference
void console_draw(struct web *w, struct request *r, const struct definition *d, json states);
// The definition whose namespace, name and version stand in the path; NULL after it has been
// answered that there is none.
struct definition *console_definition(struct web *w, struct request *r);
