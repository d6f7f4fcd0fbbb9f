// The picture of a definition, apart from its notation: boxes, clusters and arrows in a fixed
// order, handed to a writer (DOT, Mermaid). A task that holds others is a cluster with an entry and
// an exit point; a plain task is one box. Private to the room. One thread at a time.
#pragma once

#include "definition/definition.h"

#define GRAPH_ID_SIZE    24
#define GRAPH_LABEL_SIZE 512

enum graph_shape { GRAPH_BOX, GRAPH_CHOICE, GRAPH_POINT, GRAPH_START, GRAPH_END };
enum graph_arrow { ARROW_PLAIN, ARROW_ERROR, ARROW_BACK };

struct graph_node {
    const char *id, *label;  // label: lines by '\n'
    const struct task *task; // NULL: start, end
    enum graph_shape shape;
};

struct graph_writer {
    void (*node)(struct graph_writer *w, const struct graph_node *node);
    void (*cluster_begin)(struct graph_writer *w, const char *id, const char *label,
                          const struct task *task);
    void (*cluster_end)(struct graph_writer *w);
    void (*edge)(struct graph_writer *w, const char *from, const char *to, const char *label,
                 enum graph_arrow arrow);
    struct bytes *out;
    json states; // reference -> status, or absent
    int depth;
};

void graph_walk(const struct definition *d, struct graph_writer *w);
