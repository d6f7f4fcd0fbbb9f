// A doubly linked ring of nodes that live inside their owners. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *previous;
};

#define list_owner(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
#define list_each(head, node)                                                                      \
    for (struct list *node = (head)->next; node != (head); node = node->next)
#define list_each_safe(head, node, after)                                                          \
    for (struct list *node = (head)->next, *after = node->next; node != (head);                    \
         node = after, after = node->next)

static inline void list_init(struct list *l)
{
    l->next = l->previous = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->next = head;
    node->previous = head->previous;
    head->previous->next = node;
    head->previous = node;
}

static inline void list_remove(struct list *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}
