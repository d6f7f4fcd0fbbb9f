// Runtime expressions (jq, by libjq), as the DSL has them: `${ … }` in text (strict mode). The
// expressions of a definition share programs (up to 128 each), because compiling costs 20 ms
// however small it is; a program is compiled when the first of its expressions is evaluated.
// Literals and plain paths
// (`.a.b`, `$input.x`) never enter jq. Variables go in as data. `env $ENV input inputs include
// import input_filename debug stderr halt` are refused; `now` is the scope's instant; unbalanced
// text is refused before jq sees it. Errors name the place in the author's text. The set owns its
// expressions. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "json/diagnostic.h"
#include "json/json.h"
#include "json/yaml.h"

#define EXPRESSION_ROUNDS_MAX 100000

struct expressions; // a set that compiles together
struct expression;
struct template; // a JSON value with expressions inside

// What `$name` means during one evaluation. `variable` returns a new reference, or absent if there
// is none by that name, which is an error of the expression.
struct scope {
    json (*variable)(const struct scope *scope, const char *name);
    int64_t now_ms; // what `now` says
};

struct expressions *expressions_new(void);
void expressions_free(struct expressions *set);

// Adds a jq text (without `${ }`). Only balance, forbidden words and length are checked here; NULL
// and why if refused.
struct expression *expressions_add(struct expressions *set, const char *text, size_t bytes,
                                   struct fail *why);
// Names of the `$variables` it uses that it does not bind itself, NULL-terminated; borrowed.
const char *const *expression_variables(const struct expression *e);
const char *expression_text(const struct expression *e);
bool expression_is_constant(const struct expression *e);

// Compiles the whole set now (dure check); on failure `which` (may be NULL) is the first expression
// at fault, with jq's words made readable in why. Idempotent.
CHECKED bool expressions_compile(struct expressions *set, struct expression **which,
                                 struct fail *why);
// Whether this one compiles (for diagnostics: each bad expression its own message). Compiles the
// set if need be; a set with bad expressions still evaluates its good ones.
CHECKED bool expression_check(struct expression *e, struct fail *why);

// The offset in its text of what was wrong: of the last text that expressions_add refused, and of
// one that does not compile; 0 where it is not known.
size_t expressions_mistake(const struct expressions *set);
size_t expression_mistake(const struct expression *e);

// Exactly one result is wanted: no result gives null, the first of several counts.
CHECKED bool expression_evaluate(struct expression *e, json input, const struct scope *scope,
                                 json *out, struct fail *why);

// From a YAML node: every string that is `${ … }` whole is an expression; a string that contains
// `${ … }` among other text is interpolation; the rest is constant. `loose`: a bare string is
// itself an expression (for `if`, `when`, `while`, `in`, `from`, `as` written without the
// brackets). Mistakes go to `diagnostics` at their place; NULL if there was an error.
struct template *template_compile(struct expressions *set, const struct yaml_document *document,
                                  const struct yaml_node *node, bool loose,
                                  struct diagnostics *diagnostics);
// The same from a JSON value (plugins' and API's texts), strict.
struct template *template_compile_json(struct expressions *set, json value, struct fail *why);
void template_free(struct template *t); // templates are not owned by the set
// Adds a diagnostic (`bad-expression`) for each expression inside that does not compile; true if
// none.
bool template_check(const struct template *t, const struct yaml_document *document,
                    struct diagnostics *diagnostics);
// Where an expression stands: its own line and column inside the node's text where that can be
// found.
struct diagnostic_place expression_place_in(const struct yaml_document *document,
                                            const struct yaml_node *node, const char *text,
                                            size_t offset);
bool template_is_constant(const struct template *t);
CHECKED bool template_evaluate(const struct template *t, json input, const struct scope *scope,
                               json *out, struct fail *why);
// Calls `visit` for each expression inside, with its YAML node (for checks of meaning).
void template_visit(const struct template *t,
                    void (*visit)(void *context, struct expression *e,
                                  const struct yaml_node *node),
                    void *context);
