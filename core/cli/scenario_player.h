// A scenario that is being played: shared by the script's clock and its acts. Loop thread only.
#pragma once

#include "base/id.h"
#include "cli/scenario.h"
#include "cli/scenario_read.h"
#include "json/expression.h"

struct world;

struct player {
    struct scope scope; // first: the expressions' callback gets this address
    struct scenario *scenario;
    struct scenario_result *result;
    struct world *world;
    struct id instance;
    json variables; // $NAME of `save`, and $index
    json requests;  // {"TASK PERSON KEY": item}: where a request that comes again goes
    int64_t mails_seen;
    const struct scenario_watch *watch; // or NULL
};

// Says what went wrong at a place of the scenario; always false.
bool scenario_wrong(struct player *p, const struct yaml_node *node, const char *format, ...)
    PRINTF(3, 4);
bool scenario_settle(struct player *p, const struct yaml_node *node);

bool scenario_play_answer(struct player *p, const struct entry *entry, json value);
bool scenario_play_claim(struct player *p, const struct entry *entry, json value);
bool scenario_play_event(struct player *p, const struct entry *entry, json value);
bool scenario_play_control(struct player *p, const struct entry *entry, json value);
bool scenario_play_member(struct player *p, const struct entry *entry, json value);
