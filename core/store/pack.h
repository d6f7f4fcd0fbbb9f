// Ids and words as they lie in the database file: an id takes 16 bytes instead of 26 characters,
// since that of an instance stands in its row, in its history, in its waits and in every index of
// these; a word such as a status takes one. The packed form keeps the order of the texts, so that a
// scan of the file and one of memory agree:
//
//      an id (id.h), or a word      its 128 bits, or its code; a blob of 16 bytes, or of one
//      any other text above one     the blob of the last one below, then the text as it is
//      what is below all of them    as it is, a text (SQLite has texts before blobs)
//
// So everything else still has its one place. Pure. Any thread.
#pragma once

#include <stddef.h>

#define PACK_ID_BYTES        16
#define PACK_ID_MAX(bytes)   (PACK_ID_BYTES + (bytes))
#define UNPACK_ID_MAX(bytes) (26 + (bytes))

// Writes the blob, PACK_ID_MAX(bytes) at most, and returns its length; 0: it stays the text it is.
size_t pack_id(const char *text, size_t bytes, char *out);
// Writes the text of a packed blob and returns its length; 0: no pack_id has made this.
size_t unpack_id(const char *blob, size_t bytes, char *out);

#define PACK_WORD_MAX(bytes)   (1 + (bytes))
#define UNPACK_WORD_MAX(bytes) (15 + (bytes))

// The same for words.
size_t pack_word(const char *text, size_t bytes, char *out);
size_t unpack_word(const char *blob, size_t bytes, char *out);
