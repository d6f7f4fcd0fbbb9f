// A scenario as read: its entries in order, texts compiled. Shared by reading and playing. Loop
// thread only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "calendar/zone.h"
#include "json/expression.h"
#include "json/yaml.h"

enum entry_kind {
    ENTRY_AT,
    ENTRY_ADVANCE,
    ENTRY_ANSWER,
    ENTRY_EVENT,
    ENTRY_CRASH,
    ENTRY_EXPECT,
    ENTRY_MAIL,
    ENTRY_MAILS, // how many mails there were since the last look
    ENTRY_REPEAT,
    ENTRY_CONTROL, // cancel, pause, resume, retry
    ENTRY_MEMBER,  // somebody joins or leaves a dated group
    ENTRY_CLAIM,   // claim, giveBack: what a group or role is asked
    ENTRY_COUNT,
};

struct entry_list {
    struct entry *items;
    size_t count;
};

struct entry {
    enum entry_kind kind;
    const struct yaml_node *node;
    struct template *value;
    const char *refused;    // the code that must come, or NULL
    const char *control;    // the word that the entry was found by
    struct entry_list body; // ENTRY_REPEAT
};

struct scenario {
    struct arena arena;
    struct yaml_document *document;
    struct expressions *expressions;
    const char *file;
    char *workflow; // path of the definition
    const struct zone *zone;
    int64_t now_ms;
    uint64_t seed;
    json people; // array of persons, or absent
    char *people_file;
    struct template *input;
    struct entry_list script;
    const struct yaml_node *expect_node;
    struct template *expect;
    struct template **templates; // all, to free
    size_t template_count, template_capacity;
};
