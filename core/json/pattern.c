#include "json/pattern.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define PATTERN_BYTES_MAX 4096
#define STEPS_MAX         200000
#define HEAP_KIB_MAX      20000

struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

struct pattern *pattern_new(const char *text, struct fail *why)
{
    int error;
    PCRE2_SIZE offset;
    size_t bytes = strlen(text);
    if (bytes > PATTERN_BYTES_MAX) {
        fail(why, FAIL_LIMIT, "a pattern may have %d bytes at most", PATTERN_BYTES_MAX);
        return NULL;
    }
    // `$` means the very end, `[]` matches nothing, \u{1F600} is a character: as ECMA-262 says.
    pcre2_compile_context *how = pcre2_compile_context_create(NULL);
    must(how);
    pcre2_set_compile_extra_options(how, PCRE2_EXTRA_ALT_BSUX);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, bytes,
                                     PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS |
                                         PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C,
                                     &error, &offset, how);
    pcre2_compile_context_free(how);
    if (!code) {
        PCRE2_UCHAR message[120] = "";
        pcre2_get_error_message(error, message, sizeof message);
        fail(why, FAIL_INVALID, "the pattern '%.200s' is wrong at character %zu: %s", text,
             (size_t)offset + 1, (const char *)message);
        return NULL;
    }
    struct pattern *p = mem_new(struct pattern);
    p->code = code;
    p->match = pcre2_match_data_create_from_pattern(code, NULL);
    p->context = pcre2_match_context_create(NULL);
    must(p->match && p->context);
    pcre2_set_match_limit(p->context, STEPS_MAX);
    pcre2_set_heap_limit(p->context, HEAP_KIB_MAX);
    return p;
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    pcre2_match_context_free(p->context);
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
    mem_free(p);
}

bool pattern_matches(const struct pattern *p, const char *text, size_t bytes)
{
    return pcre2_match(p->code, (PCRE2_SPTR)text, bytes, 0, 0, p->match, p->context) >= 0;
}
