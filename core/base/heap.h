// A binary heap of nodes that live inside their owners; the smallest by (key, order) is on top, and
// equal keys leave in the order they came, or replay would differ. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;
    uint64_t order; // set by heap_add
    size_t place;   // index + 1; 0 when in no heap
};

struct heap {
    struct heap_node **nodes;
    size_t count;
    size_t capacity;
    uint64_t next_order;
};

void heap_init(struct heap *h);
void heap_done(struct heap *h); // frees the array, not the nodes
void heap_add(struct heap *h, struct heap_node *node, int64_t key);
void heap_remove(struct heap *h, struct heap_node *node); // no-op when in no heap
struct heap_node *heap_top(const struct heap *h);         // NULL when empty
bool heap_has(const struct heap_node *node);
