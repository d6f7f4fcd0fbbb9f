#include "base/must.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "base/mem.h"

// Runs `act` in a child and gives what it wrote on stderr; asserts that SIGABRT ended it.
static void last_words(void (*act)(void), char *words, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(ends[0], words + length, size - 1 - length)) > 0;)
        length += (size_t)n;
    words[length] = 0;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void break_invariant(void)
{
    int two = 2;
    must_context("instance 01ABC");
    must(two == 3);
}

static void say_marker(const char *words)
{
    char marker[300];
    int n = snprintf(marker, sizeof(marker), "[marker %s]", words);
    ssize_t written = write(STDERR_FILENO, marker, (size_t)n);
    (void)written;
}

static void break_with_callback(void)
{
    must_on_crash(say_marker);
    must_not_reach();
}

static void break_again(const char *words)
{
    (void)words;
    must(words == NULL);
}

static void break_in_callback(void)
{
    must_on_crash(break_again);
    must_not_reach();
}

static void break_with_long_words(void)
{
    static char words[5000];
    memset(words, 'x', sizeof(words) - 1);
    must_context(words);
    must_not_reach();
}

static void run_out_of_memory(void)
{
    mem_fail_at(2);
    mem_free(mem_alloc(10));
    mem_free(mem_zero(1, 10));
}

TEST(must, says_what_where_and_while_doing_what)
{
    UNUSED_STATE;
    char words[4000];
    last_words(break_invariant, words, sizeof(words));
    assert_non_null(strstr(words, "dure: crash: two == 3 (break_invariant, "));
    assert_non_null(strstr(words, "must_test.c:"));
    assert_non_null(strstr(words, ") while instance 01ABC\n"));
}

TEST(must, hands_its_words_to_the_callback_once)
{
    UNUSED_STATE;
    char words[4000];
    last_words(break_with_callback, words, sizeof(words));
    assert_ptr_equal(strstr(words, "[marker dure: crash: not reached"), words);
    last_words(break_in_callback, words, sizeof(words));
    assert_non_null(strstr(words, "words == NULL"));
}

TEST(must, cuts_long_words)
{
    UNUSED_STATE;
    char words[8000];
    last_words(break_with_long_words, words, sizeof(words));
    assert_true(strlen(words) <= 1024);
    assert_int_equal(words[strlen(words) - 1], '\n');
}

TEST(mem, ends_the_process_when_an_allocation_is_told_to_fail)
{
    UNUSED_STATE;
    char words[4000];
    last_words(run_out_of_memory, words, sizeof(words));
    assert_non_null(strstr(words, "memory is there"));
}

TEST(mem, copies_and_prints)
{
    UNUSED_STATE;
    char *copy = mem_string_sized("두레 workflow", 6), *text = mem_printf("%s-%d", copy, 7);
    assert_string_equal(text, "두레-7");
    assert_null(mem_string(NULL));
    char *nothing = mem_copy(NULL, 0), *zeroed = mem_zero(0, 8);
    assert_non_null(nothing);
    assert_non_null(zeroed);
    nothing = mem_resize(nothing, 100);
    mem_free(nothing);
    mem_free(zeroed);
    mem_free(text);
    mem_free(copy);
}

RUN(CASE(must, says_what_where_and_while_doing_what),
    CASE(must, hands_its_words_to_the_callback_once), CASE(must, cuts_long_words),
    CASE(mem, ends_the_process_when_an_allocation_is_told_to_fail), CASE(mem, copies_and_prints))
