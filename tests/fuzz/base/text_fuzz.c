// Bytes of the world through everything in base that reads text: what comes out is valid UTF-8,
// normalising twice changes nothing, and decoding gives back what was encoded.
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/id.h"
#include "base/must.h"
#include "base/utf8.h"

#define OUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_normalize(const char *text, size_t length)
{
    struct bytes once, twice;
    struct fail why;
    bytes_init(&once, OUT_MAX);
    bytes_init(&twice, OUT_MAX);
    if (utf8_normalize(text, length, &once, &why)) {
        must(utf8_is_valid(once.data, once.length));
        must(utf8_normalize(once.data, once.length, &twice, &why));
        must(once.length == twice.length);
        must(memcmp(once.data, twice.data, once.length) == 0);
        bytes_clear(&twice);
        if (utf8_fold(text, length, &twice, &why))
            must(utf8_is_valid(twice.data, twice.length));
    }
    bytes_done(&once);
    bytes_done(&twice);
}

static void try_from_any(const char *text, size_t length)
{
    struct bytes out;
    struct fail why;
    bytes_init(&out, OUT_MAX);
    if (utf8_from_any(text, length, &out, &why))
        must(utf8_is_valid(out.data, out.length));
    bytes_done(&out);
}

static void try_base64(const char *text, size_t length)
{
    uint8_t decoded[OUT_MAX];
    char encoded[BASE64_SIZE(OUT_MAX)];
    size_t bytes;
    if (!base64_decode(text, length, decoded, sizeof(decoded), &bytes))
        return;
    base64_encode(decoded, bytes, encoded);
    must(strlen(encoded) == length);
    must(memcmp(encoded, text, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[OUT_MAX / 8 + 1];
    size_t length = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
    memcpy(text, data, length);
    text[length] = 0;
    try_normalize(text, length);
    try_from_any(text, length);
    try_base64(text, length);
    struct hash h;
    (void)!hash_from_hex(text, &h);
    id_is_valid(text);
    must((size_t)utf8_cut(text, length / 2) <= length / 2);
    utf8_width(text, length);
    return 0;
}
