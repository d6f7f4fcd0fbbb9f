// The packed forms of ids and phrases: nothing is lost, and ids keep their order.
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/random.h"
#include "store/pack.h"
#include "store/phrase.h"
#include "store/row.h"

#define TEXT_MAX 40

// What SQLite compares: texts come before blobs, both go by their bytes.
static struct value packed(const char *text, size_t bytes, char *memory)
{
    size_t length = pack_id(text, bytes, memory);
    return length > 0 ? value_blob(memory, length) : value_text_sized(text, bytes);
}

static void assert_unpacks(const char *text, size_t bytes)
{
    char memory[PACK_ID_MAX(TEXT_MAX)], again[UNPACK_ID_MAX(TEXT_MAX)];
    size_t length = pack_id(text, bytes, memory);
    if (length == 0)
        return; // it stays what it is
    assert_int_equal(unpack_id(memory, length, again), bytes);
    assert_memory_equal(again, text, bytes);
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void assert_same_order(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    char x[PACK_ID_MAX(TEXT_MAX)], y[PACK_ID_MAX(TEXT_MAX)];
    struct value text_a = value_text_sized(a, a_bytes), text_b = value_text_sized(b, b_bytes);
    struct value packed_a = packed(a, a_bytes, x), packed_b = packed(b, b_bytes, y);
    if (sign(value_compare(&text_a, &text_b)) != sign(value_compare(&packed_a, &packed_b)))
        fail_msg("'%.*s' and '%.*s' change places", (int)a_bytes, a, (int)b_bytes, b);
}

TEST(pack, ids_take_sixteen_bytes)
{
    UNUSED_STATE;
    struct random random;
    random_seed(&random, 1);
    for (int i = 0; i < 1000; i++) {
        char memory[PACK_ID_MAX(TEXT_MAX)];
        struct id id = id_new((int64_t)(random_next(&random) >> 16), &random);
        assert_int_equal(pack_id(id.text, ID_LENGTH, memory), PACK_ID_BYTES);
        assert_unpacks(id.text, ID_LENGTH);
    }
    char memory[PACK_ID_MAX(TEXT_MAX)];
    assert_int_equal(pack_id("00000000000000000000000000", 26, memory), PACK_ID_BYTES);
    assert_int_equal(pack_id("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", 26, memory), PACK_ID_BYTES);
    assert_int_equal(pack_id("", 0, memory), 0); // stays the text it is
}

// Texts that are nearly ids: cut, lengthened, with one byte that is no digit; and the ends of all.
static size_t strange(struct random *random, char *text)
{
    static const char bytes[] = {0,   ' ', '/', ':', '@', 'I', 'L',        'O',
                                 'U', '[', 'a', '8', '0', 'Z', (char)0x80, (char)0xff};
    struct id id = id_new((int64_t)random_below(random, 4), random);
    size_t length = ID_LENGTH;
    memcpy(text, id.text, ID_LENGTH);
    if (random_below(random, 2) == 0)
        memset(text + random_below(random, ID_LENGTH), random_below(random, 2) == 0 ? '0' : 'Z', 1);
    for (uint64_t i = random_below(random, 3); i > 0; i--)
        text[random_below(random, ID_LENGTH)] = bytes[random_below(random, sizeof(bytes))];
    if (random_below(random, 3) == 0)
        length = random_below(random, ID_LENGTH + 1);
    else if (random_below(random, 3) == 0)
        text[length++] = bytes[random_below(random, sizeof(bytes))];
    return length;
}

TEST(pack, every_text_keeps_its_place_and_comes_back)
{
    UNUSED_STATE;
    struct random random;
    random_seed(&random, 2);
    for (int i = 0; i < 200000; i++) {
        char a[TEXT_MAX], b[TEXT_MAX];
        size_t a_bytes = strange(&random, a), b_bytes = strange(&random, b);
        if (random_below(&random, 2) == 0) { // neighbours: equal up to somewhere
            size_t common = random_below(&random, (a_bytes < b_bytes ? a_bytes : b_bytes) + 1);
            memcpy(b, a, common);
        }
        assert_unpacks(a, a_bytes);
        assert_same_order(a, a_bytes, b, b_bytes);
    }
}

// Words, texts between them, and what is cut or longer.
TEST(pack, words_take_a_byte_and_every_text_its_place)
{
    UNUSED_STATE;
    static const char *const texts[] = {
        "",          "a",       "cancelle",  "cancelled", "cancelled2", "closed",  "cloud",
        "completed", "effect",  "f",         "faulted",   "inbox",      "machine", "open",
        "opened",    "pending", "ready",     "running",   "schedule",   "ste",     "step",
        "steps",     "susp",    "suspended", "waiting",   "waitings",   "zz"};
    static const size_t count = sizeof(texts) / sizeof(*texts);
    int words = 0;
    for (size_t i = 0; i < count; i++) {
        char x[PACK_WORD_MAX(TEXT_MAX)], y[PACK_WORD_MAX(TEXT_MAX)],
            text[UNPACK_WORD_MAX(TEXT_MAX)];
        size_t bytes = strlen(texts[i]), length = pack_word(texts[i], bytes, x);
        words += length == 1;
        if (length > 0) {
            assert_int_equal(unpack_word(x, length, text), bytes);
            assert_memory_equal(text, texts[i], bytes);
        }
        size_t next = i + 1 < count ? pack_word(texts[i + 1], strlen(texts[i + 1]), y) : 0;
        struct value here = value_blob(x, length), behind = value_blob(y, next);
        if (next > 0 && length > 0)
            assert_true(value_compare(&here, &behind) < 0);
        assert_true(length > 0 || i <= 2); // only what is below all words stays a text
    }
    assert_int_equal(words, 15);
    char text[UNPACK_WORD_MAX(TEXT_MAX)];
    assert_int_equal(unpack_word("\x7f", 1, text), 0); // the code of none
    assert_int_equal(unpack_word("", 0, text), 0);
}

TEST(pack, no_id_is_made_of_what_is_too_short)
{
    UNUSED_STATE;
    char text[UNPACK_ID_MAX(TEXT_MAX)];
    assert_int_equal(unpack_id("0123456789abcde", 15, text), 0);
}

static size_t assert_phrases_come_back(const char *text, size_t bytes)
{
    static char packed[4000], again[4000];
    size_t length = phrases_pack(text, bytes, packed), unpacked = 0;
    assert_true(length <= PHRASES_PACK_MAX(bytes));
    assert_true(phrases_unpacked_length(packed, length, &unpacked));
    assert_int_equal(unpacked, bytes);
    phrases_unpack(packed, length, again);
    assert_memory_equal(again, text, bytes);
    return length;
}

TEST(phrase, what_a_sleeping_instance_keeps_is_short)
{
    UNUSED_STATE;
    static const char state[] =
        "{\"V\":[{}],\"c\":0,\"i\":0,\"n\":2,\"r\":[\"/\",1,1,0,0,0,[[\"/do/0/nap\",2,2,0,0,0,[],"
        "0,0,3600001,0,0]]],\"s\":2,\"t\":1795391882921,\"v\":1}";
    static const char entries[] =
        "[[\"ws\",\"/\",{\"input\":{},\"name\":\"nap\"}],[\"ts\",\"/do/0/nap\",2]]";
    static const char waits[] = "waits until 2026-11-23T00:58:02.921Z (task 'nap')";
    assert_in_range(assert_phrases_come_back(state, sizeof(state) - 1), 1, 42);
    assert_in_range(assert_phrases_come_back(entries, sizeof(entries) - 1), 1, 18);
    assert_in_range(assert_phrases_come_back(waits, sizeof(waits) - 1), 1, 28);
}

TEST(phrase, any_bytes_come_back)
{
    UNUSED_STATE;
    struct random random;
    random_seed(&random, 3);
    static const char *const parts[] = {"{\"V\":[",  "],\"c\":0",      "\",\"", "},{\"", "true",
                                        "Z (task '", "waits until 20", "\x1e",  "\x1f",  "\x01",
                                        "한글"};
    for (int i = 0; i < 20000; i++) {
        char text[600];
        size_t bytes = 0;
        while (bytes < 500 && random_below(&random, 20) != 0) {
            const char *part = parts[random_below(&random, sizeof(parts) / sizeof(*parts))];
            bytes += (size_t)snprintf(text + bytes, sizeof(text) - bytes, "%s", part);
            text[bytes++] = (char)random_below(&random, 256);
        }
        assert_phrases_come_back(text, bytes);
    }
}

TEST(phrase, what_is_no_packed_text_is_refused)
{
    UNUSED_STATE;
    size_t length;
    assert_false(phrases_unpacked_length("a\x1f", 2, &length));
    assert_false(phrases_unpacked_length("a\x1e", 2, &length));
    assert_false(phrases_unpacked_length("\x1e\x7e", 2, &length));
    assert_false(phrases_unpacked_length("\0", 1, &length));
}

RUN(CASE(pack, ids_take_sixteen_bytes), CASE(pack, every_text_keeps_its_place_and_comes_back),
    CASE(pack, words_take_a_byte_and_every_text_its_place),
    CASE(pack, no_id_is_made_of_what_is_too_short),
    CASE(phrase, what_a_sleeping_instance_keeps_is_short), CASE(phrase, any_bytes_come_back),
    CASE(phrase, what_is_no_packed_text_is_refused))
