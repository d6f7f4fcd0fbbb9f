#include "definition/language.h"

#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof *(a))

static const char *const OUTPUTS[] = {"raw", "content", "response", NULL};
static const struct shape OUTPUT = {.kind = SHAPE_TEXT, .choices = OUTPUTS};
static const struct shape BOOL_OR_EXPRESSION = {.kind = SHAPE_BOOL, .expression = true};

// ── http ──

static const struct shape_key HTTP_KEYS[] = {
    {"method", &SHAPE_OF_TEXT, true, "get, post, put, …"},
    {"endpoint", &SHAPE_OF_ENDPOINT, true, "Where to send the request"},
    {"headers", &SHAPE_OF_TEXT_MAP, false, "Headers by name"},
    {"body", &SHAPE_OF_ANY, false, "The body"},
    {"query", &SHAPE_OF_TEXT_MAP, false, "Query parameters by name"},
    {"output", &OUTPUT, false, "What of the answer to give back: content if left out"},
    {"redirect", &BOOL_OR_EXPRESSION, false, "true: a redirect is no error"},
};
static const struct shape HTTP = {.kind = SHAPE_RECORD,
                                  .name = "httpArguments",
                                  .what = "the arguments of 'http'",
                                  SHAPE_KEYS(HTTP_KEYS)};

// ── openapi, grpc ──

static const struct shape_key OPENAPI_KEYS[] = {
    {"document", &SHAPE_OF_RESOURCE, true, "The OpenAPI document"},
    {"operationId", &SHAPE_OF_TEXT, true, "The operation"},
    {"parameters", &SHAPE_OF_TEXT_MAP, false, "Its parameters"},
    {"authentication", &SHAPE_OF_AUTHENTICATION_OR_USE, false, "How to log in"},
    {"output", &OUTPUT, false, "What of the answer to give back"},
    {"redirect", &BOOL_OR_EXPRESSION, false, "true: a redirect is no error"},
};
static const struct shape OPENAPI = {.kind = SHAPE_RECORD,
                                     .name = "openapiArguments",
                                     .what = "the arguments of 'openapi'",
                                     SHAPE_KEYS(OPENAPI_KEYS)};
static const struct shape_key SERVICE_KEYS[] = {
    {"name", &SHAPE_OF_TEXT, true, "Name of the service"},
    {"host", &SHAPE_OF_TEXT, true, "Host that offers it"},
    {"port", &SHAPE_OF_INTEGER, false, "Port"},
    {"authentication", &SHAPE_OF_AUTHENTICATION_OR_USE, false, "How to log in"},
};
static const struct shape SERVICE = {
    .kind = SHAPE_RECORD, .what = "a service", SHAPE_KEYS(SERVICE_KEYS)};
static const struct shape_key GRPC_KEYS[] = {
    {"proto", &SHAPE_OF_RESOURCE, true, "The proto file"},
    {"service", &SERVICE, true, "The service"},
    {"method", &SHAPE_OF_TEXT, true, "The method"},
    {"arguments", &SHAPE_OF_TEXT_MAP, false, "Its arguments"},
};
static const struct shape GRPC = {.kind = SHAPE_RECORD,
                                  .name = "grpcArguments",
                                  .what = "the arguments of 'grpc'",
                                  SHAPE_KEYS(GRPC_KEYS)};

// ── asyncapi ──

static const char *const PROTOCOLS[] = {"amqp",   "amqp1", "anypointmq", "googlepubsub", "http",
                                        "ibmmq",  "jms",   "kafka",      "mercure",      "mqtt",
                                        "mqtt5",  "nats",  "pulsar",     "redis",        "sns",
                                        "solace", "sqs",   "stomp",      "ws",           NULL};
static const struct shape PROTOCOL = {.kind = SHAPE_TEXT, .choices = PROTOCOLS};
static const struct shape_key ASYNCAPI_SERVER_KEYS[] = {
    {"name", &SHAPE_OF_TEXT, true, "Name of the server"},
    {"variables", &SHAPE_OF_TEXT_MAP, false, "Its variables"},
};
static const struct shape ASYNCAPI_SERVER = {
    .kind = SHAPE_RECORD, .what = "a server", SHAPE_KEYS(ASYNCAPI_SERVER_KEYS)};
static const struct shape_key MESSAGE_KEYS[] = {
    {"payload", &SHAPE_OF_ANY, false, "What to send"},
    {"headers", &SHAPE_OF_TEXT_MAP, false, "Its headers"},
};
static const struct shape MESSAGE = {
    .kind = SHAPE_RECORD, .what = "a message", SHAPE_KEYS(MESSAGE_KEYS)};
static const struct shape_key CONSUME_KEYS[] = {
    {"for", &SHAPE_OF_DURATION, false, "For how long"},
    {"amount", &SHAPE_OF_INTEGER, false, "How many messages"},
    {"while", &SHAPE_OF_EXPRESSION, false, "While this is true"},
    {"until", &SHAPE_OF_EXPRESSION, false, "Until this is true"},
};
static const char *const CONSUME_ONE_OF[] = {"amount", "while", "until", NULL};
static const struct shape CONSUME = {
    .kind = SHAPE_RECORD, .what = "'consume'", .one_of = CONSUME_ONE_OF, SHAPE_KEYS(CONSUME_KEYS)};
static const struct shape_key SUBSCRIPTION_KEYS[] = {
    {"filter", &SHAPE_OF_EXPRESSION, false, "Which messages"},
    {"consume", &CONSUME, true, "How many"},
    {"foreach", &SHAPE_OF_ITERATOR, false, "What to do with each"},
};
static const struct shape SUBSCRIPTION = {
    .kind = SHAPE_RECORD, .what = "a subscription", SHAPE_KEYS(SUBSCRIPTION_KEYS)};
static const struct shape_key ASYNCAPI_KEYS[] = {
    {"document", &SHAPE_OF_RESOURCE, true, "The AsyncAPI document"},
    {"channel", &SHAPE_OF_TEXT, false, "The channel (AsyncAPI 2)"},
    {"operation", &SHAPE_OF_TEXT, false, "The operation (AsyncAPI 3)"},
    {"server", &ASYNCAPI_SERVER, false, "The server"},
    {"protocol", &PROTOCOL, false, "The protocol"},
    {"message", &MESSAGE, false, "The message to publish"},
    {"subscription", &SUBSCRIPTION, false, "What to subscribe to"},
    {"authentication", &SHAPE_OF_AUTHENTICATION_OR_USE, false, "How to log in"},
};
static const char *const ASYNCAPI_ONE_OF[] = {"message", "subscription", NULL};
static const struct shape ASYNCAPI = {.kind = SHAPE_RECORD,
                                      .name = "asyncapiArguments",
                                      .what = "the arguments of 'asyncapi'",
                                      .one_of = ASYNCAPI_ONE_OF,
                                      SHAPE_KEYS(ASYNCAPI_KEYS)};

// ── a2a, mcp ──

static const char *const A2A_METHODS[] = {"message/send",
                                          "message/stream",
                                          "tasks/get",
                                          "tasks/list",
                                          "tasks/cancel",
                                          "tasks/resubscribe",
                                          "tasks/pushNotificationConfig/set",
                                          "tasks/pushNotificationConfig/get",
                                          "tasks/pushNotificationConfig/list",
                                          "tasks/pushNotificationConfig/delete",
                                          "agent/getAuthenticatedExtendedCard",
                                          NULL};
static const struct shape A2A_METHOD = {.kind = SHAPE_TEXT, .choices = A2A_METHODS};
static const struct shape_key A2A_KEYS[] = {
    {"agentCard", &SHAPE_OF_RESOURCE, false, "The agent's card"},
    {"server", &SHAPE_OF_ENDPOINT, false, "The agent's server"},
    {"method", &A2A_METHOD, true, "The method"},
    {"parameters", &SHAPE_OF_TEXT_MAP, false, "Its parameters"},
};
static const char *const A2A_ONE_OF[] = {"agentCard", "server", NULL};
static const struct shape A2A = {.kind = SHAPE_RECORD,
                                 .name = "a2aArguments",
                                 .what = "the arguments of 'a2a'",
                                 .one_of = A2A_ONE_OF,
                                 SHAPE_KEYS(A2A_KEYS)};
static const struct shape_key MCP_HTTP_KEYS[] = {
    {"endpoint", &SHAPE_OF_ENDPOINT, true, "The server's endpoint"},
    {"headers", &SHAPE_OF_TEXT_MAP, false, "Headers"},
};
static const struct shape MCP_HTTP = {
    .kind = SHAPE_RECORD, .what = "'http'", SHAPE_KEYS(MCP_HTTP_KEYS)};
static const struct shape_key MCP_STDIO_KEYS[] = {
    {"command", &SHAPE_OF_TEXT, true, "The command"},
    {"arguments", &SHAPE_OF_TEXTS, false, "Its arguments"},
    {"environment", &SHAPE_OF_TEXT_MAP, false, "Its environment"},
};
static const struct shape MCP_STDIO = {
    .kind = SHAPE_RECORD, .what = "'stdio'", SHAPE_KEYS(MCP_STDIO_KEYS)};
static const struct shape_key MCP_TRANSPORT_KEYS[] = {
    {"http", &MCP_HTTP, false, "Over HTTP"},
    {"stdio", &MCP_STDIO, false, "Through a process"},
    {"options", &SHAPE_OF_TEXT_MAP, false, "More options"},
};
static const char *const MCP_TRANSPORT_ONE_OF[] = {"http", "stdio", NULL};
static const struct shape MCP_TRANSPORT = {.kind = SHAPE_RECORD,
                                           .what = "a transport",
                                           .one_of = MCP_TRANSPORT_ONE_OF,
                                           SHAPE_KEYS(MCP_TRANSPORT_KEYS)};
static const struct shape_key MCP_CLIENT_KEYS[] = {
    {"name", &SHAPE_OF_TEXT, true, "Name of the client"},
    {"version", &SHAPE_OF_TEXT, true, "Its version"},
    {"description", &SHAPE_OF_TEXT, false, "What it is"},
};
static const struct shape MCP_CLIENT = {
    .kind = SHAPE_RECORD, .what = "a client", SHAPE_KEYS(MCP_CLIENT_KEYS)};
static const char *const MCP_METHODS[] = {"tools/list",
                                          "tools/call",
                                          "prompts/list",
                                          "prompts/get",
                                          "resources/list",
                                          "resources/read",
                                          "resources/templates/list",
                                          NULL};
static const struct shape MCP_METHOD = {.kind = SHAPE_TEXT, .choices = MCP_METHODS};
static const struct shape_key MCP_KEYS[] = {
    {"protocolVersion", &SHAPE_OF_TEXT, false, "Version of the protocol"},
    {"method", &MCP_METHOD, true, "The method"},
    {"parameters", &SHAPE_OF_TEXT_MAP, false, "Its parameters"},
    {"timeout", &SHAPE_OF_DURATION, false, "How long it may take"},
    {"transport", &MCP_TRANSPORT, true, "How to reach the server"},
    {"client", &MCP_CLIENT, false, "Who we say we are"},
};
static const struct shape MCP = {.kind = SHAPE_RECORD,
                                 .name = "mcpArguments",
                                 .what = "the arguments of 'mcp'",
                                 SHAPE_KEYS(MCP_KEYS)};

const struct language_protocol LANGUAGE_PROTOCOLS[] = {
    {"http", CALL_HTTP, &HTTP, true},  {"openapi", CALL_OPENAPI, &OPENAPI, false},
    {"grpc", CALL_GRPC, &GRPC, false}, {"asyncapi", CALL_ASYNCAPI, &ASYNCAPI, false},
    {"a2a", CALL_A2A, &A2A, false},    {"mcp", CALL_MCP, &MCP, false},
};
const size_t LANGUAGE_PROTOCOL_COUNT = LENGTH(LANGUAGE_PROTOCOLS);

const struct language_protocol *language_protocol(const char *name)
{
    for (size_t i = 0; i < LANGUAGE_PROTOCOL_COUNT; i++)
        if (strcmp(LANGUAGE_PROTOCOLS[i].name, name) == 0)
            return &LANGUAGE_PROTOCOLS[i];
    return NULL;
}

// ── run ──

static const struct shape ARGUMENTS = {
    .kind = SHAPE_LIST, .item = &SHAPE_OF_ANY, .expression = true};
static const char *const PULL_POLICIES[] = {"ifNotPresent", "always", "never", NULL};
static const struct shape PULL_POLICY = {.kind = SHAPE_TEXT, .choices = PULL_POLICIES};
static const char *const CLEANUPS[] = {"always", "never", "eventually", NULL};
static const struct shape CLEANUP = {.kind = SHAPE_TEXT, .choices = CLEANUPS};
static const struct shape_key LIFETIME_KEYS[] = {
    {"cleanup", &CLEANUP, true, "When to remove the container"},
    {"after", &SHAPE_OF_DURATION, false, "How long after, for cleanup: eventually"},
};
static const struct shape LIFETIME = {
    .kind = SHAPE_RECORD, .what = "a lifetime", SHAPE_KEYS(LIFETIME_KEYS)};
static const struct shape_key CONTAINER_KEYS[] = {
    {"image", &SHAPE_OF_TEXT, true, "The image"},
    {"name", &SHAPE_OF_TEXT, false, "Name of the container"},
    {"command", &SHAPE_OF_TEXT, false, "The command"},
    {"ports", &SHAPE_OF_TEXT_MAP, false, "Ports"},
    {"volumes", &SHAPE_OF_TEXT_MAP, false, "Volumes"},
    {"environment", &SHAPE_OF_TEXT_MAP, false, "Environment"},
    {"stdin", &SHAPE_OF_TEXT, false, "Standard input"},
    {"arguments", &ARGUMENTS, false, "Arguments"},
    {"lifetime", &LIFETIME, false, "When to remove it"},
    {"pullPolicy", &PULL_POLICY, false, "When to fetch the image"},
};
static const struct shape CONTAINER = {
    .kind = SHAPE_RECORD, .what = "a container", SHAPE_KEYS(CONTAINER_KEYS)};
static const char *const LANGUAGES[] = {"js", "javascript", "python", NULL};
static const struct shape SCRIPT_LANGUAGE = {.kind = SHAPE_TEXT, .choices = LANGUAGES};
static const struct shape_key SCRIPT_KEYS[] = {
    {"language", &SCRIPT_LANGUAGE, true, "js or python"},
    {"code", &SHAPE_OF_TEXT, false, "The script"},
    {"source", &SHAPE_OF_RESOURCE, false, "Where the script lies"},
    {"stdin", &SHAPE_OF_TEXT, false, "Standard input"},
    {"arguments", &ARGUMENTS, false, "Arguments"},
    {"environment", &SHAPE_OF_TEXT_MAP, false, "Environment"},
};
static const char *const SCRIPT_ONE_OF[] = {"code", "source", NULL};
static const struct shape SCRIPT = {
    .kind = SHAPE_RECORD, .what = "a script", .one_of = SCRIPT_ONE_OF, SHAPE_KEYS(SCRIPT_KEYS)};
static const struct shape_key SHELL_KEYS[] = {
    {"command", &SHAPE_OF_TEXT, true, "The command"},
    {"stdin", &SHAPE_OF_TEXT, false, "Standard input"},
    {"arguments", &ARGUMENTS, false, "Arguments"},
    {"environment", &SHAPE_OF_TEXT_MAP, false, "Environment"},
};
static const struct shape SHELL = {
    .kind = SHAPE_RECORD, .what = "a shell command", SHAPE_KEYS(SHELL_KEYS)};
static const struct shape_key CHILD_KEYS[] = {
    {"namespace", &SHAPE_OF_TEXT, true, "Whose workflow"},
    {"name", &SHAPE_OF_TEXT, true, "Its name"},
    {"version", &SHAPE_OF_TEXT, false, "Its version; the latest if left out"},
    {"input", &SHAPE_OF_ANY, false, "Its input"},
};
static const struct shape CHILD = {
    .kind = SHAPE_RECORD, .what = "a workflow to run", SHAPE_KEYS(CHILD_KEYS)};
static const char *const RETURNS[] = {"stdout", "stderr", "code", "all", "none", NULL};
static const struct shape RETURN = {.kind = SHAPE_TEXT, .choices = RETURNS};
static const struct shape_key RUN_KEYS[] = {
    {"workflow", &CHILD, false, "Another workflow"},
    {"script", &SCRIPT, false, "A script"},
    {"shell", &SHELL, false, "A shell command"},
    {"container", &CONTAINER, false, "A container"},
    {"await", &SHAPE_OF_BOOL, false, "false: goes on at once"},
    {"return", &RETURN, false, "What of the process to give back"},
};
static const char *const RUN_ONE_OF[] = {"workflow", "script", "shell", "container", NULL};
const struct shape SHAPE_OF_RUN = {.kind = SHAPE_RECORD,
                                   .name = "run",
                                   .what = "'run'",
                                   .one_of = RUN_ONE_OF,
                                   SHAPE_KEYS(RUN_KEYS)};
