#include "store/phrase.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"

#define FIRST_CODE  0x01
#define SECOND      0x1e
#define SECOND_CODE 0x20
#define LITERAL     0x1f
#define CONTROLS    0x20

struct phrase {
    const char *text;
    uint8_t length;
};
#define PHRASE(s)                                                                                  \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }

// Phrases are in databases: they may be added at the end, never changed.
static const struct phrase first[] = {
    PHRASE("{\"V\":["),
    PHRASE("],\"c\":0,\"i\":0,\"n\":"),
    PHRASE(",\"r\":[\"/\",1,1,0,0,0,[[\"/do/"),
    PHRASE(",\"t\":1"),
    PHRASE(",\"v\":1}"),
    PHRASE(",0,0]]],\"s\":"),
    PHRASE(",2,0,0,0,[],0,0,"),
    PHRASE(",2,0,0,0]]],\"s\":"),
    PHRASE("{\"$payload\":\""),
    PHRASE("[[\"ws\",\"/\",{\"input\":"),
    PHRASE("\"}],[\"ts\",\"/do/0/"),
    PHRASE("],[\"ts\",\"/do/"),
    PHRASE("[[\"ts\",\"/do/"),
    PHRASE("[[\"tc\",\"/do/"),
    PHRASE("],[\"tc\",\"/do/"),
    PHRASE("],[\"wc\",\"/\",{\"output\":"),
    PHRASE(",\"name\":\""),
    PHRASE("{\"output\":"),
    PHRASE("[{\"path\":\"/do/"),
    PHRASE("\"personal\":{\"hash\":\""),
    PHRASE("\",\"personal\":\""),
    PHRASE("\"},\"task\":\""),
    PHRASE("\",\"type\":\"answered\"}]"),
    PHRASE("waits until 20"),
    PHRASE("Z (task '"),
    PHRASE("')"),
    PHRASE("\":\""),
    PHRASE("\",\""),
    PHRASE("},{\""),
};
static const struct phrase second[] = {
    PHRASE("false"),
    PHRASE("true"),
    PHRASE("null"),
    PHRASE("/branches/"),
    PHRASE("\"message\":\""),
    PHRASE("\"personal\":"),
    PHRASE("waits for function '"),
    PHRASE("waits for an event '"),
    PHRASE("waits for the answer of its call"),
    PHRASE("waits for workflow '"),
    PHRASE("+09:00 (task '"),
    PHRASE("' (task '"),
    PHRASE(" where "),
    PHRASE("\",\"reference\":\"/do/"),
    PHRASE("\",\"status\":\""),
    PHRASE("https://serverlessworkflow.io/spec/1.0.0/errors/"),
    PHRASE("\",\"title\":\""),
    PHRASE("T00:00:00"),
    PHRASE("{\"input\":"),
    PHRASE("1.0.0"),
};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ALL          (COUNT(first) + COUNT(second))
static_assert(FIRST_CODE + COUNT(first) <= SECOND, "a code each");
static_assert(SECOND_CODE + COUNT(second) <= 0x7f, "a code each");

// The phrases by their first two bytes, the longest first; numbers from 1, 0 ends a list. Where
// other phrases share a place they stand in its list and do not fit.
#define PLACES 1024 // a power of two
static struct {
    uint8_t begins[PLACES];
    uint8_t next[ALL + 1];
} lists;
static pthread_once_t lists_made = PTHREAD_ONCE_INIT;

static const struct phrase *phrase_at(size_t number)
{
    must(number >= 1 && number <= ALL);
    return number <= COUNT(first) ? &first[number - 1] : &second[number - 1 - COUNT(first)];
}

static uint8_t *place_of(const char *text)
{
    return &lists.begins[((uint8_t)text[0] * 37u + (uint8_t)text[1]) & (PLACES - 1)];
}

static void make_lists(void)
{
    for (uint8_t number = 1; number <= ALL; number++) {
        const struct phrase *p = phrase_at(number);
        must(p->length >= 2);
        uint8_t *place = place_of(p->text);
        while (*place != 0 && phrase_at(*place)->length >= p->length)
            place = &lists.next[*place];
        lists.next[number] = *place;
        *place = number;
    }
}

// The number of the longest phrase that begins here; 0: none.
static size_t find(const char *text, size_t left)
{
    if (left < 2)
        return 0;
    size_t number = *place_of(text);
    for (; number != 0; number = lists.next[number]) {
        const struct phrase *p = phrase_at(number);
        if (p->length <= left && memcmp(p->text, text, p->length) == 0)
            return number;
    }
    return 0;
}

static char *put_code(size_t number, char *out)
{
    if (number <= COUNT(first)) {
        *out++ = (char)(FIRST_CODE + number - 1);
        return out;
    }
    *out++ = SECOND;
    *out++ = (char)(SECOND_CODE + number - 1 - COUNT(first));
    return out;
}

size_t phrases_pack(const char *text, size_t bytes, char *out)
{
    char *begin = out;
    pthread_once(&lists_made, make_lists);
    for (size_t i = 0; i < bytes;) {
        size_t number = find(text + i, bytes - i);
        if (number != 0) {
            out = put_code(number, out);
            i += phrase_at(number)->length;
            continue;
        }
        if ((uint8_t)text[i] < CONTROLS)
            *out++ = LITERAL;
        *out++ = text[i++];
    }
    return (size_t)(out - begin);
}

// What the code at `packed` stands for, and how many bytes it takes; a length of 0: it is no code.
static struct phrase decoded(const char *packed, size_t left, size_t *taken)
{
    uint8_t code = (uint8_t)packed[0], more = left > 1 ? (uint8_t)packed[1] : 0;
    *taken = 1;
    if (code >= CONTROLS)
        return (struct phrase){packed, 1};
    if (code >= FIRST_CODE && code < FIRST_CODE + COUNT(first))
        return first[code - FIRST_CODE];
    *taken = 2;
    if (code == LITERAL && left > 1)
        return (struct phrase){packed + 1, 1};
    if (code == SECOND && more >= SECOND_CODE && more < SECOND_CODE + COUNT(second))
        return second[more - SECOND_CODE];
    return (struct phrase){NULL, 0};
}

// How many bytes from here on stand for themselves.
static size_t plain_run(const char *packed, size_t left)
{
    size_t run = 0;
    while (run < left && (uint8_t)packed[run] >= CONTROLS)
        run++;
    return run;
}

bool phrases_unpacked_length(const char *packed, size_t bytes, size_t *length)
{
    *length = 0;
    for (size_t i = 0, taken; i < bytes; i += taken) {
        size_t run = plain_run(packed + i, bytes - i);
        *length += run;
        i += run;
        if (i == bytes)
            break;
        struct phrase p = decoded(packed + i, bytes - i, &taken);
        if (p.length == 0)
            return false;
        *length += p.length;
    }
    return true;
}

void phrases_unpack(const char *packed, size_t bytes, char *out)
{
    for (size_t i = 0, taken; i < bytes; i += taken) {
        size_t run = plain_run(packed + i, bytes - i);
        memcpy(out, packed + i, run);
        out += run;
        i += run;
        if (i == bytes)
            break;
        struct phrase p = decoded(packed + i, bytes - i, &taken);
        must(p.length > 0);
        memcpy(out, p.text, p.length);
        out += p.length;
    }
}
