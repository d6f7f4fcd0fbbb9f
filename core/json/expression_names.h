// The names of jq's functions, for "did you mean". Any thread.
#pragma once

// The function that was probably meant by a name that is none, or NULL.
const char *expression_function_near(const char *name);
