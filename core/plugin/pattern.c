// A backtracking matcher over pattern items. An item is a character class of one byte with an
// optional repetition, a capture's parenthesis, a back reference, %b or %f. Sequences advance in a
// loop; only repetitions and captures recurse, as deep as DEPTH_MAX.
#include "plugin/pattern.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 200
#define ESCAPE    '%'

static const char *match_here(struct pattern_run *r, const char *s, const char *p);

static const char *broken(struct pattern_run *r, const char *error)
{
    if (r->error == NULL)
        r->error = error;
    return NULL;
}

static bool spend(struct pattern_run *r)
{
    if (r->steps_left == 0) {
        broken(
            r,
            "the pattern takes too many steps on this text; make it simpler or the text shorter");
        return false;
    }
    r->steps_left--;
    return r->error == NULL;
}

// ---- one byte against one class

static bool class_has(int c, int name)
{
    bool in;
    switch (tolower(name)) {
    case 'a':
        in = isalpha(c) != 0;
        break;
    case 'c':
        in = iscntrl(c) != 0;
        break;
    case 'd':
        in = isdigit(c) != 0;
        break;
    case 'g':
        in = isgraph(c) != 0;
        break;
    case 'l':
        in = islower(c) != 0;
        break;
    case 'p':
        in = ispunct(c) != 0;
        break;
    case 's':
        in = isspace(c) != 0;
        break;
    case 'u':
        in = isupper(c) != 0;
        break;
    case 'w':
        in = isalnum(c) != 0;
        break;
    case 'x':
        in = isxdigit(c) != 0;
        break;
    case 'z': // of old Lua, where a pattern could not hold a zero
        in = c == 0;
        break;
    default:
        return name == c;
    }
    return isupper(name) ? !in : in;
}

static unsigned char byte_at(const char *s)
{
    return (unsigned char)*s;
}

// Just past the item that begins at p, or NULL where it is not finished.
static const char *item_end(struct pattern_run *r, const char *p)
{
    if (*p == ESCAPE) {
        if (p + 1 == r->pattern_end)
            return broken(r, "malformed pattern (ends with '%')");
        return p + 2;
    }
    if (*p != '[')
        return p + 1;
    p++;
    if (p < r->pattern_end && *p == '^')
        p++;
    // A closing bracket that comes first is a member.
    do {
        if (p == r->pattern_end)
            return broken(r, "malformed pattern (missing ']')");
        if (*p++ == ESCAPE) {
            if (p == r->pattern_end)
                return broken(r, "malformed pattern (missing ']')");
            p++;
        }
    } while (p == r->pattern_end || *p != ']');
    return p + 1;
}

// [p, end) is a set with its brackets.
static bool set_has(int c, const char *p, const char *end)
{
    const char *last = end - 1;
    bool wanted = true;
    p++;
    if (*p == '^') {
        wanted = false;
        p++;
    }
    while (p < last) {
        if (*p == ESCAPE) {
            if (class_has(c, byte_at(p + 1)))
                return wanted;
            p += 2;
        } else if (p + 2 < last && p[1] == '-') {
            if (byte_at(p) <= c && c <= byte_at(p + 2))
                return wanted;
            p += 3;
        } else {
            if (byte_at(p) == c)
                return wanted;
            p++;
        }
    }
    return !wanted;
}

static bool item_fits(struct pattern_run *r, const char *s, const char *p, const char *end)
{
    if (!spend(r) || s >= r->subject_end)
        return false;
    int c = byte_at(s);
    switch (*p) {
    case '.':
        return true;
    case ESCAPE:
        return class_has(c, byte_at(p + 1));
    case '[':
        return set_has(c, p, end);
    default:
        return byte_at(p) == c;
    }
}

// ---- repetitions

static const char *repeat_most(struct pattern_run *r, const char *s, const char *p, const char *end)
{
    ptrdiff_t n = 0;
    while (item_fits(r, s + n, p, end))
        n++;
    for (; n >= 0 && r->error == NULL; n--) {
        const char *found = match_here(r, s + n, end + 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const char *repeat_least(struct pattern_run *r, const char *s, const char *p,
                                const char *end)
{
    for (;;) {
        const char *found = match_here(r, s, end + 1);
        if (found != NULL || r->error != NULL)
            return found;
        if (!item_fits(r, s, p, end))
            return NULL;
        s++;
    }
}

// ---- captures

static const char *capture_begin(struct pattern_run *r, const char *s, const char *p,
                                 ptrdiff_t what)
{
    if (r->level == PATTERN_CAPTURES_MAX)
        return broken(r, "too many captures");
    r->captures[r->level] = (struct pattern_capture){.start = s, .length = what};
    r->level++;
    const char *found = match_here(r, s, p);
    if (found == NULL)
        r->level--;
    return found;
}

static const char *capture_end(struct pattern_run *r, const char *s, const char *p)
{
    int open = r->level - 1;
    while (open >= 0 && r->captures[open].length != CAPTURE_OPEN)
        open--;
    if (open < 0)
        return broken(r, "invalid pattern capture");
    r->captures[open].length = s - r->captures[open].start;
    const char *found = match_here(r, s, p);
    if (found == NULL)
        r->captures[open].length = CAPTURE_OPEN;
    return found;
}

static const char *back_reference(struct pattern_run *r, const char *s, int digit)
{
    int index = digit - '1';
    if (index < 0 || index >= r->level || r->captures[index].length == CAPTURE_OPEN)
        return broken(r, "invalid capture index in the pattern");
    if (r->captures[index].length == CAPTURE_POSITION)
        return NULL;
    size_t length = (size_t)r->captures[index].length;
    if ((size_t)(r->subject_end - s) < length || memcmp(r->captures[index].start, s, length) != 0)
        return NULL;
    return s + length;
}

// ---- %b and %f

static const char *balanced(struct pattern_run *r, const char *s, const char *p)
{
    if (r->pattern_end - p < 2)
        return broken(r, "malformed pattern (missing arguments to '%b')");
    if (s >= r->subject_end || *s != p[0])
        return NULL;
    int depth = 1;
    while (++s < r->subject_end && spend(r)) {
        if (*s == p[1]) {
            if (--depth == 0)
                return s + 1;
        } else if (*s == p[0]) {
            depth++;
        }
    }
    return NULL;
}

// A frontier lies between a byte that is not in the set and one that is; both ends count as zero.
static bool frontier(const struct pattern_run *r, const char *s, const char *set, const char *end)
{
    int before = s == r->subject ? 0 : byte_at(s - 1);
    int after = s == r->subject_end ? 0 : byte_at(s);
    return !set_has(before, set, end) && set_has(after, set, end);
}

// ---- a sequence

enum escape_result { ESCAPE_IS_CLASS, ESCAPE_MATCHED, ESCAPE_FAILED };

static enum escape_result match_escape(struct pattern_run *r, const char **s, const char **p)
{
    if (*p + 1 >= r->pattern_end)
        return ESCAPE_IS_CLASS;
    int what = byte_at(*p + 1);
    if (what == 'b') {
        *s = balanced(r, *s, *p + 2);
        *p += 4;
    } else if (what == 'f') {
        const char *set = *p + 2;
        if (set == r->pattern_end || *set != '[') {
            broken(r, "missing '[' after '%f' in the pattern");
            return ESCAPE_FAILED;
        }
        const char *end = item_end(r, set);
        if (end == NULL || !frontier(r, *s, set, end))
            return ESCAPE_FAILED;
        *p = end;
    } else if (isdigit(what)) {
        *s = back_reference(r, *s, what);
        *p += 2;
    } else {
        return ESCAPE_IS_CLASS;
    }
    return *s == NULL ? ESCAPE_FAILED : ESCAPE_MATCHED;
}

// One item with its repetition. Sets *next where the sequence simply goes on.
static const char *match_item(struct pattern_run *r, const char *s, const char *p,
                              const char **next)
{
    *next = NULL;
    const char *end = item_end(r, p);
    if (end == NULL)
        return NULL;
    char suffix = end < r->pattern_end ? *end : 0;
    switch (suffix) {
    case '*':
        return repeat_most(r, s, p, end);
    case '-':
        return repeat_least(r, s, p, end);
    case '+':
        return item_fits(r, s, p, end) ? repeat_most(r, s + 1, p, end) : NULL;
    case '?': {
        const char *found = item_fits(r, s, p, end) ? match_here(r, s + 1, end + 1) : NULL;
        if (found != NULL || r->error != NULL)
            return found;
        *next = end + 1;
        return s;
    }
    default:
        if (!item_fits(r, s, p, end))
            return NULL;
        *next = end;
        return s + 1;
    }
}

static const char *match_sequence(struct pattern_run *r, const char *s, const char *p)
{
    while (p != r->pattern_end && spend(r)) {
        if (*p == '(') {
            bool position = p + 1 < r->pattern_end && p[1] == ')';
            return position ? capture_begin(r, s, p + 2, CAPTURE_POSITION)
                            : capture_begin(r, s, p + 1, CAPTURE_OPEN);
        }
        if (*p == ')')
            return capture_end(r, s, p + 1);
        if (*p == '$' && p + 1 == r->pattern_end)
            return s == r->subject_end ? s : NULL;
        if (*p == ESCAPE) {
            enum escape_result result = match_escape(r, &s, &p);
            if (result == ESCAPE_FAILED)
                return NULL;
            if (result == ESCAPE_MATCHED)
                continue;
        }
        const char *next;
        s = match_item(r, s, p, &next);
        if (s == NULL || next == NULL)
            return s;
        p = next;
    }
    return r->error == NULL ? s : NULL;
}

static const char *match_here(struct pattern_run *r, const char *s, const char *p)
{
    if (r->depth == DEPTH_MAX)
        return broken(r, "pattern too complex");
    r->depth++;
    const char *end = match_sequence(r, s, p);
    r->depth--;
    return end;
}

// ---- from outside

void pattern_begin(struct pattern_run *r, const char *subject, size_t subject_bytes,
                   const char *pattern, size_t pattern_bytes)
{
    bool anchored = pattern_bytes > 0 && pattern[0] == '^';
    *r = (struct pattern_run){
        .subject = subject,
        .subject_end = subject + subject_bytes,
        .pattern = pattern + (anchored ? 1 : 0),
        .pattern_end = pattern + pattern_bytes,
        .anchored = anchored,
        .steps_left = UINT64_C(1000000) + UINT64_C(50) * subject_bytes,
    };
}

const char *pattern_match_at(struct pattern_run *r, const char *from)
{
    r->level = 0;
    r->depth = 0;
    const char *end = match_here(r, from, r->pattern);
    if (end == NULL)
        return NULL;
    for (int i = 0; i < r->level; i++)
        if (r->captures[i].length == CAPTURE_OPEN)
            return broken(r, "unfinished capture");
    return end;
}

const char *pattern_search(struct pattern_run *r, const char *from, const char **start)
{
    for (const char *s = from; s <= r->subject_end && r->error == NULL; s++) {
        const char *end = pattern_match_at(r, s);
        if (end != NULL) {
            *start = s;
            return end;
        }
        if (r->anchored)
            break;
    }
    return NULL;
}

bool pattern_is_plain(const char *pattern, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (strchr("^$*+?.([%-", pattern[i]) != NULL && pattern[i] != 0)
            return false;
    return true;
}
