#include "definition/language.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))

const struct shape LANGUAGE_TASK = {.kind = SHAPE_TASK, .name = "task", .what = "a task"};
const struct shape LANGUAGE_TASKS = {
    .kind = SHAPE_NAMED, .name = "tasks", .what = "a list of tasks", .item = &LANGUAGE_TASK};
static const struct shape TASKS_SOME = {
    .kind = SHAPE_NAMED, .what = "a list of tasks", .count_min = 1, .item = &LANGUAGE_TASK};

static const struct shape METADATA = {.kind = SHAPE_OBJECT};
const struct shape_key LANGUAGE_TASK_KEYS[] = {
    {"if", &SHAPE_OF_EXPRESSION, false, "Do the task only if this is true"},
    {"input", &SHAPE_OF_INPUT, false, "What goes in"},
    {"output", &SHAPE_OF_OUTPUT, false, "What comes out"},
    {"export", &SHAPE_OF_EXPORT, false, "What is kept in $context"},
    {"timeout", &SHAPE_OF_TIMEOUT_OR_NAME, false, "How long it may take"},
    {"then", &SHAPE_OF_FLOW, false, "Where to go on"},
    {"metadata", &METADATA, false, "More about it"},
};
const size_t LANGUAGE_TASK_KEY_COUNT = LENGTH(LANGUAGE_TASK_KEYS);

static const struct shape_key DO_KEYS[] = {
    {"do", &LANGUAGE_TASKS, true, "Tasks to do one after the other"}};

static const struct shape SET_VALUE = {
    .kind = SHAPE_UNION,
    .what = "a mapping or an expression",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_OBJECT, &SHAPE_OF_TEXT, NULL}};
static const struct shape_key SET_KEYS[] = {{"set", &SET_VALUE, true, "The output, as data"}};

static const struct shape_key CASE_KEYS[] = {
    {"when", &SHAPE_OF_EXPRESSION, false, "The case is taken if this is true"},
    {"then", &SHAPE_OF_FLOW, true, "Where to go on"},
};
static const struct shape CASE = {.kind = SHAPE_RECORD, .what = "a case", SHAPE_KEYS(CASE_KEYS)};
static const struct shape CASES = {
    .kind = SHAPE_NAMED, .what = "a list of cases", .count_min = 1, .item = &CASE};
static const struct shape_key SWITCH_KEYS[] = {
    {"switch", &CASES, true, "Cases; the first that is true is taken"}};

static const struct shape LIST = {.kind = SHAPE_LIST, .item = &SHAPE_OF_ANY};
static const struct shape COLLECTION = {
    .kind = SHAPE_UNION,
    .what = "an expression or a list",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_TEXT, &LIST, NULL}};
static const struct shape_key LOOP_KEYS[] = {
    {"each", &SHAPE_OF_TEXT, false, "Name of the variable for the item; 'item' if left out"},
    {"in", &COLLECTION, true, "The list"},
    {"at", &SHAPE_OF_TEXT, false, "Name of the variable for the index; 'index' if left out"},
};
static const struct shape LOOP = {.kind = SHAPE_RECORD, .what = "'for'", SHAPE_KEYS(LOOP_KEYS)};
static const struct shape_key FOR_KEYS[] = {
    {"for", &LOOP, true, "Repeats 'do' for each item of a list"},
    {"while", &SHAPE_OF_EXPRESSION, false, "Stops when this is no longer true"},
    {"do", &LANGUAGE_TASKS, true, "Tasks for each item"},
};

static const struct shape_key BRANCH_KEYS[] = {
    {"branches", &TASKS_SOME, true, "Tasks to do at the same time"},
    {"compete", &SHAPE_OF_BOOL, false, "true: the first to end wins, the others are cancelled"},
};
static const struct shape BRANCHES = {
    .kind = SHAPE_RECORD, .what = "'fork'", SHAPE_KEYS(BRANCH_KEYS)};
static const struct shape_key FORK_KEYS[] = {
    {"fork", &BRANCHES, true, "Does several tasks at the same time"}};

static const struct shape_key ERROR_FILTER_KEYS[] = {
    {"type", &SHAPE_OF_TEXT, false, "Kind of error"},
    {"status", &SHAPE_OF_INTEGER, false, "Status code"},
    {"instance", &SHAPE_OF_TEXT, false, "Which part raised it"},
    {"title", &SHAPE_OF_TEXT, false, "Its title"},
    {"detail", &SHAPE_OF_TEXT, false, "Its detail"},
    {"details", &SHAPE_OF_TEXT, false, "The same as 'detail'"},
};
static const struct shape ERROR_FILTER = {
    .kind = SHAPE_RECORD, .what = "an error filter", .count_min = 1, SHAPE_KEYS(ERROR_FILTER_KEYS)};
static const struct shape_key ERRORS_KEYS[] = {
    {"with", &ERROR_FILTER, false, "Properties that the error must have"}};
static const struct shape ERRORS = {
    .kind = SHAPE_RECORD, .what = "'errors'", SHAPE_KEYS(ERRORS_KEYS)};
static const struct shape RETRY_OR_NAME = {
    .kind = SHAPE_UNION,
    .what = "a retry policy or a name of 'use.retries'",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_TEXT, &SHAPE_OF_RETRY, NULL}};
static const struct shape_key CATCH_KEYS[] = {
    {"errors", &ERRORS, false, "Which errors to catch; all if left out"},
    {"as", &SHAPE_OF_TEXT, false, "Name of the variable for the error; 'error' if left out"},
    {"when", &SHAPE_OF_EXPRESSION, false, "Catch only if this is true"},
    {"exceptWhen", &SHAPE_OF_EXPRESSION, false, "Do not catch if this is true"},
    {"retry", &RETRY_OR_NAME, false, "Try again"},
    {"do", &LANGUAGE_TASKS, false, "Tasks that handle the error"},
    {"then", &SHAPE_OF_FLOW, false, "Where to go on after an error"},
};
static const struct shape CATCH = {.kind = SHAPE_RECORD, .what = "'catch'", SHAPE_KEYS(CATCH_KEYS)};
static const struct shape_key TRY_KEYS[] = {
    {"try", &LANGUAGE_TASKS, true, "Tasks that may fail"},
    {"catch", &CATCH, true, "What to do with an error"},
};

static const struct shape ERROR_OR_NAME = {
    .kind = SHAPE_UNION,
    .what = "an error or a name of 'use.errors'",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_TEXT, &SHAPE_OF_ERROR, NULL}};
static const struct shape_key RAISED_KEYS[] = {{"error", &ERROR_OR_NAME, true, "The error"}};
static const struct shape RAISED = {
    .kind = SHAPE_RECORD, .what = "'raise'", SHAPE_KEYS(RAISED_KEYS)};
static const struct shape_key RAISE_KEYS[] = {{"raise", &RAISED, true, "Raises an error"}};

static const struct shape_key WAIT_KEYS[] = {
    {"wait", &SHAPE_OF_DURATION, true, "Waits for this long"}};

static const struct shape_key EMITTED_EVENT_KEYS[] = {
    {"with", &SHAPE_OF_EVENT, true, "The event's attributes; 'type' is needed"}};
static const struct shape EMITTED_EVENT = {
    .kind = SHAPE_RECORD, .what = "'event'", SHAPE_KEYS(EMITTED_EVENT_KEYS)};
static const struct shape_key EMITTED_KEYS[] = {{"event", &EMITTED_EVENT, true, "The event"}};
static const struct shape EMITTED = {
    .kind = SHAPE_RECORD, .what = "'emit'", SHAPE_KEYS(EMITTED_KEYS)};
static const struct shape_key EMIT_KEYS[] = {{"emit", &EMITTED, true, "Publishes an event"}};

static const struct shape_key LISTENED_KEYS[] = {
    {"to", &SHAPE_OF_STRATEGY, true, "Which events"},
    {"read", &SHAPE_OF_READ, false, "What of them becomes the output"},
};
static const struct shape LISTENED = {
    .kind = SHAPE_RECORD, .what = "'listen'", SHAPE_KEYS(LISTENED_KEYS)};
static const struct shape_key LISTEN_KEYS[] = {
    {"listen", &LISTENED, true, "Waits for events"},
    {"foreach", &SHAPE_OF_ITERATOR, false, "What to do with each event"},
};

static const struct shape FUNCTION_NAME = {
    .kind = SHAPE_TEXT, .name = "functionName", .what = "the name of a function"};
static const struct shape_key CALL_KEYS[] = {
    {"call", &FUNCTION_NAME, true, "The function or protocol to call"},
    {"with", &SHAPE_OF_OBJECT, false, "Its arguments"},
};
static const struct shape_key RUN_KEYS[] = {
    {"run", &SHAPE_OF_RUN, true, "Runs a workflow, script, shell command or container"}};

#define WORD(text, kind, table, help)                                                              \
    {                                                                                              \
        text, kind, table, LENGTH(table), help                                                     \
    }
const struct language_word LANGUAGE_WORDS[] = {
    WORD("call", TASK_CALL, CALL_KEYS, "Calls a function or service"),
    WORD("do", TASK_DO, DO_KEYS, "Does tasks one after the other"),
    WORD("emit", TASK_EMIT, EMIT_KEYS, "Publishes an event"),
    WORD("for", TASK_FOR, FOR_KEYS, "Repeats tasks for each item of a list"),
    WORD("fork", TASK_FORK, FORK_KEYS, "Does tasks at the same time"),
    WORD("listen", TASK_LISTEN, LISTEN_KEYS, "Waits for events"),
    WORD("raise", TASK_RAISE, RAISE_KEYS, "Raises an error"),
    WORD("run", TASK_RUN, RUN_KEYS, "Runs another workflow or a process"),
    WORD("set", TASK_SET, SET_KEYS, "Sets data"),
    WORD("switch", TASK_SWITCH, SWITCH_KEYS, "Chooses where to go on"),
    WORD("try", TASK_TRY, TRY_KEYS, "Tries tasks and handles their errors"),
    WORD("wait", TASK_WAIT, WAIT_KEYS, "Waits for a time"),
};
const size_t LANGUAGE_WORD_COUNT = LENGTH(LANGUAGE_WORDS);
