#include "base/heap.h"

#include "base/mem.h"
#include "base/must.h"

void heap_init(struct heap *h)
{
    *h = (struct heap){0};
}

void heap_done(struct heap *h)
{
    mem_free(h->nodes);
    heap_init(h);
}

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void put_at(struct heap *h, size_t at, struct heap_node *node)
{
    h->nodes[at] = node;
    node->place = at + 1;
}

static void sift_up(struct heap *h, size_t at, struct heap_node *node)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!is_before(node, h->nodes[parent]))
            break;
        put_at(h, at, h->nodes[parent]);
        at = parent;
    }
    put_at(h, at, node);
}

static void sift_down(struct heap *h, size_t at, struct heap_node *node)
{
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && is_before(h->nodes[child + 1], h->nodes[child]))
            child++;
        if (!is_before(h->nodes[child], node))
            break;
        put_at(h, at, h->nodes[child]);
        at = child;
    }
    put_at(h, at, node);
}

void heap_add(struct heap *h, struct heap_node *node, int64_t key)
{
    must(node->place == 0);
    if (h->count == h->capacity) {
        must(h->capacity < SIZE_MAX / sizeof(*h->nodes) / 2);
        h->capacity = h->capacity ? h->capacity * 2 : 16;
        h->nodes = mem_resize(h->nodes, h->capacity * sizeof(*h->nodes));
    }
    node->key = key;
    node->order = h->next_order++;
    sift_up(h, h->count++, node);
}

void heap_remove(struct heap *h, struct heap_node *node)
{
    if (node->place == 0)
        return;
    size_t at = node->place - 1;
    must(at < h->count);
    must(h->nodes[at] == node);
    struct heap_node *last = h->nodes[--h->count];
    node->place = 0;
    if (last == node)
        return;
    // The last node may belong above or below the hole.
    if (at > 0 && is_before(last, h->nodes[(at - 1) / 2]))
        sift_up(h, at, last);
    else
        sift_down(h, at, last);
}

struct heap_node *heap_top(const struct heap *h)
{
    return h->count ? h->nodes[0] : NULL;
}

bool heap_has(const struct heap_node *node)
{
    return node->place != 0;
}
