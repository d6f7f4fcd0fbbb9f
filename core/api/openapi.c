// The OpenAPI 3.1 document, made from the table of resources, so that it cannot fall behind it.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer_schemas.h"
#include "api/resource.h"
#include "base/must.h"

// The bodies that are JSON, by the name that the table gives them.
static const struct body_schema {
    const char *name, *schema;
} body_schemas[] = {
    {"Deploy", "{\"type\":\"object\",\"required\":[\"text\"],\"properties\":{\"text\":{\"type\":"
               "\"string\"},\"file\":{\"type\":\"string\"}}}"},
    {"Start",
     "{\"oneOf\":[{\"$ref\":\"#/components/schemas/OneStart\"},{\"type\":\"array\",\"minItems\":1,"
     "\"maxItems\":1000,\"items\":{\"$ref\":\"#/components/schemas/OneStart\"}}]}"},
    {"OneStart",
     "{\"type\":\"object\",\"required\":[\"definition\"],\"properties\":{\"definition\":{\"type\":"
     "\"object\",\"required\":[\"namespace\",\"name\"],\"properties\":{\"namespace\":{\"type\":"
     "\"string\"},\"name\":{\"type\":\"string\"},\"version\":{\"type\":\"string\"}}},\"input\":{},"
     "\"title\":{\"type\":\"string\"}}}"},
    {"Reason", "{\"type\":\"object\",\"properties\":{\"reason\":{\"type\":\"string\"}}}"},
    {"Repair",
     "{\"type\":\"object\",\"required\":[\"outcome\"],\"properties\":{\"effect\":{"
     "\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"attempt\":{\"type\":"
     "\"integer\"},\"name\":{\"type\":\"string\"}}},\"outcome\":{\"enum\":[\"done\",\"failed\","
     "\"retry\"]},\"value\":{}}}"},
    {"Migrate", "{\"type\":\"object\",\"properties\":{\"version\":{\"type\":\"string\"},"
                "\"reason\":{\"type\":\"string\"}}}"},
    {"Answer",
     "{\"type\":\"object\",\"properties\":{\"as\":{\"type\":[\"string\",\"null\"]},\"data\":{},"
     "\"receipt\":{\"type\":\"string\"},\"withdraw\":{\"type\":\"boolean\"},\"delegate\":{\"type\":"
     "\"string\"},\"recuse\":{\"type\":\"string\"}}}"},
    {"Person",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\"],\"properties\":{\"id\":{\"type\":"
     "\"string\"},\"name\":{\"type\":\"string\"},\"email\":{\"type\":\"string\"},\"phone\":{"
     "\"type\":\"string\"},\"language\":{\"type\":\"string\"},\"attributes\":{\"type\":"
     "\"object\"}}}"},
    {"Remind", "{\"type\":\"object\",\"properties\":{\"task\":{\"type\":\"string\"}}}"},
    {"Claim",
     "{\"type\":\"object\",\"required\":[\"as\"],\"properties\":{\"as\":{\"type\":\"string\"}}}"},
    {"Join", "{\"type\":\"object\",\"required\":[\"person\"],\"properties\":{\"person\":{\"type\":"
             "\"string\"},\"since\":{\"type\":\"string\"},\"until\":{\"type\":\"string\"},\"role\":"
             "{\"type\":\"string\"}}}"},
    {"Leave", "{\"type\":\"object\",\"required\":[\"person\"],\"properties\":{\"person\":{\"type\":"
              "\"string\"},\"until\":{\"type\":\"string\"}}}"},
    {"NewAccount",
     "{\"type\":\"object\",\"required\":[\"name\",\"roles\"],\"properties\":{\"name\":{\"type\":"
     "\"string\"},\"display\":{\"type\":\"string\"},\"roles\":{\"type\":\"array\",\"items\":{"
     "\"enum\":["
     "\"admin\",\"author\",\"operator\",\"auditor\",\"viewer\"]}},\"person\":{\"type\":\"string\"},"
     "\"password\":{\"type\":\"string\",\"minLength\":10}}}"},
    {"Account",
     "{\"type\":\"object\",\"properties\":{\"display\":{\"type\":\"string\"},\"roles\":{\"type\":"
     "\"array\",\"items\":{\"type\":\"string\"}},\"person\":{\"type\":\"string\"},\"password\":{"
     "\"type\":\"string\"},\"status\":{\"enum\":[\"active\",\"disabled\"]}}}"},
    {"NewToken",
     "{\"type\":\"object\",\"required\":[\"name\",\"scope\"],\"properties\":{\"name\":{\"type\":"
     "\"string\"},\"scope\":{\"type\":\"string\"},\"expires\":{\"type\":\"string\"}}}"},
    {"Problem",
     "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"code\"],\"properties\":{"
     "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":"
     "\"integer\"},\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},\"errors\":{"
     "\"type\":\"array\"}}}"},
};

static json parsed(const char *text)
{
    json value = json_absent();
    struct fail why;
    if (!json_parse(text, strlen(text), &value, &why))
        must_failed(why.message, __FILE__, __LINE__, __func__);
    return value;
}

static json reference(const char *schema)
{
    json out = json_object();
    json_set_take(&out, "$ref", json_printf("#/components/schemas/%s", schema));
    return out;
}

static json content(const char *type, json schema_take)
{
    json inner = json_object(), out = json_object();
    json_set_take(&inner, "schema", schema_take);
    json_set_take(&out, type, inner);
    return out;
}

static void add_parameter(json *list, const char *name, size_t bytes, const char *in)
{
    json parameter = json_object(), said = json_string_sized(name, bytes);
    bool is_path = strcmp(in, "path") == 0,
         is_number = strcmp(json_text(said), "limit") == 0 || strcmp(json_text(said), "wait") == 0;
    json_set_take(&parameter, "name", said);
    json_set_text(&parameter, "in", in);
    json_set_bool(&parameter, "required", is_path);
    json_set_take(
        &parameter, "schema",
        parsed(is_number ? "{\"type\":\"integer\",\"minimum\":0}" : "{\"type\":\"string\"}"));
    json_append_take(list, parameter);
}

static bool is_post(const struct resource *resource)
{
    return strcmp(resource->method, "POST") == 0;
}

// The handlers that keep their answer under a key (replay.h), and the people room's answers. A
// token is told once, an event is known by its source and id, a deployment by its text, and who
// claims what he has makes no mistake.
static bool takes_key(const struct resource *resource)
{
    static const char *const without[] = {
        "/definitions",    "/events",           "/tokens",
        "/accounts",       "/items/{id}/claim", "/items/{id}/give-back",
        "/mail/bounces",   "/people",           "/tokens/{id}/revoke",
        "/accounts/{name}"};
    for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++)
        if (strcmp(resource->pattern + strlen("/api/v1"), without[i]) == 0)
            return false;
    return is_post(resource);
}

static json parameters(const struct resource *resource)
{
    json list = json_array();
    for (const char *c = resource->pattern; (c = strchr(c, '{')); c++)
        add_parameter(&list, c + 1, strcspn(c + 1, "}"), "path");
    for (const char *c = resource->query ? resource->query : ""; *c;) {
        size_t bytes = strcspn(c, " ");
        add_parameter(&list, c, bytes, "query");
        c += bytes + (c[bytes] == ' ');
    }
    if (takes_key(resource))
        add_parameter(&list, "Idempotency-Key", strlen("Idempotency-Key"), "header");
    if (strcmp(resource->pattern, "/api/v1/stream") == 0)
        add_parameter(&list, "Last-Event-ID", strlen("Last-Event-ID"), "header");
    return list;
}

static void add_content(json *content, const char *type, const char *schema)
{
    json inner = json_object();
    json_set_take(&inner, "schema", parsed(schema));
    json_set_take(content, type, inner);
}

// What is taken beside the type that the table names.
static json request_body_of(const struct resource *resource)
{
    static const char text[] = "{\"type\":\"string\"}", *const object = "{\"type\":\"object\"}";
    json out = json_object(), types;
    bool media = strchr(resource->body, '/') != NULL;
    types = media ? json_object() : content("application/json", reference(resource->body));
    if (strcmp(resource->body, "Deploy") == 0)
        add_content(&types, "application/yaml", text);
    if (strcmp(resource->body, "application/cloudevents+json") == 0) {
        add_content(&types, resource->body, object);
        add_content(&types, "application/cloudevents-batch+json",
                    "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}");
        add_content(&types, "*/*", "{}"); // binary mode: attributes in ce- headers
    } else if (media) {
        add_content(&types, resource->body, text);
    }
    json_set_take(&out, "content", types);
    return out;
}

// {items, next}, as every list is.
static json page_of(const char *schema)
{
    json out = parsed("{\"type\":\"object\",\"required\":[\"items\",\"next\"],\"properties\":"
                      "{\"next\":{\"type\":[\"string\",\"null\"]}}}");
    json list = parsed("{\"type\":\"array\"}"), properties = json_get(out, "properties");
    json_set_take(&list, "items", reference(schema));
    json_set_take(&properties, "items", list);
    json_set_take(&out, "properties", properties);
    return out;
}

static json good_content(const struct resource *resource)
{
    bool page = false;
    const char *schema = answer_schema_of(resource, &page);
    if (schema)
        return content("application/json", page ? page_of(schema) : reference(schema));
    json out = json_object();
    if (strcmp(resource->pattern, "/metrics") == 0)
        add_content(&out, "text/plain", "{\"type\":\"string\"}");
    else if (strcmp(resource->pattern, "/api/v1/stream") == 0)
        add_content(&out, "text/event-stream", "{\"type\":\"string\"}");
    else if (strcmp(resource->pattern, "/api/v1/instances") == 0 && is_post(resource))
        add_content(&out, "application/json", "{\"type\":[\"object\",\"array\"]}");
    else
        add_content(&out, "application/json", "{\"type\":\"object\"}");
    return out;
}

static void add_answer(json *out, const char *status)
{
    bool good = status[0] == '2';
    json answer = json_object();
    json_set_text(&answer, "description",
                  good ? "Good" : status_title((int)strtol(status, NULL, 10)));
    if (!good)
        json_set_take(&answer, "content", content(TYPE_PROBLEM, reference("Problem")));
    json_set_take(out, status, answer);
}

// The table says what is a resource's own; what comes from the door, the body, the key and the disk
// follows from the rest.
static json answers(const struct resource *resource)
{
    json out = json_object();
    for (const char *c = resource->statuses; *c; c += 3 + (c[3] == ' ')) {
        char status[4] = {c[0], c[1], c[2], 0};
        add_answer(&out, status);
        if (c[0] != '2')
            continue;
        json answer = json_get(out, status);
        json_set_take(&answer, "content", good_content(resource));
        json_set_take(&out, status, answer);
    }
    static const char *const door[] = {"400", "401", "403", "429"};
    for (size_t i = 0; resource->needs != 0 && i < sizeof(door) / sizeof(*door); i++)
        add_answer(&out, door[i]);
    if (is_post(resource)) {
        add_answer(&out, "413");
        add_answer(&out, "503");
    }
    if (resource->body) {
        add_answer(&out, "415");
        add_answer(&out, "422");
    }
    if (takes_key(resource))
        add_answer(&out, "409");
    return out;
}

static json operation(const struct resource *resource)
{
    json out = json_object(), tags = json_array();
    json_append_take(&tags, json_string(resource->tag));
    json_set_take(&out, "tags", tags);
    json_set_text(&out, "summary", resource->summary);
    json_set_take(&out, "parameters", parameters(resource));
    json_set_take(&out, "responses", answers(resource));
    if (resource->body)
        json_set_take(&out, "requestBody", request_body_of(resource));
    if (resource->needs == 0) {
        json_set_take(&out, "security", json_array());
    } else {
        struct bytes needs;
        bytes_init(&needs, 256);
        permissions_write(resource->needs, &needs);
        json_set_text(&out, "x-dure-permission", needs.data);
        bytes_done(&needs);
    }
    return out;
}

static json paths(void)
{
    json out = json_object();
    for (size_t i = 0; i < resource_count; i++) {
        char method[8] = "";
        for (size_t k = 0; k < 7 && resources[i].method[k]; k++)
            method[k] = (char)tolower((unsigned char)resources[i].method[k]);
        json path = json_get(out, resources[i].pattern);
        if (!json_is_object(path))
            json_swap_take(&path, json_object());
        json_set_take(&path, method, operation(&resources[i]));
        json_set_take(&out, resources[i].pattern, path);
    }
    return out;
}

static json components(void)
{
    json out = json_object(), schemas = json_object();
    for (size_t i = 0; i < sizeof(body_schemas) / sizeof(*body_schemas); i++)
        json_set_take(&schemas, body_schemas[i].name, parsed(body_schemas[i].schema));
    for (size_t i = 0; i < answer_schema_count; i++)
        json_set_take(&schemas, answer_schemas[i].name, parsed(answer_schemas[i].schema));
    json_set_take(&out, "schemas", schemas);
    json_set_take(&out, "securitySchemes",
                  parsed("{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}"));
    return out;
}

void openapi_show(struct api *a, struct request *r)
{
    (void)a;
    json document = json_object(), info = json_object();
    json_set_text(&info, "title", "Dure");
    json_set_text(&info, "version", DURE_VERSION);
    json_set_text(&document, "openapi", "3.1.0");
    json_set_take(&document, "info", info);
    json_set_take(&document, "security", parsed("[{\"token\":[]}]"));
    json_set_take(&document, "paths", paths());
    json_set_take(&document, "components", components());
    request_reply_json(r, 200, document);
    json_free(document);
}
