// Reads a JSON text where it lies, piece by piece and in order, for formats of our own whose shape
// the reader knows: nothing is built but the values that are asked for. The text is compact, as
// json_write writes it: without white space. What is not as asked sets `bad`; after that nothing is
// read, lists and objects end, and every answer is empty, so that readers need not check each step.
// Borrows the text. Any thread.
#pragma once

#include "json/json.h"

struct json_pull {
    const char *at, *end;
    bool bad;
};

struct json_slice {
    const char *text; // not ended by a zero
    size_t bytes;
};

void json_pull_init(struct json_pull *p, const char *text, size_t bytes); // bad: no valid UTF-8
// A list or an object begins; then each item or member is announced, and after its announcement
// must be read: while (json_pull_item(p)) n = json_pull_int(p);
void json_pull_list(struct json_pull *p);
bool json_pull_item(struct json_pull *p); // false: the list has ended
void json_pull_object(struct json_pull *p);
bool json_pull_member(struct json_pull *p, struct json_slice *key); // false: the object has ended

int64_t json_pull_int(struct json_pull *p);                       // without fraction, within 2^53
struct json_slice json_pull_text(struct json_pull *p);            // bad where it has an escape
void json_pull_text_into(struct json_pull *p, struct bytes *out); // appended, escapes resolved
json json_pull_value(struct json_pull *p); // any; absent if bad. The only one that builds
// To the end of a value, which is not checked beyond that: who reads it later does.
struct json_slice json_pull_skip(struct json_pull *p);
// After the last: true if nothing went wrong and the whole text was read.
bool json_pull_done(const struct json_pull *p);
