// The heads of one commit (audit.h) as they are stored: which instances it moved, to which number
// of their history, and the first bytes of that history's hash. What the commit's hash covers is
// longer, a line "instance seq hash\n" each; it is made again from these and from the history's own
// hashes, which are whole. So nothing is stored twice that the chain needs once, and a head that
// does not fit still has a name.
//
// Commits made before schema version 3 store the lines themselves; both are read.
// Borrows the stored bytes. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"

#define HEADS_MARK_BYTES 4 // of the hash

struct head {
    const char *instance; // ends with a zero
    int64_t seq;
    uint8_t mark[HASH_BYTES]; // the first mark_bytes of the hash
    size_t mark_bytes;
};

// Writing, in the order of the instances: the lines, and what is stored.
struct heads_writer {
    struct bytes *lines, *stored;
    struct bytes before; // the packed instance before this
};
void heads_begin(struct heads_writer *w, struct bytes *lines, struct bytes *stored);
void heads_add(struct heads_writer *w, const char *instance, int64_t seq, const struct hash *hash);
void heads_end(struct heads_writer *w);

// Reading.
struct heads_reader {
    const char *place, *end;
    bool lines;
    struct bytes packed; // the instance it stands on
    struct bytes instance;
};
void heads_open(struct heads_reader *r, const char *stored, size_t bytes);
// False at the end and where the rest cannot be read; `broken` tells which.
bool heads_next(struct heads_reader *r, struct head *head, bool *broken);
void heads_close(struct heads_reader *r);

// The line that the commit's hash covers.
void heads_add_line(const char *instance, int64_t seq, const struct hash *hash, struct bytes *out);
