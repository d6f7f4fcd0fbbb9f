#include "store/pack.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/id.h"

#define DIGIT_MAX       31
#define FIRST_DIGIT_MAX 7 // the first of 26 digits holds three bits

static_assert(UNPACK_ID_MAX(0) == ID_LENGTH, "an id's text fits");

// Crockford's base32, in the order of its characters.
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// For each character from '0' to 'Z' the largest digit whose character is not above it.
static const uint8_t digits_up_to_character[] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  9,  9,  9,  9,  9,  9,  9,  10, 11, 12, 13, 14,
    15, 16, 17, 17, 18, 19, 19, 20, 21, 21, 22, 23, 24, 25, 26, 26, 27, 28, 29, 30, 31};
static_assert(sizeof(digits_up_to_character) == 'Z' - '0' + 1, "one each");

// -1: every digit's character is above it.
static int digit_up_to(int character, int place)
{
    int most = place == 0 ? FIRST_DIGIT_MAX : DIGIT_MAX;
    if (character < '0')
        return -1;
    int digit = character > 'Z' ? DIGIT_MAX : digits_up_to_character[character - '0'];
    return digit < most ? digit : most;
}

static void fill(uint8_t *digits, int from)
{
    for (int i = from; i < ID_LENGTH; i++)
        digits[i] = DIGIT_MAX;
}

// The last id before all that begin with these digits; false if there is none.
static bool step_back(uint8_t *digits, int count)
{
    for (int i = count; i-- > 0;) {
        if (digits[i] == 0)
            continue;
        digits[i]--;
        fill(digits, i + 1);
        return true;
    }
    return false;
}

// The digits of the text if it begins with an id, else those of the last id below it; false if
// there is none.
static bool find_digits(const char *text, size_t bytes, uint8_t *digits)
{
    for (int i = 0; i < ID_LENGTH; i++) {
        int character = (size_t)i < bytes ? (unsigned char)text[i] : -1;
        int digit = digit_up_to(character, i);
        if (digit < 0)
            return step_back(digits, i);
        digits[i] = (uint8_t)digit;
        if (alphabet[digit] != character) {
            fill(digits, i + 1);
            return true;
        }
    }
    return true;
}

// Five bits a digit, the highest first: ten digits are the 48 bits of the time, twice eight are the
// 80 random ones.
static void write_bits(const uint8_t *digits, int count, char *out, int bytes)
{
    uint64_t bits = 0;
    for (int i = 0; i < count; i++)
        bits = bits << 5 | digits[i];
    for (int i = bytes; i-- > 0; bits >>= 8)
        out[i] = (char)(bits & 0xff);
}

static void read_bits(const char *in, int bytes, char *text, int count)
{
    uint64_t bits = 0;
    for (int i = 0; i < bytes; i++)
        bits = bits << 8 | (uint8_t)in[i];
    for (int i = count; i-- > 0; bits >>= 5)
        text[i] = alphabet[bits & DIGIT_MAX];
}

static bool is_id(const char *text, size_t bytes, const uint8_t *digits)
{
    if (bytes != ID_LENGTH)
        return false;
    for (int i = 0; i < ID_LENGTH; i++)
        if (text[i] != alphabet[digits[i]])
            return false;
    return true;
}

size_t pack_id(const char *text, size_t bytes, char *out)
{
    uint8_t digits[ID_LENGTH];
    if (!find_digits(text, bytes, digits))
        return 0;
    write_bits(digits, 10, out, 6);
    write_bits(digits + 10, 8, out + 6, 5);
    write_bits(digits + 18, 8, out + 11, 5);
    if (is_id(text, bytes, digits))
        return PACK_ID_BYTES;
    memcpy(out + PACK_ID_BYTES, text, bytes);
    return PACK_ID_MAX(bytes);
}

size_t unpack_id(const char *blob, size_t bytes, char *out)
{
    if (bytes < PACK_ID_BYTES)
        return 0;
    if (bytes > PACK_ID_BYTES) {
        memcpy(out, blob + PACK_ID_BYTES, bytes - PACK_ID_BYTES);
        return bytes - PACK_ID_BYTES;
    }
    read_bits(blob, 6, out, 10);
    read_bits(blob + 6, 5, out + 10, 8);
    read_bits(blob + 11, 5, out + 18, 8);
    return ID_LENGTH;
}

// In the order of their bytes. Codes are in databases: words may be added between, never changed.
static const struct {
    uint8_t code;
    const char *word;
} words[] = {
    {16, "cancelled"}, {24, "closed"},    {32, "completed"}, {40, "effect"},     {48, "faulted"},
    {56, "inbox"},     {64, "machine"},   {72, "open"},      {80, "pending"},    {88, "ready"},
    {96, "running"},   {104, "schedule"}, {112, "step"},     {120, "suspended"}, {128, "waiting"},
};
#define WORDS (sizeof(words) / sizeof(*words))

static int compare_word(const char *text, size_t bytes, const char *word)
{
    size_t length = strlen(word);
    int order = memcmp(text, word, bytes < length ? bytes : length);
    return order != 0 ? order : (bytes > length) - (bytes < length);
}

size_t pack_word(const char *text, size_t bytes, char *out)
{
    size_t up_to = 0;
    int order = -1;
    while (up_to < WORDS && (order = compare_word(text, bytes, words[up_to].word)) > 0)
        up_to++;
    bool is_word = up_to < WORDS && order == 0;
    if (!is_word && up_to == 0)
        return 0;
    out[0] = (char)words[is_word ? up_to : up_to - 1].code;
    if (is_word)
        return 1;
    memcpy(out + 1, text, bytes);
    return PACK_WORD_MAX(bytes);
}

size_t unpack_word(const char *blob, size_t bytes, char *out)
{
    if (bytes > 1) {
        memcpy(out, blob + 1, bytes - 1);
        return bytes - 1;
    }
    for (size_t i = 0; bytes == 1 && i < WORDS; i++) {
        if (words[i].code != (uint8_t)blob[0])
            continue;
        size_t length = strlen(words[i].word);
        memcpy(out, words[i].word, length);
        return length;
    }
    return 0;
}
