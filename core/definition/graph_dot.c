#include "definition/graph.h"

#include <stdio.h>
#include <string.h>

// Hangul needs a font that has it; Graphviz takes the first that is installed.
#define FONT "Noto Sans CJK KR, Noto Sans KR, NanumGothic, sans-serif"

static const struct {
    const char *status, *fill, *border, *text;
} COLORS[] = {
    {"pending", "#f4f4f5", "#a1a1aa", "#3f3f46"},   {"running", "#dbeafe", "#2563eb", "#1e3a8a"},
    {"waiting", "#fef3c7", "#d97706", "#78350f"},   {"completed", "#dcfce7", "#16a34a", "#14532d"},
    {"faulted", "#fee2e2", "#dc2626", "#7f1d1d"},   {"cancelled", "#e4e4e7", "#71717a", "#3f3f46"},
    {"suspended", "#f3e8ff", "#9333ea", "#581c87"}, {"skipped", "#fafafa", "#d4d4d8", "#a1a1aa"},
};
#define COLOR_COUNT (sizeof COLORS / sizeof *COLORS)

static void indent(struct graph_writer *w)
{
    for (int i = 0; i <= w->depth; i++)
        bytes_add(w->out, "  ");
}

// A quoted string: Graphviz reads escapes and HTML entities in it. `line_end` is its escape for the
// end of a line: "\\n" centres, "\\l" sets to the left.
static void write_lines(struct bytes *out, const char *text, const char *line_end)
{
    bytes_add_char(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            bytes_add_char(out, '\\');
        if (*c == '\n')
            bytes_add(out, line_end);
        else if (*c == '&')
            bytes_add(out, "&amp;");
        else if (*c == '<')
            bytes_add(out, "&lt;");
        else if (*c == '>')
            bytes_add(out, "&gt;");
        else if ((unsigned char)*c >= 0x20)
            bytes_add_char(out, *c);
    }
    bytes_add(out, line_end[1] == 'l' ? "\\l\"" : "\"");
}

static void write_text(struct bytes *out, const char *text)
{
    write_lines(out, text, "\\n");
}

static const char *status_of(const struct graph_writer *w, const struct task *task)
{
    return task == NULL ? NULL : json_get_text(w->states, task->reference, NULL);
}

static size_t color_of(const char *status)
{
    for (size_t i = 0; status != NULL && i < COLOR_COUNT; i++)
        if (strcmp(COLORS[i].status, status) == 0)
            return i;
    return COLOR_COUNT;
}

// What a page that shows the SVG needs to find the task again.
static void write_identity(struct graph_writer *w, const struct task *task, const char *status)
{
    bytes_add(w->out, ", id=");
    write_text(w->out, task->reference);
    bytes_add(w->out, ", tooltip=");
    write_text(w->out, task->reference);
    bytes_add(w->out, ", class=");
    bool known = color_of(status) < COLOR_COUNT;
    bytes_printf(w->out, "\"task %s%s%s\"", task_kind_name(task->kind), known ? " " : "",
                 known ? status : "");
}

static void write_color(struct graph_writer *w, const char *status)
{
    size_t color = color_of(status);
    if (color == COLOR_COUNT)
        return;
    bytes_printf(w->out, ", fillcolor=\"%s\", color=\"%s\", fontcolor=\"%s\", penwidth=%s",
                 COLORS[color].fill, COLORS[color].border, COLORS[color].text,
                 strcmp(status, "pending") == 0 ? "1" : "2");
}

static void dot_node(struct graph_writer *w, const struct graph_node *node)
{
    static const char *const SHAPES[] = {
        [GRAPH_BOX] = "box",
        [GRAPH_CHOICE] = "diamond",
        [GRAPH_POINT] = "point, width=0.06, fillcolor=\"#52525b\"",
        [GRAPH_START] = "circle, width=0.2, fillcolor=\"#18181b\"",
        [GRAPH_END] = "doublecircle, width=0.15, fillcolor=\"#18181b\"",
    };
    const char *status = status_of(w, node->task);
    indent(w);
    bytes_printf(w->out, "%s [shape=%s, label=", node->id, SHAPES[node->shape]);
    write_text(w->out, node->label);
    if (node->task != NULL && node->shape != GRAPH_POINT) {
        write_identity(w, node->task, status);
        write_color(w, status);
    }
    bytes_add(w->out, "];\n");
}

static void dot_cluster_begin(struct graph_writer *w, const char *id, const char *label,
                              const struct task *task)
{
    const char *status = status_of(w, task);
    size_t color = color_of(status);
    indent(w);
    bytes_printf(w->out, "subgraph cluster_%s {\n", id);
    w->depth++;
    indent(w);
    bytes_add(w->out, "graph [style=\"rounded\", labeljust=l, fontsize=11, label=");
    write_lines(w->out, label, "\\l");
    if (task != NULL)
        write_identity(w, task, status);
    bytes_printf(w->out, ", color=\"%s\", penwidth=%s];\n",
                 color < COLOR_COUNT ? COLORS[color].border : "#a1a1aa",
                 color < COLOR_COUNT ? "2" : "1");
}

static void dot_cluster_end(struct graph_writer *w)
{
    w->depth--;
    indent(w);
    bytes_add(w->out, "}\n");
}

static void dot_edge(struct graph_writer *w, const char *from, const char *to, const char *label,
                     enum graph_arrow arrow)
{
    indent(w);
    bytes_printf(w->out, "%s -> %s [", from, to);
    if (arrow == ARROW_ERROR)
        bytes_add(w->out, "style=dashed, color=\"#dc2626\", fontcolor=\"#7f1d1d\", ");
    if (arrow == ARROW_BACK)
        bytes_add(w->out, "style=dashed, constraint=false, ");
    bytes_add(w->out, "label=");
    write_text(w->out, label == NULL ? "" : label);
    bytes_add(w->out, "];\n");
}

static void write_heading(const struct definition *d, struct bytes *out)
{
    bytes_add(out, "digraph ");
    write_text(out, d->name);
    bytes_add(out, " {\n  graph [rankdir=TB, compound=true, nodesep=0.35, ranksep=0.4, labelloc=t, "
                   "fontname=\"" FONT "\", fontsize=14, label=");
    char label[GRAPH_LABEL_SIZE * 2];
    snprintf(label, sizeof label, "%.200s%s%.60s/%.60s %.60s", d->title == NULL ? "" : d->title,
             d->title == NULL ? "" : "\n", d->namespace, d->name, d->version);
    write_text(out, label);
    bytes_add(out,
              "];\n  node [style=\"rounded,filled\", fillcolor=white, color=\"#52525b\", "
              "fontname=\"" FONT "\", fontsize=11, margin=\"0.15,0.08\"];\n"
              "  edge [color=\"#52525b\", arrowsize=0.7, fontname=\"" FONT "\", fontsize=10];\n");
}

void graph_dot(const struct definition *d, json states, struct bytes *out)
{
    struct graph_writer w = {.node = dot_node,
                             .cluster_begin = dot_cluster_begin,
                             .cluster_end = dot_cluster_end,
                             .edge = dot_edge,
                             .out = out,
                             .states = states};
    write_heading(d, out);
    graph_walk(d, &w);
    bytes_add(out, "}\n");
}
