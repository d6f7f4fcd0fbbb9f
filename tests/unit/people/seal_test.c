#include "people/village.h"

#include "people/seal.h"

static const struct step_address here = {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "/do/0/vote", 0};

static char *closed(struct village *v, const char *text)
{
    struct fail why = {0};
    char *sealed = seal_close(v->people, &here, text, strlen(text), &why);
    assert_non_null(sealed);
    return sealed;
}

TEST(seal, opens_what_it_closed)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    size_t bytes = 0;
    village_init(&v);
    static const char *const texts[] = {"", "yes", "기권",
                                        "a text of sixty-four bytes, which fills one block to its "
                                        "very end."};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *sealed = closed(&v, texts[i]);
        char *text = seal_open(v.people, &here, sealed, &bytes, &why);
        assert_string_equal(text, texts[i]);
        assert_int_equal(bytes, strlen(texts[i]));
        mem_free(text);
        mem_free(sealed);
    }
    village_done(&v);
}

TEST(seal, tells_nothing_by_its_length_or_by_being_equal)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    char *yes = closed(&v, "\"yes\""), *again = closed(&v, "\"yes\""),
         *abstain = closed(&v, "\"abstain\"");
    assert_int_equal(strlen(yes), strlen(abstain));
    assert_string_not_equal(yes, again);
    mem_free(yes);
    mem_free(again);
    mem_free(abstain);
    village_done(&v);
}

static void refuses(struct village *v, const struct step_address *step, const char *sealed)
{
    struct fail why = {0};
    size_t bytes = 0;
    assert_null(seal_open(v->people, step, sealed, &bytes, &why));
    assert_int_equal(why.kind, FAIL_CORRUPT);
}

TEST(seal, opens_nothing_that_was_changed_or_is_anothers)
{
    UNUSED_STATE;
    struct village v;
    village_init(&v);
    char *sealed = closed(&v, "\"yes\"");
    const struct step_address other = {here.instance, "/do/1/vote", 0};
    refuses(&v, &other, sealed);
    for (size_t i = 0, length = strlen(sealed); i < length; i += 7) {
        char kept = sealed[i];
        sealed[i] = kept == 'A' ? 'B' : 'A';
        refuses(&v, &here, sealed);
        sealed[i] = kept;
    }
    sealed[strlen(sealed) - 4] = 0;
    refuses(&v, &here, sealed);
    refuses(&v, &here, "");
    refuses(&v, &here, "yes");
    mem_free(sealed);
    village_done(&v);
}

TEST(seal, has_a_largest_size)
{
    UNUSED_STATE;
    struct village v;
    struct fail why = {0};
    village_init(&v);
    char *text = mem_zero(SEAL_BYTES_MAX + 2, 1);
    memset(text, 'x', SEAL_BYTES_MAX + 1);
    assert_null(seal_close(v.people, &here, text, SEAL_BYTES_MAX + 1, &why));
    assert_int_equal(why.kind, FAIL_LIMIT);
    mem_free(text);
    village_done(&v);
}

RUN(CASE(seal, opens_what_it_closed), CASE(seal, tells_nothing_by_its_length_or_by_being_equal),
    CASE(seal, opens_nothing_that_was_changed_or_is_anothers), CASE(seal, has_a_largest_size))
