// The unit tests' frame: cmocka with names that read as behaviour. One program a file; each test
// arranges, acts, asserts; none sleeps, reads the real clock or the network.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// cmocka's macro fail() would eat the house's fail(why, …).
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                              \
    do {                                                                                           \
        print_error("ERROR: " __VA_ARGS__);                                                        \
        print_error("\n");                                                                         \
        _fail(__FILE__, __LINE__);                                                                 \
    } while (0)

// TEST(timer, fires_in_the_order_armed) { … } and in main: RUN(CASE(timer,
// fires_in_the_order_armed), …)
#define TEST(noun, behaviour) static void noun##_##behaviour(void **state_)
#define CASE(noun, behaviour) cmocka_unit_test(noun##_##behaviour)
#define UNUSED_STATE          (void)state_

#define RUN(...)                                                                                   \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }
