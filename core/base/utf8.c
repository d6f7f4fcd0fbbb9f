#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/must.h"

// How many bytes the character at `s` has; 0 if it is not valid (RFC 3629, section 4).
static size_t character_bytes(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return 1;
    size_t bytes = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || left < bytes)
        return 0;
    // The second byte alone rules out overlong forms, surrogates and what lies past U+10FFFF.
    unsigned char least = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char most = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < least || s[1] > most)
        return 0;
    for (size_t i = 2; i < bytes; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return bytes;
}

size_t utf8_valid_prefix(const char *s, size_t length)
{
    size_t at = 0;
    while (at < length) {
        size_t bytes = character_bytes((const unsigned char *)s + at, length - at);
        if (bytes == 0)
            break;
        at += bytes;
    }
    return at;
}

bool utf8_is_valid(const char *s, size_t length)
{
    return utf8_valid_prefix(s, length) == length;
}

size_t utf8_count(const char *s, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)s[i] & 0xC0) != 0x80;
    return count;
}

// The property White_Space of Unicode.
static bool is_space(utf8proc_int32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

// Appends valid text with white space trimmed and folded.
static void append_trimmed(const char *s, size_t length, struct bytes *out)
{
    bool gap = false, started = false;
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t bytes =
            utf8proc_iterate((const utf8proc_uint8_t *)s + at, (utf8proc_ssize_t)(length - at), &c);
        must(bytes > 0);
        if (is_space(c)) {
            gap = started;
        } else {
            if (gap)
                bytes_add_char(out, ' ');
            bytes_append(out, s + at, (size_t)bytes);
            gap = false;
            started = true;
        }
        at += (size_t)bytes;
    }
}

static bool map_and_trim(const char *s, size_t length, utf8proc_option_t options, struct bytes *out,
                         struct fail *why)
{
    size_t valid = utf8_valid_prefix(s, length);
    if (valid < length)
        return fail(why, FAIL_INVALID, "text is not UTF-8 at byte %zu", valid + 1);
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t mapped_length =
        utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)length, &mapped, options);
    must(mapped_length >= 0); // the text is valid, so only memory can be missing
    append_trimmed((const char *)mapped, (size_t)mapped_length, out);
    free(mapped);
    if (out->overflowed)
        return fail(why, FAIL_LIMIT, "text is longer than %zu bytes", out->max);
    return true;
}

bool utf8_normalize(const char *s, size_t length, struct bytes *out, struct fail *why)
{
    return map_and_trim(s, length, UTF8PROC_STABLE | UTF8PROC_COMPOSE, out, why);
}

bool utf8_fold(const char *s, size_t length, struct bytes *out, struct fail *why)
{
    return map_and_trim(s, length,
                        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
                        out, why);
}

static bool append_cp949(iconv_t converter, const char *s, size_t length, struct bytes *out,
                         struct fail *why)
{
    char *from = (char *)(uintptr_t)s; // iconv does not write through it
    size_t left = length;
    while (left > 0) {
        char chunk[4096];
        char *to = chunk;
        size_t room = sizeof(chunk);
        size_t result = iconv(converter, &from, &left, &to, &room);
        int problem = result == (size_t)-1 ? errno : 0;
        bytes_append(out, chunk, sizeof(chunk) - room);
        if (problem && problem != E2BIG)
            return fail(why, FAIL_INVALID,
                        "text is neither UTF-8 nor CP949 at byte %zu; save it as UTF-8",
                        length - left + 1);
    }
    if (out->overflowed)
        return fail(why, FAIL_LIMIT, "text is longer than %zu bytes", out->max);
    return true;
}

bool utf8_from_any(const char *s, size_t length, struct bytes *out, struct fail *why)
{
    if (length >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
        s += 3;
        length -= 3;
    }
    if (utf8_is_valid(s, length)) {
        if (!bytes_append(out, s, length))
            return fail(why, FAIL_LIMIT, "text is longer than %zu bytes", out->max);
        return true;
    }
    iconv_t converter = iconv_open("UTF-8", "CP949");
    if (converter == (iconv_t)-1)
        return fail(why, FAIL_UNSUPPORTED,
                    "text is not UTF-8, and this system cannot read CP949; save it as UTF-8");
    bool good = append_cp949(converter, s, length, out, why);
    iconv_close(converter);
    return good;
}

size_t utf8_width(const char *s, size_t length)
{
    size_t width = 0;
    for (size_t at = 0; at < length;) {
        size_t bytes = character_bytes((const unsigned char *)s + at, length - at);
        if (bytes == 0) { // shown as one replacement character
            width++;
            at++;
            continue;
        }
        utf8proc_int32_t c;
        utf8proc_iterate((const utf8proc_uint8_t *)s + at, (utf8proc_ssize_t)bytes, &c);
        // The vowels and finals of decomposed Hangul join the syllable that their initial opened.
        bool joins = (c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FF);
        width += joins ? 0 : (size_t)utf8proc_charwidth(c);
        at += bytes;
    }
    return width;
}

int utf8_cut(const char *s, size_t max_bytes)
{
    must(max_bytes <= INT_MAX);
    size_t length = strnlen(s, max_bytes);
    if (length < max_bytes || !s[length])
        return (int)length;
    // Back over continuation bytes only, so that text which is no UTF-8 is cut too, not lost.
    size_t end = length;
    while (end > 0 && length - end < 3 && ((unsigned char)s[end] & 0xC0) == 0x80)
        end--;
    return (int)(((unsigned char)s[end] & 0xC0) == 0x80 ? length : end);
}
