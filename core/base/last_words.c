// The file is one line: milliseconds since 1970, a space, the words; zeros fill it up to its size.
#include "base/last_words.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/must.h"

#define STACK_BYTES 65536
#define STAMP_BYTES 24

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

static _Atomic int file = -1;
static struct sigaction before[SIGNAL_COUNT];
static bool handles; // `before` is who handled them before us
static char stack[STACK_BYTES];

// ---- at a crash: only what a signal handler may call

static size_t write_stamp(char *out)
{
    struct timespec now;
    char digits[STAMP_BYTES];
    size_t at = STAMP_BYTES, length;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    digits[--at] = ' ';
    do
        digits[--at] = (char)('0' + ms % 10);
    while ((ms /= 10) > 0);
    length = STAMP_BYTES - at;
    memcpy(out, digits + at, length);
    return length;
}

static void keep(const char *words)
{
    char text[LAST_WORDS_SIZE] = {0};
    int to = atomic_load(&file);
    if (to < 0)
        return;
    size_t length = write_stamp(text);
    while (*words && length + 1 < sizeof text)
        text[length++] = *words++;
    if (pwrite(to, text, sizeof text, 0) == (ssize_t)sizeof text)
        fsync(to);
}

static const char *claim_of(int number)
{
    switch (number) {
    case SIGSEGV:
        return "memory was read or written that is not there (SIGSEGV)";
    case SIGBUS:
        return "a mapped file ended or a disk failed (SIGBUS)";
    case SIGFPE:
        return "an impossible division (SIGFPE)";
    case SIGILL:
        return "an impossible instruction (SIGILL)";
    default:
        return "a library gave up (SIGABRT)";
    }
}

// Who handled it before goes on: a sanitizer's report, or the system's end of the process. What was
// sent and not caused does not come again by itself.
static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    must_note_crash(claim_of(number));
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (signals[i] == number)
            sigaction(number, &before[i], NULL);
    if (info->si_code <= 0)
        raise(number);
}

// ---- before and after one

static void parse(struct last_words *out)
{
    char *end;
    out->text[LAST_WORDS_SIZE - 1] = 0;
    out->at_ms = strtoll(out->text, &end, 10);
    if (*end == ' ')
        end++;
    memmove(out->text, end, strlen(end) + 1);
    out->text[strcspn(out->text, "\n")] = 0;
}

static void read_from(int from, struct last_words *out)
{
    memset(out, 0, sizeof *out);
    if (pread(from, out->text, LAST_WORDS_SIZE - 1, 0) > 0)
        parse(out);
    else
        out->text[0] = 0;
}

void last_words_say(void)
{
    if (handles)
        return;
    handles = true;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t old, own = {.ss_sp = stack, .ss_size = sizeof stack};
    if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE) != 0)
        must(sigaltstack(&own, NULL) == 0);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        must(sigaction(signals[i], &action, &before[i]) == 0);
}

bool last_words_open(const char *directory, struct last_words *out, struct fail *why)
{
    must(atomic_load(&file) < 0);
    char *path = mem_printf("%s/%s", directory, LAST_WORDS_FILE_NAME);
    int to = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int code = to < 0 ? errno : posix_fallocate(to, 0, LAST_WORDS_SIZE);
    if (code != 0) {
        fail(why, FAIL_IO, "cannot take room for the last words '%s': %s", path, strerror(code));
        if (to >= 0)
            close(to);
        mem_free(path);
        return false;
    }
    mem_free(path);
    read_from(to, out);
    atomic_store(&file, to);
    must_on_crash(keep);
    last_words_say();
    return true;
}

void last_words_clear(void)
{
    static const char nothing[LAST_WORDS_SIZE];
    int to = atomic_load(&file);
    if (to >= 0 && pwrite(to, nothing, sizeof nothing, 0) == (ssize_t)sizeof nothing)
        fsync(to);
}

void last_words_close(void)
{
    int to = atomic_exchange(&file, -1);
    if (to < 0)
        return;
    must_on_crash(NULL);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &before[i], NULL);
    handles = false;
    close(to);
}

void last_words_read(const char *directory, struct last_words *out)
{
    char *path = mem_printf("%s/%s", directory, LAST_WORDS_FILE_NAME);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    memset(out, 0, sizeof *out);
    if (from >= 0) {
        read_from(from, out);
        close(from);
    }
    mem_free(path);
}
