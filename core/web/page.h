// The frame of every page: head, header with the languages, main, footer; and the page of a
// refusal. Works without JavaScript, on an old phone, with a keyboard and a screen reader. Loop
// thread only.
#pragma once

#include "base/bytes.h"
#include "base/fail.h"
#include "net/reply.h"
#include "net/request.h"
#include "web/words.h"

struct page {
    struct bytes out;
    enum language language;
    struct request *request;
    const struct zone *zone; // of who reads it; NULL: that of what is shown
};

// Begins a page with its title as <h1>. `is_console`: with the console's navigation.
void page_begin(struct page *p, struct request *r, const char *title, bool is_console);
// Ends it and replies.
void page_reply(struct page *p, int status);
// A whole page that says what went wrong and how to go on.
void page_refuse(struct request *r, int status, const char *title, const char *detail);
void page_fail(struct request *r, const struct fail *why);
// The heads of a table's columns, [{key, title}]; over numbers, as the first of `rows` tells, to
// the right as these are.
void page_write_heads(struct page *p, json columns, json rows);
// For server_opts.page.
bool page_of_problem(void *context, struct request *r, const struct problem *problem,
                     struct bytes *html);

void page_routes(struct server *server); // /style.css, /favicon.ico
