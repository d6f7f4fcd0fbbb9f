// The pages for people: open forms, receipts and personal work items, and the console.
// Server-rendered; every form works without a script. Routes: /f/ITEM, /r/RECEIPT, /w/TOKEN,
// /console/…. Loop thread only.
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "access/access.h"
#include "engine/engine.h"
#include "net/server.h"
#include "people/people.h"
#include "plugin/plugin.h"

struct oidc;
struct web;

struct web_opts {
    struct server *server;
    uv_loop_t *loop;
    struct engine *engine;
    struct people *people;
    struct plugins *plugins; // NULL: none
    bool dev;                // mails are kept, items may be opened as their persons see them
    const char *token;       // without access: the bearer token of an admin; NULL: none
    struct oidc *oidc;       // log-in elsewhere; NULL: none
    struct access *access;   // who may do what; NULL: dev (open on loopback) and token decide
    const char *public_url;  // how people reach this server; NULL: taken from the request
};
// Adds the routes. Everything borrowed.
struct web *web_new(const struct web_opts *opts);
void web_free(struct web *w);
