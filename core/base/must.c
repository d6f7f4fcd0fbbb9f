#include "base/must.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A crash may come from inside malloc or printf, so the words are put together by hand in a buffer
// of the stack and leave by write(2) alone.
#define WORDS_SIZE 1024

struct words {
    char text[WORDS_SIZE];
    size_t length;
};

static _Thread_local const char *context, *within;
static void (*_Atomic on_crash)(const char *words);
static atomic_flag crashing = ATOMIC_FLAG_INIT;
static _Thread_local bool is_crashing;

static void words_add(struct words *w, const char *s)
{
    while (*s && w->length + 2 < WORDS_SIZE)
        w->text[w->length++] = *s++;
    w->text[w->length] = 0;
}

static void words_add_number(struct words *w, int n)
{
    char digits[12];
    size_t at = sizeof(digits) - 1;
    unsigned rest = n < 0 ? 0 : (unsigned)n;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    words_add(w, digits + at);
}

static void words_write(const struct words *w)
{
    size_t done = 0;
    while (done < w->length) {
        ssize_t n = write(STDERR_FILENO, w->text + done, w->length - done);
        if (n <= 0)
            return;
        done += (size_t)n;
    }
}

// The callback runs once. If it breaks an invariant itself, its words come too; a second thread
// that crashes meanwhile waits here, so that it does not end the process before the first has
// written.
static void call_back(const char *words)
{
    if (atomic_flag_test_and_set(&crashing)) {
        while (!is_crashing)
            pause();
        return;
    }
    is_crashing = true;
    void (*callback)(const char *) = atomic_load(&on_crash);
    if (callback)
        callback(words);
}

static void words_begin(struct words *w, const char *claim)
{
    words_add(w, "dure: crash: ");
    words_add(w, claim);
}

static void words_end(struct words *w)
{
    if (context || within)
        words_add(w, " while ");
    if (context)
        words_add(w, context);
    if (context && within)
        words_add(w, " in ");
    if (within)
        words_add(w, within);
    call_back(w->text);
    w->text[w->length++] = '\n';
    words_write(w);
}

void must_failed(const char *claim, const char *file, int line, const char *function)
{
    struct words w = {.length = 0};
    words_begin(&w, claim);
    words_add(&w, " (");
    words_add(&w, function);
    words_add(&w, ", ");
    words_add(&w, file);
    words_add(&w, ":");
    words_add_number(&w, line);
    words_add(&w, ")");
    words_end(&w);
    abort();
}

void must_note_crash(const char *what)
{
    struct words w = {.length = 0};
    if (is_crashing)
        return;
    words_begin(&w, what);
    words_end(&w);
}

void must_context(const char *words)
{
    context = words;
}

void must_within(const char *words)
{
    within = words;
}

const char *must_context_now(void)
{
    return context;
}

void must_on_crash(void (*callback)(const char *words))
{
    atomic_store(&on_crash, callback);
}
