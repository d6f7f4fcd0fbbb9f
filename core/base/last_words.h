// What a process says when it crashes, kept for the next one: a small file whose room is taken when
// it is opened, so that it can be written on a full disk, and from a signal handler. A broken
// invariant, an abort (also a library's), a bad access and an endless recursion write it; being
// killed from outside does not, since then nothing in here is to blame. One file a process. Open,
// clear and close from the thread that does the work: it gets the stack on which an overflow of its
// own can still be told. The words are written on any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define LAST_WORDS_FILE_NAME "last-words"
#define LAST_WORDS_SIZE      1024

struct last_words {
    char text[LAST_WORDS_SIZE]; // "": the process before did not crash
    int64_t at_ms;              // when it crashed; also tells two crashes apart
};

// From now on a crash is said on stderr, whatever caused it; before anything is opened.
void last_words_say(void);

// Makes the file if it is not there, reads what the process before left in it, and from now on
// writes into it at a crash. What was read stays in the file until it is cleared.
CHECKED bool last_words_open(const char *directory, struct last_words *before, struct fail *why);
void last_words_clear(void); // what was read has been dealt with
void last_words_close(void); // nothing is written any more; harmless when nothing is open

// For who only looks: "" where there is none.
void last_words_read(const char *directory, struct last_words *out);
