#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "net/form.h"
#include "net/target.h"

static bool read_multipart(struct arena *arena, const char *body, size_t bytes, struct form *form)
{
    struct fail why;
    // Exactly so many bytes, so that a read past the end is seen.
    char *exact = malloc(bytes ? bytes : 1);
    memcpy(exact, body, bytes);
    bool good =
        form_read_multipart(arena, "multipart/form-data; boundary=\"b\"", exact, bytes, form, &why);
    free(exact);
    return good;
}

static bool read_text(struct arena *arena, const char *text, struct form *form)
{
    struct fail why;
    return form_read_urlencoded(arena, text, strlen(text), form, &why);
}

TEST(form, reads_pairs_in_their_order)
{
    UNUSED_STATE;
    struct arena arena;
    struct form form;
    arena_init(&arena);
    assert_true(read_text(&arena, "a=1&&b=%ED%95%9C+x&a=2&flag&=v", &form));
    assert_int_equal(form.count, 5);
    assert_string_equal(form_text(&form, "a", ""), "1");
    assert_string_equal(form_text(&form, "b", ""), "한 x");
    assert_string_equal(form.fields[2].value, "2");
    assert_string_equal(form_text(&form, "flag", "?"), "");
    assert_null(form_field(&form, "none"));
    arena_done(&arena);
}

TEST(form, refuses_broken_pairs)
{
    UNUSED_STATE;
    struct arena arena;
    struct form form;
    arena_init(&arena);
    assert_false(read_text(&arena, "a=%", &form));
    assert_false(read_text(&arena, "a=%4", &form));
    assert_false(read_text(&arena, "a=%zz", &form));
    assert_false(read_text(&arena, "a=%00", &form));
    assert_false(read_text(&arena, "a=%ED%95", &form));
    assert_false(read_text(&arena, "a=%1B", &form));
    struct bytes many;
    bytes_init(&many, 1 << 20);
    for (int i = 0; i < LIMIT_FORM_FIELDS; i++)
        bytes_add(&many, "a&");
    assert_false(read_text(&arena, many.data, &form));
    bytes_done(&many);
    arena_done(&arena);
}

TEST(form, reads_parts_and_files)
{
    UNUSED_STATE;
    struct arena arena;
    struct form form;
    arena_init(&arena);
    const char body[] = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n두레\r\n"
                        "--b\r\nContent-Disposition: form-data; name=\"f\"; "
                        "filename=\"C:\\x\\사람.csv\"\r\nContent-Type: text/csv\r\n\r\n"
                        "a\0b\r\n\r\n--b\r\n"
                        "content-disposition: form-data; name=empty\r\n\r\n\r\n--b--\r\n";
    assert_true(read_multipart(&arena, body, sizeof(body) - 1, &form));
    assert_int_equal(form.count, 3);
    assert_string_equal(form_text(&form, "name", ""), "두레");
    const struct form_field *file = form_field(&form, "f");
    assert_string_equal(file->file, "사람.csv");
    assert_string_equal(file->type, "text/csv");
    assert_int_equal(file->bytes, 5);
    assert_memory_equal(file->value, "a\0b\r\n", 5);
    assert_null(form_text(&form, "f", NULL)); // a file is not a text
    assert_string_equal(form_text(&form, "empty", "?"), "");
    arena_done(&arena);
}

TEST(form, refuses_broken_parts)
{
    UNUSED_STATE;
    static const char *const broken[] = {
        "",
        "--b",
        "--b\r\n",
        "--c\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xFF\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--bb--",
    };
    struct arena arena;
    struct form form;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
        assert_false(read_multipart(&arena, broken[i], strlen(broken[i]), &form));
    arena_done(&arena);
}

TEST(form, survives_every_cut_of_a_good_body)
{
    UNUSED_STATE;
    const char body[] = "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"\r\n"
                        "Content-Type: text/csv\r\n\r\n1\r\n--b\r\n"
                        "Content-Disposition: form-data; name=\"c\"\r\n\r\n2\r\n--b--\r\n";
    for (size_t bytes = 0; bytes < sizeof(body) - 5; bytes++) {
        struct arena arena;
        struct form form;
        arena_init(&arena);
        assert_false(read_multipart(&arena, body, bytes, &form));
        arena_done(&arena);
    }
}

TEST(target, takes_the_forms_of_a_request)
{
    UNUSED_STATE;
    struct arena arena;
    struct target target;
    struct fail why;
    arena_init(&arena);
    assert_true(target_read(&arena, "http://h/a/%EA%B0%80?x=1", &target, &why));
    assert_int_equal(target.count, 2);
    assert_string_equal(target.segments[1], "가");
    assert_string_equal(form_text(&target.query, "x", ""), "1");
    assert_true(target_read(&arena, "/", &target, &why));
    assert_int_equal(target.count, 1);
    assert_true(target_read(&arena, "*", &target, &why));
    assert_true(target.asterisk);
    assert_false(target_read(&arena, "/a/./b", &target, &why));
    assert_false(target_read(&arena, "/a%5Cb", &target, &why));
    assert_false(target_read(&arena, "/a%0Ab", &target, &why));
    assert_false(target_read(&arena, "//////////////////////////////////////", &target, &why));
    assert_int_equal(why.kind, FAIL_LIMIT);
    arena_done(&arena);
}

RUN(CASE(form, reads_pairs_in_their_order), CASE(form, refuses_broken_pairs),
    CASE(form, reads_parts_and_files), CASE(form, refuses_broken_parts),
    CASE(form, survives_every_cut_of_a_good_body), CASE(target, takes_the_forms_of_a_request))
