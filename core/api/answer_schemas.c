#include "api/answer_schemas.h"

#include <string.h>

#include "api/resource.h"

const struct answer_schema answer_schemas[] = {
    {"Instance", "{\"type\":\"object\",\"required\":[\"id\",\"status\",\"definition\",\"createdAt"
                 "\",\"updatedAt\"],\"properties\":{\"id\":{\"type\":\"string\"},\"status\":{\"enu"
                 "m\":[\"pending\",\"running\",\"waiting\",\"suspended\",\"completed\",\"faulted\""
                 ",\"cancelled\"]},\"definition\":{\"type\":\"object\",\"required\":[\"namespace\""
                 ",\"name\",\"version\"],\"properties\":{\"namespace\":{\"type\":\"string\"},\"nam"
                 "e\":{\"type\":\"string\"},\"version\":{\"type\":\"string\"}}},\"title\":{\"type"
                 "\":\"string\"},\"createdAt\":{\"type\":\"string\"},\"updatedAt\":{\"type\":\"str"
                 "ing\"},\"waitsFor\":{\"type\":\"string\"},\"incident\":{\"type\":\"string\"},\"i"
                 "nput\":{},\"output\":{},\"error\":{\"type\":\"object\"},\"tasks\":{\"type\":\"ob"
                 "ject\",\"additionalProperties\":{\"type\":\"string\"}},\"waits\":{\"type\":\"arr"
                 "ay\",\"items\":{\"type\":\"object\"}}}}"},
    {"HistoryRow",
     "{\"type\":\"object\",\"required\":[\"seq\",\"at\",\"entries\",\"hash\"],\"proper"
     "ties\":{\"seq\":{\"type\":\"integer\"},\"at\":{\"type\":\"string\"},\"hash\":{\""
     "type\":\"string\"},\"entries\":{\"type\":\"array\",\"items\":{\"type\":\"object"
     "\",\"required\":[\"type\"],\"properties\":{\"type\":{\"type\":\"string\"}}}}}}"},
    {"Definition",
     "{\"type\":\"object\",\"required\":[\"namespace\",\"name\",\"version\"],\"propert"
     "ies\":{\"namespace\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"vers"
     "ion\":{\"type\":\"string\"},\"title\":{\"type\":[\"string\",\"null\"]},\"hash\":"
     "{\"type\":\"string\"},\"deployedAt\":{\"type\":\"string\"},\"text\":{\"type\":\""
     "string\"},\"source\":{\"type\":\"object\"}}}"},
    {"Item", "{\"type\":\"object\",\"required\":[\"id\",\"instance\",\"path\",\"task\",\"statu"
             "s\",\"kind\",\"createdAt\"],\"properties\":{\"id\":{\"type\":\"string\"},\"insta"
             "nce\":{\"type\":\"string\"},\"path\":{\"type\":\"string\"},\"task\":{\"type\":\""
             "string\"},\"name\":{\"type\":\"string\"},\"title\":{},\"kind\":{\"type\":\"strin"
             "g\"},\"status\":{\"type\":\"string\"},\"assignee\":{},\"createdAt\":{\"type\":\""
             "string\"},\"closesAt\":{\"type\":\"string\"},\"opensAt\":{\"type\":\"string\"},"
             "\"answers\":{\"type\":\"integer\"},\"form\":{\"type\":\"object\"},\"detail\":{},"
             "\"allows\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}"},
    {"PersonShown",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"status\"],\"properties\":{"
     "\"id\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},\"email\":{\"type\":"
     "\"string\"},\"phone\":{\"type\":\"string\"},\"language\":{\"type\":\"string\"},"
     "\"status\":{\"type\":\"string\"},\"attributes\":{\"type\":\"object\"},\"groups\""
     ":{\"type\":\"array\"},\"memberships\":{\"type\":\"array\"}}}"},
};
const size_t answer_schema_count = sizeof(answer_schemas) / sizeof(*answer_schemas);

const char *answer_schema_of(const struct resource *resource, bool *page)
{
    static const struct {
        const char *pattern, *schema;
        bool page;
    } gets[] = {
        {"/definitions", "Definition", true},
        {"/definitions/{namespace}/{name}", "Definition", false},
        {"/instances", "Instance", true},
        {"/instances/{id}", "Instance", false},
        {"/instances/{id}/history", "HistoryRow", true},
        {"/items", "Item", true},
        {"/items/{id}", "Item", false},
        {"/people", "PersonShown", true},
        {"/people/{id}", "PersonShown", false},
    };
    const char *root = "/api/v1";
    if (strcmp(resource->method, "GET") != 0 || strncmp(resource->pattern, root, strlen(root)) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(gets) / sizeof(*gets); i++) {
        if (strcmp(resource->pattern + strlen(root), gets[i].pattern) != 0)
            continue;
        *page = gets[i].page;
        return gets[i].schema;
    }
    return NULL;
}
