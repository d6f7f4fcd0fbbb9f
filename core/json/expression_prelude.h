// What is compiled before each program of expressions, in jq: builtins that count their rounds, and
// mended ones. The texts live for ever. Any thread.
#pragma once

#define EXPRESSION_PRELUDE_PARTS 4 // a C compiler need not take them as one literal

extern const char *const expression_prelude[EXPRESSION_PRELUDE_PARTS];
