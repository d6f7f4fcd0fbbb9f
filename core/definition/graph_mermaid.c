#include "definition/graph.h"

#include <string.h>

static void indent(struct graph_writer *w)
{
    for (int i = 0; i <= w->depth; i++)
        bytes_add(w->out, "  ");
}

// Mermaid reads entities by number in quoted labels, and HTML for line ends.
static void write_text(struct bytes *out, const char *text)
{
    bytes_add_char(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n')
            bytes_add(out, "<br/>");
        else if (strchr("\"#&<>`\\[]{}|", *c) != NULL)
            bytes_printf(out, "#%d;", *c);
        else if ((unsigned char)*c >= 0x20)
            bytes_add_char(out, *c);
    }
    bytes_add_char(out, '"');
}

static void mermaid_node(struct graph_writer *w, const struct graph_node *node)
{
    static const char *const OPEN[] = {[GRAPH_BOX] = "(",
                                       [GRAPH_CHOICE] = "{",
                                       [GRAPH_POINT] = "((",
                                       [GRAPH_START] = "((",
                                       [GRAPH_END] = "((("};
    static const char *const CLOSE[] = {[GRAPH_BOX] = ")",
                                        [GRAPH_CHOICE] = "}",
                                        [GRAPH_POINT] = "))",
                                        [GRAPH_START] = "))",
                                        [GRAPH_END] = ")))"};
    indent(w);
    bytes_printf(w->out, "%s%s", node->id, OPEN[node->shape]);
    write_text(w->out, node->label[0] == '\0' ? " " : node->label);
    bytes_printf(w->out, "%s\n", CLOSE[node->shape]);
}

static void mermaid_cluster_begin(struct graph_writer *w, const char *id, const char *label,
                                  const struct task *task)
{
    (void)task;
    indent(w);
    bytes_printf(w->out, "subgraph %s[", id);
    write_text(w->out, label);
    bytes_add(w->out, "]\n");
    w->depth++;
}

static void mermaid_cluster_end(struct graph_writer *w)
{
    w->depth--;
    indent(w);
    bytes_add(w->out, "end\n");
}

static void mermaid_edge(struct graph_writer *w, const char *from, const char *to,
                         const char *label, enum graph_arrow arrow)
{
    indent(w);
    bytes_printf(w->out, "%s %s", from, arrow == ARROW_PLAIN ? "-->" : "-.->");
    if (label != NULL) {
        bytes_add_char(w->out, '|');
        write_text(w->out, label);
        bytes_add_char(w->out, '|');
    }
    bytes_printf(w->out, " %s\n", to);
}

void graph_mermaid(const struct definition *d, struct bytes *out)
{
    struct graph_writer w = {.node = mermaid_node,
                             .cluster_begin = mermaid_cluster_begin,
                             .cluster_end = mermaid_cluster_end,
                             .edge = mermaid_edge,
                             .out = out,
                             .states = json_absent()};
    bytes_add(out, "flowchart TD\n");
    graph_walk(d, &w);
}
