#include "definition/language.h"

#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof *(a))

// ── parts ──

const struct shape SHAPE_OF_ANY = {.kind = SHAPE_ANY};
const struct shape SHAPE_OF_TEXT = {.kind = SHAPE_TEXT};
const struct shape SHAPE_OF_EXPRESSION = {.kind = SHAPE_TEXT, .what = "an expression"};
const struct shape SHAPE_OF_INTEGER = {.kind = SHAPE_INTEGER, .expression = true};
const struct shape SHAPE_OF_BOOL = {.kind = SHAPE_BOOL};
const struct shape SHAPE_OF_OBJECT = {.kind = SHAPE_OBJECT};
const struct shape SHAPE_OF_TEXTS = {.kind = SHAPE_LIST, .item = &SHAPE_OF_TEXT};
const struct shape SHAPE_OF_FLOW = {.kind = SHAPE_TEXT,
                                    .name = "flow",
                                    .what = "continue, exit, end or the name of a task beside it"};
const struct shape SHAPE_OF_TEXT_MAP = {
    .kind = SHAPE_MAP, .item = &SHAPE_OF_ANY, .expression = true};
static const struct shape PLAIN_INTEGER = {.kind = SHAPE_INTEGER};

// `from` and `as`: an expression, or an object with expressions inside.
static const struct shape TEMPLATE = {
    .kind = SHAPE_UNION,
    .what = "an expression or a mapping",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_TEXT, &SHAPE_OF_OBJECT, NULL}};

static const struct shape_key DURATION_KEYS[] = {
    {"days", &SHAPE_OF_INTEGER, false, "Days"},
    {"hours", &SHAPE_OF_INTEGER, false, "Hours"},
    {"minutes", &SHAPE_OF_INTEGER, false, "Minutes"},
    {"seconds", &SHAPE_OF_INTEGER, false, "Seconds"},
    {"milliseconds", &SHAPE_OF_INTEGER, false, "Milliseconds"},
};
const struct shape SHAPE_OF_DURATION_OBJECT = {
    .kind = SHAPE_RECORD, .what = "a duration", .count_min = 1, SHAPE_KEYS(DURATION_KEYS)};
const struct shape SHAPE_OF_DURATION = {
    .kind = SHAPE_DURATION, .name = "duration", .what = "a duration"};

// ── endpoints, resources, authentication ──

static const struct shape_key ENDPOINT_KEYS[] = {
    {"uri", &SHAPE_OF_TEXT, true, "The address; {name} is filled from the task's input"},
    {"authentication", &SHAPE_OF_AUTHENTICATION_OR_USE, false, "How to log in there"},
};
static const struct shape ENDPOINT_RECORD = {
    .kind = SHAPE_RECORD, .what = "an endpoint", SHAPE_KEYS(ENDPOINT_KEYS)};
const struct shape SHAPE_OF_ENDPOINT = {
    .kind = SHAPE_UNION,
    .name = "endpoint",
    .what = "an endpoint (an address, or a mapping with 'uri')",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_TEXT, &ENDPOINT_RECORD, NULL}};

static const struct shape_key RESOURCE_KEYS[] = {
    {"name", &SHAPE_OF_TEXT, false, "What to call the resource"},
    {"endpoint", &SHAPE_OF_ENDPOINT, true, "Where it lies"},
};
const struct shape SHAPE_OF_RESOURCE = {.kind = SHAPE_RECORD,
                                        .name = "resource",
                                        .what = "an external resource",
                                        SHAPE_KEYS(RESOURCE_KEYS)};

static const struct shape_key LOGIN_KEYS[] = {
    {"username", &SHAPE_OF_TEXT, false, "The account"},
    {"password", &SHAPE_OF_TEXT, false, "Its password"},
    {"use", &SHAPE_OF_TEXT, false, "A secret of 'use.secrets' that holds both"},
};
static const char *const LOGIN_ONE_OF[] = {"username", "use", NULL};
static const struct shape LOGIN = {
    .kind = SHAPE_RECORD, .what = "a log-in", .one_of = LOGIN_ONE_OF, SHAPE_KEYS(LOGIN_KEYS)};
static const struct shape_key BEARER_KEYS[] = {
    {"token", &SHAPE_OF_TEXT, false, "The token"},
    {"use", &SHAPE_OF_TEXT, false, "A secret of 'use.secrets' that holds it"},
};
static const char *const BEARER_ONE_OF[] = {"token", "use", NULL};
static const struct shape BEARER = {.kind = SHAPE_RECORD,
                                    .what = "a bearer log-in",
                                    .one_of = BEARER_ONE_OF,
                                    SHAPE_KEYS(BEARER_KEYS)};

static const char *const CLIENT_METHODS[] = {"client_secret_basic",
                                             "client_secret_post",
                                             "client_secret_jwt",
                                             "private_key_jwt",
                                             "none",
                                             NULL};
static const struct shape CLIENT_METHOD = {.kind = SHAPE_TEXT, .choices = CLIENT_METHODS};
static const struct shape_key CLIENT_KEYS[] = {
    {"id", &SHAPE_OF_TEXT, false, "The client's id"},
    {"secret", &SHAPE_OF_TEXT, false, "The client's secret"},
    {"assertion", &SHAPE_OF_TEXT, false, "A signed assertion"},
    {"authentication", &CLIENT_METHOD, false, "How the client proves itself"},
};
static const struct shape CLIENT = {
    .kind = SHAPE_RECORD, .what = "an OAuth 2 client", SHAPE_KEYS(CLIENT_KEYS)};
static const char *const ENCODINGS[] = {"application/x-www-form-urlencoded", "application/json",
                                        NULL};
static const struct shape ENCODING = {.kind = SHAPE_TEXT, .choices = ENCODINGS};
static const struct shape_key TOKEN_REQUEST_KEYS[] = {
    {"encoding", &ENCODING, false, "How the request for a token is encoded"}};
static const struct shape TOKEN_REQUEST = {
    .kind = SHAPE_RECORD, .what = "a token request", SHAPE_KEYS(TOKEN_REQUEST_KEYS)};
static const struct shape_key TOKEN_KEYS[] = {
    {"token", &SHAPE_OF_TEXT, true, "The token"},
    {"type", &SHAPE_OF_TEXT, true, "Its type"},
};
static const struct shape TOKEN = {.kind = SHAPE_RECORD, .what = "a token", SHAPE_KEYS(TOKEN_KEYS)};
static const char *const GRANTS[] = {"authorization_code",
                                     "client_credentials",
                                     "password",
                                     "refresh_token",
                                     "urn:ietf:params:oauth:grant-type:token-exchange",
                                     NULL};
static const struct shape GRANT = {.kind = SHAPE_TEXT, .choices = GRANTS};
static const struct shape_key OAUTH2_ENDPOINT_KEYS[] = {
    {"token", &SHAPE_OF_TEXT, false, "Path of the token endpoint"},
    {"revocation", &SHAPE_OF_TEXT, false, "Path of the revocation endpoint"},
    {"introspection", &SHAPE_OF_TEXT, false, "Path of the introspection endpoint"},
};
static const struct shape OAUTH2_ENDPOINTS = {
    .kind = SHAPE_RECORD, .what = "OAuth 2 endpoints", SHAPE_KEYS(OAUTH2_ENDPOINT_KEYS)};

#define OIDC_KEYS                                                                                  \
    {"authority", &SHAPE_OF_TEXT, false, "Address of who issues tokens"},                          \
        {"grant", &GRANT, false, "The grant type"},                                                \
        {"client", &CLIENT, false, "Who asks for the token"},                                      \
        {"request", &TOKEN_REQUEST, false, "How the token is asked for"},                          \
        {"issuers", &SHAPE_OF_TEXTS, false, "Issuers to trust"},                                   \
        {"scopes", &SHAPE_OF_TEXTS, false, "Scopes to ask for"},                                   \
        {"audiences", &SHAPE_OF_TEXTS, false, "Audiences to ask for"},                             \
        {"username", &SHAPE_OF_TEXT, false, "The account, for grant: password"},                   \
        {"password", &SHAPE_OF_TEXT, false, "Its password"},                                       \
        {"subject", &TOKEN, false, "On behalf of whom"}, {"actor", &TOKEN, false, "Who acts"},     \
    {                                                                                              \
        "use", &SHAPE_OF_TEXT, false, "A secret of 'use.secrets' that holds all of it"             \
    }
static const struct shape_key OIDC_TABLE[] = {OIDC_KEYS};
static const struct shape_key OAUTH2_TABLE[] = {
    OIDC_KEYS, {"endpoints", &OAUTH2_ENDPOINTS, false, "Paths below the authority"}};
static const char *const AUTHORITY_ONE_OF[] = {"authority", "use", NULL};
static const struct shape OIDC = {.kind = SHAPE_RECORD,
                                  .what = "an OpenID Connect log-in",
                                  .one_of = AUTHORITY_ONE_OF,
                                  SHAPE_KEYS(OIDC_TABLE)};
static const struct shape OAUTH2 = {.kind = SHAPE_RECORD,
                                    .what = "an OAuth 2 log-in",
                                    .one_of = AUTHORITY_ONE_OF,
                                    SHAPE_KEYS(OAUTH2_TABLE)};

#define POLICY_KEYS                                                                                \
    {"basic", &LOGIN, false, "Name and password"}, {"bearer", &BEARER, false, "A bearer token"},   \
        {"digest", &LOGIN, false, "Name and password, by digest"},                                 \
        {"oauth2", &OAUTH2, false, "OAuth 2"},                                                     \
    {                                                                                              \
        "oidc", &OIDC, false, "OpenID Connect"                                                     \
    }
static const struct shape_key AUTHENTICATION_KEYS[] = {POLICY_KEYS};
static const struct shape_key AUTHENTICATION_USE_KEYS[] = {
    POLICY_KEYS, {"use", &SHAPE_OF_TEXT, false, "A policy of 'use.authentications', by name"}};
static const char *const POLICY_ONE_OF[] = {"basic", "bearer", "digest", "oauth2", "oidc", NULL};
static const char *const POLICY_OR_USE[] = {"use",    "basic", "bearer", "digest",
                                            "oauth2", "oidc",  NULL};
const struct shape SHAPE_OF_AUTHENTICATION = {.kind = SHAPE_RECORD,
                                              .name = "authentication",
                                              .what = "an authentication policy",
                                              .one_of = POLICY_ONE_OF,
                                              SHAPE_KEYS(AUTHENTICATION_KEYS)};
const struct shape SHAPE_OF_AUTHENTICATION_OR_USE = {.kind = SHAPE_RECORD,
                                                     .name = "authenticationOrUse",
                                                     .what = "an authentication",
                                                     .one_of = POLICY_OR_USE,
                                                     SHAPE_KEYS(AUTHENTICATION_USE_KEYS)};

// ── data flow and timeouts ──

static const struct shape_key SCHEMA_KEYS[] = {
    {"format", &SHAPE_OF_TEXT, false, "json, the only format"},
    {"document", &SHAPE_OF_ANY, false, "The JSON Schema"},
    {"resource", &SHAPE_OF_RESOURCE, false, "Where the schema lies"},
};
static const char *const SCHEMA_ONE_OF[] = {"document", "resource", NULL};
static const struct shape SCHEMA = {.kind = SHAPE_RECORD,
                                    .name = "schema",
                                    .what = "a schema",
                                    .one_of = SCHEMA_ONE_OF,
                                    SHAPE_KEYS(SCHEMA_KEYS)};
static const struct shape_key INPUT_KEYS[] = {
    {"schema", &SCHEMA, false, "What the input must look like"},
    {"from", &TEMPLATE, false, "What of the raw input goes in"},
};
const struct shape SHAPE_OF_INPUT = {
    .kind = SHAPE_RECORD, .name = "input", .what = "'input'", SHAPE_KEYS(INPUT_KEYS)};
static const struct shape_key OUTPUT_KEYS[] = {
    {"schema", &SCHEMA, false, "What the output must look like"},
    {"as", &TEMPLATE, false, "What of the raw output goes out"},
};
const struct shape SHAPE_OF_OUTPUT = {
    .kind = SHAPE_RECORD, .name = "output", .what = "'output'", SHAPE_KEYS(OUTPUT_KEYS)};
static const struct shape_key EXPORT_KEYS[] = {
    {"schema", &SCHEMA, false, "What the context must look like"},
    {"as", &TEMPLATE, false, "The new $context"},
};
const struct shape SHAPE_OF_EXPORT = {
    .kind = SHAPE_RECORD, .name = "export", .what = "'export'", SHAPE_KEYS(EXPORT_KEYS)};

static const struct shape_key TIMEOUT_KEYS[] = {
    {"after", &SHAPE_OF_DURATION, true, "How long it may take"}};
const struct shape SHAPE_OF_TIMEOUT = {
    .kind = SHAPE_RECORD, .name = "timeout", .what = "a timeout", SHAPE_KEYS(TIMEOUT_KEYS)};
const struct shape SHAPE_OF_TIMEOUT_OR_NAME = {
    .kind = SHAPE_UNION,
    .what = "a timeout (a mapping with 'after') or a name of 'use.timeouts'",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_TEXT, &SHAPE_OF_TIMEOUT, NULL}};

// ── errors and retries ──

static const struct shape_key ERROR_KEYS[] = {
    {"type", &SHAPE_OF_TEXT, true, "A URI that names the kind of error"},
    {"status", &SHAPE_OF_INTEGER, true, "A status code as in HTTP"},
    {"title", &SHAPE_OF_TEXT, false, "A short summary"},
    {"detail", &SHAPE_OF_TEXT, false, "What happened this time"},
    {"instance", &SHAPE_OF_TEXT, false, "JSON Pointer of the part that raised it"},
};
const struct shape SHAPE_OF_ERROR = {
    .kind = SHAPE_RECORD, .name = "error", .what = "an error", SHAPE_KEYS(ERROR_KEYS)};

static const struct shape_key LINEAR_KEYS[] = {
    {"increment", &SHAPE_OF_DURATION, false, "Added at each try; the delay itself if left out"},
    {"maxDelay", &SHAPE_OF_DURATION, false, "The longest delay"},
};
static const struct shape LINEAR = {
    .kind = SHAPE_RECORD, .what = "a linear backoff", SHAPE_KEYS(LINEAR_KEYS)};
static const struct shape NUMBER = {.kind = SHAPE_ANY, .what = "a number"};
static const struct shape_key EXPONENTIAL_KEYS[] = {
    {"factor", &NUMBER, false, "Times the delay at each try; 2 if left out"},
    {"maxDelay", &SHAPE_OF_DURATION, false, "The longest delay"},
};
static const struct shape EXPONENTIAL = {
    .kind = SHAPE_RECORD, .what = "an exponential backoff", SHAPE_KEYS(EXPONENTIAL_KEYS)};
static const struct shape_key BACKOFF_KEYS[] = {
    {"constant", &SHAPE_OF_OBJECT, false, "The same delay each time"},
    {"linear", &LINEAR, false, "Longer by the same step each time"},
    {"exponential", &EXPONENTIAL, false, "Longer by a factor each time"},
};
static const char *const BACKOFF_ONE_OF[] = {"constant", "linear", "exponential", NULL};
static const struct shape BACKOFF = {
    .kind = SHAPE_RECORD, .what = "a backoff", .one_of = BACKOFF_ONE_OF, SHAPE_KEYS(BACKOFF_KEYS)};
static const struct shape_key ATTEMPT_KEYS[] = {
    {"count", &PLAIN_INTEGER, false, "Retries at most"},
    {"duration", &SHAPE_OF_DURATION, false, "How long one attempt may take"},
};
static const struct shape ATTEMPT = {
    .kind = SHAPE_RECORD, .what = "a limit of attempts", SHAPE_KEYS(ATTEMPT_KEYS)};
static const struct shape_key LIMIT_KEYS[] = {
    {"attempt", &ATTEMPT, false, "Limits of the attempts"},
    {"duration", &SHAPE_OF_DURATION, false, "How long all attempts may take together"},
};
static const struct shape LIMIT = {
    .kind = SHAPE_RECORD, .what = "a retry limit", SHAPE_KEYS(LIMIT_KEYS)};
static const struct shape_key JITTER_KEYS[] = {
    {"from", &SHAPE_OF_DURATION, true, "The least that is added by chance"},
    {"to", &SHAPE_OF_DURATION, true, "The most that is added by chance"},
};
static const struct shape JITTER = {
    .kind = SHAPE_RECORD, .what = "a jitter", SHAPE_KEYS(JITTER_KEYS)};
static const struct shape_key RETRY_KEYS[] = {
    {"when", &SHAPE_OF_EXPRESSION, false, "Retry only if this is true"},
    {"exceptWhen", &SHAPE_OF_EXPRESSION, false, "Do not retry if this is true"},
    {"delay", &SHAPE_OF_DURATION, false, "How long to wait before a retry"},
    {"backoff", &BACKOFF, false, "How the delay grows"},
    {"limit", &LIMIT, false, "When to give up"},
    {"jitter", &JITTER, false, "A random addition to the delay"},
};
const struct shape SHAPE_OF_RETRY = {
    .kind = SHAPE_RECORD, .name = "retry", .what = "a retry policy", SHAPE_KEYS(RETRY_KEYS)};

// ── events ──

static const struct shape_key EVENT_KEYS[] = {
    {"id", &SHAPE_OF_TEXT, false, "Together with 'source' unique; made if left out"},
    {"source", &SHAPE_OF_TEXT, false, "Where the event happened"},
    {"type", &SHAPE_OF_TEXT, false, "What kind of event"},
    {"time", &SHAPE_OF_TEXT, false, "When it happened (RFC 3339)"},
    {"subject", &SHAPE_OF_TEXT, false, "What it is about"},
    {"datacontenttype", &SHAPE_OF_TEXT, false, "Media type of 'data'"},
    {"dataschema", &SHAPE_OF_TEXT, false, "Schema of 'data'"},
    {"data", &SHAPE_OF_ANY, false, "The payload; in a filter a condition or a part of it"},
};
const struct shape SHAPE_OF_EVENT = {.kind = SHAPE_RECORD,
                                     .name = "event",
                                     .what = "event attributes",
                                     .open = true,
                                     .count_min = 1,
                                     SHAPE_KEYS(EVENT_KEYS)};
static const struct shape_key CORRELATION_KEYS[] = {
    {"from", &SHAPE_OF_EXPRESSION, true, "Takes the value out of the event"},
    {"expect", &SHAPE_OF_TEXT, false, "What it must equal; the first one seen if left out"},
};
static const struct shape CORRELATION = {
    .kind = SHAPE_RECORD, .what = "a correlation", SHAPE_KEYS(CORRELATION_KEYS)};
static const struct shape CORRELATIONS = {
    .kind = SHAPE_MAP, .what = "named correlations", .item = &CORRELATION};
static const struct shape_key FILTER_KEYS[] = {
    {"with", &SHAPE_OF_EVENT, true, "Attributes that the event must have"},
    {"correlate", &CORRELATIONS, false, "Values that tie the event to this workflow"},
};
static const struct shape FILTER = {.kind = SHAPE_RECORD,
                                    .name = "eventFilter",
                                    .what = "an event filter",
                                    SHAPE_KEYS(FILTER_KEYS)};
static const struct shape FILTERS = {.kind = SHAPE_LIST, .item = &FILTER};
static const struct shape FILTERS_SOME = {
    .kind = SHAPE_LIST, .what = "a list of event filters", .count_min = 1, .item = &FILTER};
static const struct shape PLAIN_FALSE = {.kind = SHAPE_FALSE};
static const struct shape UNTIL = {
    .kind = SHAPE_UNION,
    .what = "an expression, false, or events that end it",
    .alternatives = (const struct shape *const[]){&SHAPE_OF_EXPRESSION, &PLAIN_FALSE,
                                                  &SHAPE_OF_STRATEGY, NULL}};
static const struct shape_key STRATEGY_KEYS[] = {
    {"one", &FILTER, false, "One event"},
    {"any", &FILTERS, false, "Any of these events; an empty list means any event"},
    {"all", &FILTERS_SOME, false, "All of these events"},
    {"until", &UNTIL, false, "With 'any': goes on listening until this"},
};
static const char *const STRATEGY_ONE_OF[] = {"one", "any", "all", NULL};
const struct shape SHAPE_OF_STRATEGY = {.kind = SHAPE_RECORD,
                                        .name = "eventStrategy",
                                        .what = "an event strategy",
                                        .one_of = STRATEGY_ONE_OF,
                                        SHAPE_KEYS(STRATEGY_KEYS)};
static const char *const READS[] = {"data", "envelope", "raw", NULL};
const struct shape SHAPE_OF_READ = {.kind = SHAPE_TEXT, .choices = READS};
static const struct shape_key ITERATOR_KEYS[] = {
    {"item", &SHAPE_OF_TEXT, false, "Name of the variable for the event; 'item' if left out"},
    {"at", &SHAPE_OF_TEXT, false, "Name of the variable for its index; 'index' if left out"},
    {"do", &LANGUAGE_TASKS, false, "What to do with each"},
    {"output", &SHAPE_OF_OUTPUT, false, "What each gives"},
    {"export", &SHAPE_OF_EXPORT, false, "The new $context after each"},
};
const struct shape SHAPE_OF_ITERATOR = {
    .kind = SHAPE_RECORD, .name = "iterator", .what = "'foreach'", SHAPE_KEYS(ITERATOR_KEYS)};
