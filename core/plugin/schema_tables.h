// Schemas that were written as Lua tables: there an empty list and an empty object look the same.
// Loop thread only.
#pragma once

#include "json/json.h"

json schema_of_tables(json raw); // `required = {}` and the like become lists
// The value with each empty object, where the schema wants a list, made one.
json value_by_schema(json schema, json value);
