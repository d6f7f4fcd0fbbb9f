// The words of the DSL as tables of shapes: the one place where keys, kinds and choices are written
// down (dsl-reference.md, 1.0.0 to 1.0.3). language.c has the document's own sections and the parts
// that many share, language_task.c the tasks, language_call.c the protocols of `call` and `run`.
// All constant. Any thread.
#pragma once

#include "definition/definition.h"
#include "definition/shape.h"

// A word that makes a mapping a task, with its own keys beside those that all tasks have.
struct language_word {
    const char *word;
    enum task_kind kind;
    const struct shape_key *keys;
    size_t key_count;
    const char *help;
};
extern const struct language_word LANGUAGE_WORDS[];
extern const size_t LANGUAGE_WORD_COUNT;
extern const struct shape_key LANGUAGE_TASK_KEYS[]; // if input output export timeout then metadata
extern const size_t LANGUAGE_TASK_KEY_COUNT;

// The protocols that `call` knows, with the shape of their `with`.
struct language_protocol {
    const char *name;
    enum call_kind kind;
    const struct shape *with;
    bool available; // in this version of Dure
};
extern const struct language_protocol LANGUAGE_PROTOCOLS[];
extern const size_t LANGUAGE_PROTOCOL_COUNT;
const struct language_protocol *language_protocol(const char *name); // or NULL

extern const struct shape LANGUAGE_WORKFLOW; // the whole document
extern const struct shape LANGUAGE_TASK, LANGUAGE_TASKS;
extern const struct shape LANGUAGE_METADATA; // document.metadata.dure

// Parts that several tables use.
extern const struct shape SHAPE_OF_ANY, SHAPE_OF_TEXT, SHAPE_OF_EXPRESSION, SHAPE_OF_INTEGER,
    SHAPE_OF_BOOL, SHAPE_OF_OBJECT, SHAPE_OF_DURATION, SHAPE_OF_TEXTS, SHAPE_OF_FLOW,
    SHAPE_OF_INPUT, SHAPE_OF_OUTPUT, SHAPE_OF_EXPORT, SHAPE_OF_TIMEOUT, SHAPE_OF_TIMEOUT_OR_NAME,
    SHAPE_OF_ERROR, SHAPE_OF_RETRY, SHAPE_OF_STRATEGY, SHAPE_OF_READ, SHAPE_OF_ENDPOINT,
    SHAPE_OF_RESOURCE, SHAPE_OF_AUTHENTICATION, SHAPE_OF_AUTHENTICATION_OR_USE, SHAPE_OF_ITERATOR,
    SHAPE_OF_EVENT, SHAPE_OF_RUN, SHAPE_OF_TEXT_MAP, SHAPE_OF_DURATION_OBJECT;
