#include "definition/language.h"

// ── use ──

static const struct shape AUTHENTICATIONS = {.kind = SHAPE_MAP, .item = &SHAPE_OF_AUTHENTICATION};
static const struct shape_key CATALOG_KEYS[] = {
    {"endpoint", &SHAPE_OF_ENDPOINT, true, "Where the catalog lies"}};
static const struct shape CATALOG = {
    .kind = SHAPE_RECORD, .what = "a catalog", SHAPE_KEYS(CATALOG_KEYS)};
static const struct shape CATALOGS = {.kind = SHAPE_MAP, .item = &CATALOG};
static const struct shape ERRORS = {.kind = SHAPE_MAP, .item = &SHAPE_OF_ERROR};
static const char *const EXTENDED[] = {"call",  "composite", "emit", "for",    "listen",
                                       "raise", "run",       "set",  "switch", "try",
                                       "wait",  "all",       NULL};
static const struct shape EXTEND = {.kind = SHAPE_TEXT, .choices = EXTENDED};
static const struct shape_key EXTENSION_KEYS[] = {
    {"extend", &EXTEND, true, "Which tasks to extend"},
    {"when", &SHAPE_OF_EXPRESSION, false, "Extend only if this is true"},
    {"before", &LANGUAGE_TASKS, false, "Tasks to do before"},
    {"after", &LANGUAGE_TASKS, false, "Tasks to do after"},
};
static const struct shape EXTENSION = {
    .kind = SHAPE_RECORD, .what = "an extension", SHAPE_KEYS(EXTENSION_KEYS)};
static const struct shape EXTENSIONS = {
    .kind = SHAPE_NAMED, .what = "a list of extensions", .item = &EXTENSION};
static const struct shape FUNCTIONS = {.kind = SHAPE_MAP, .item = &LANGUAGE_TASK};
static const struct shape RETRIES = {.kind = SHAPE_MAP, .item = &SHAPE_OF_RETRY};
static const struct shape TIMEOUTS = {.kind = SHAPE_MAP, .item = &SHAPE_OF_TIMEOUT};
static const struct shape_key USE_KEYS[] = {
    {"authentications", &AUTHENTICATIONS, false, "Authentication policies by name"},
    {"catalogs", &CATALOGS, false, "Catalogs of functions by name"},
    {"errors", &ERRORS, false, "Errors by name"},
    {"extensions", &EXTENSIONS, false, "What is done before and after other tasks"},
    {"functions", &FUNCTIONS, false, "Tasks by name, to be called"},
    {"retries", &RETRIES, false, "Retry policies by name"},
    {"secrets", &SHAPE_OF_TEXTS, false, "Names of the secrets that this workflow may read"},
    {"timeouts", &TIMEOUTS, false, "Timeouts by name"},
};
static const struct shape USE = {
    .kind = SHAPE_RECORD, .name = "use", .what = "'use'", SHAPE_KEYS(USE_KEYS)};

// ── document ──

static const struct shape_key RULE_KEYS[] = {
    {"rrule", &SHAPE_OF_TEXT, true, "A recurrence rule of RFC 5545"},
};
static const struct shape RULE = {
    .kind = SHAPE_RECORD, .what = "'metadata.dure.schedule'", SHAPE_KEYS(RULE_KEYS)};
static const struct shape CALENDAR = {
    .kind = SHAPE_UNION,
    .what = "the name of a calendar or a list of holidays",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_TEXT, &SHAPE_OF_TEXTS, NULL}};
static const struct shape_key QUIET_KEYS[] = {
    {"from", &SHAPE_OF_TEXT, true, "Local time from which on, as 21:00"},
    {"to", &SHAPE_OF_TEXT, true, "Local time until which, as 08:00"},
};
static const struct shape QUIET = {
    .kind = SHAPE_RECORD, .what = "'metadata.dure.quiet'", SHAPE_KEYS(QUIET_KEYS)};
static const struct shape_key LETTER_KEYS[] = {
    {"subject", &SHAPE_OF_TEXT, false, "One line; of the task that sends it if not given"},
    {"text", &SHAPE_OF_TEXT, true, "The mail; {{name}} stands for a value"},
    {"html", &SHAPE_OF_TEXT, false, "The same for programs that show HTML; values are escaped"},
};
static const struct shape LETTER = {
    .kind = SHAPE_RECORD, .what = "a mail {subject, text, html}", SHAPE_KEYS(LETTER_KEYS)};
static const struct shape_key TEMPLATE_KEYS[] = {
    {"ko", &LETTER, false, "In Korean"},
    {"en", &LETTER, false, "In English"},
};
static const struct shape TEMPLATE = {.kind = SHAPE_RECORD,
                                      .what = "a template of mails {ko, en}",
                                      .count_min = 1,
                                      SHAPE_KEYS(TEMPLATE_KEYS)};
static const struct shape TEMPLATES = {.kind = SHAPE_MAP, .item = &TEMPLATE};
static const struct shape_key DURE_KEYS[] = {
    {"zone", &SHAPE_OF_TEXT, false, "Time zone of this workflow, as Asia/Seoul"},
    {"calendar", &CALENDAR, false, "Holidays: the name of a calendar, or dates"},
    {"retention", &SHAPE_OF_DURATION, false, "How long after its end a case keeps personal data"},
    {"schedule", &RULE, false, "A schedule by recurrence rule"},
    {"quiet", &QUIET, false, "Hours in which no optional mail is sent"},
    {"templates", &TEMPLATES, false, "Mails by name, in Korean and English"},
};
const struct shape LANGUAGE_METADATA = {.kind = SHAPE_RECORD,
                                        .name = "dure",
                                        .what = "'metadata.dure'",
                                        .open = true,
                                        SHAPE_KEYS(DURE_KEYS)};
static const struct shape_key METADATA_KEYS[] = {
    {"dure", &LANGUAGE_METADATA, false, "What Dure adds to the language"}};
static const struct shape METADATA = {
    .kind = SHAPE_RECORD, .what = "'metadata'", .open = true, SHAPE_KEYS(METADATA_KEYS)};
static const struct shape_key DOCUMENT_KEYS[] = {
    {"dsl", &SHAPE_OF_TEXT, true, "Version of the language: 1.0.0 to 1.0.3"},
    {"namespace", &SHAPE_OF_TEXT, true, "Whose workflow it is"},
    {"name", &SHAPE_OF_TEXT, true, "The workflow's name"},
    {"version", &SHAPE_OF_TEXT, true, "The workflow's version, as 1.0.0"},
    {"title", &SHAPE_OF_TEXT, false, "What people call it"},
    {"summary", &SHAPE_OF_TEXT, false, "What it does, in Markdown"},
    {"tags", &SHAPE_OF_OBJECT, false, "Names and values to find it by"},
    {"metadata", &METADATA, false, "More about it; 'dure' holds zone, calendar and the like"},
};
static const struct shape DOCUMENT = {
    .kind = SHAPE_RECORD, .name = "document", .what = "'document'", SHAPE_KEYS(DOCUMENT_KEYS)};

// ── schedule, evaluate, the whole ──

static const struct shape_key SCHEDULE_KEYS[] = {
    {"every", &SHAPE_OF_DURATION, false, "Starts at this interval"},
    {"cron", &SHAPE_OF_TEXT, false, "Starts at these times"},
    {"after", &SHAPE_OF_DURATION, false, "Starts again this long after it ended"},
    {"on", &SHAPE_OF_STRATEGY, false, "Starts with these events"},
    {"read", &SHAPE_OF_READ, false, "What of the events becomes the input"},
};
static const struct shape SCHEDULE = {.kind = SHAPE_RECORD,
                                      .name = "schedule",
                                      .what = "'schedule'",
                                      .count_min = 1,
                                      SHAPE_KEYS(SCHEDULE_KEYS)};
static const char *const MODES[] = {"strict", "loose", NULL};
static const struct shape MODE = {.kind = SHAPE_TEXT, .choices = MODES};
static const struct shape_key EVALUATE_KEYS[] = {
    {"language", &SHAPE_OF_TEXT, false, "jq, the only language"},
    {"mode", &MODE, false, "strict: expressions stand in ${ }"},
};
static const struct shape EVALUATE = {
    .kind = SHAPE_RECORD, .what = "'evaluate'", SHAPE_KEYS(EVALUATE_KEYS)};

static const struct shape_key WORKFLOW_KEYS[] = {
    {"document", &DOCUMENT, true, "What this workflow is"},
    {"input", &SHAPE_OF_INPUT, false, "What goes in"},
    {"use", &USE, false, "Parts used by name"},
    {"do", &LANGUAGE_TASKS, true, "The tasks, in their order"},
    {"timeout", &SHAPE_OF_TIMEOUT_OR_NAME, false, "How long the whole may take"},
    {"output", &SHAPE_OF_OUTPUT, false, "What comes out"},
    {"schedule", &SCHEDULE, false, "When it starts by itself"},
    {"evaluate", &EVALUATE, false, "How expressions are read"},
};
const struct shape LANGUAGE_WORKFLOW = {
    .kind = SHAPE_RECORD, .what = "a workflow", SHAPE_KEYS(WORKFLOW_KEYS)};
