#include "store/memtable.h"

#include "base/mem.h"
#include "base/must.h"

static struct version *version_of(const struct tree *tree, struct tree_node *node)
{
    char *first = (char *)(node - tree->number);
    return (struct version *)(void *)(first - offsetof(struct version, nodes));
}

// Rows with the same columns are versions of one key; the number tells them apart.
static int tree_compare(const struct tree *tree, struct tree_node *a, struct tree_node *b)
{
    struct version *x = version_of(tree, a), *y = version_of(tree, b);
    int c = row_compare(&tree->order, x->row.columns, y->row.columns);
    return c != 0 ? c : (x->number > y->number) - (x->number < y->number);
}

static struct tree_node **place_of(struct tree *tree, struct tree_node *node)
{
    if (node->up == NULL)
        return &tree->root;
    return node->up->left == node ? &node->up->left : &node->up->right;
}

// Lifts a node above its parent, keeping the order.
static void rotate_up(struct tree *tree, struct tree_node *node)
{
    struct tree_node *up = node->up;
    struct tree_node **place = place_of(tree, up);
    node->up = up->up;
    if (up->left == node) {
        up->left = node->right;
        if (up->left != NULL)
            up->left->up = up;
        node->right = up;
    } else {
        up->right = node->left;
        if (up->right != NULL)
            up->right->up = up;
        node->left = up;
    }
    up->up = node;
    *place = node;
}

// A treap: a search tree by key and a heap by priority. The priorities are a fixed scramble of the
// order of insertion, so the shape is the same in every run and no one can choose a bad one.
static uint32_t next_priority(struct tree *tree)
{
    uint64_t x = ++tree->inserted * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)((x ^ (x >> 27)) >> 32);
}

static void tree_insert(struct tree *tree, struct tree_node *node)
{
    struct tree_node **place = &tree->root, *up = NULL;
    while (*place != NULL) {
        up = *place;
        int c = tree_compare(tree, node, up);
        must(c != 0);
        place = c < 0 ? &up->left : &up->right;
    }
    *node = (struct tree_node){.up = up, .priority = next_priority(tree), .placed = true};
    *place = node;
    while (node->up != NULL && node->priority > node->up->priority)
        rotate_up(tree, node);
}

static void tree_remove(struct tree *tree, struct tree_node *node)
{
    while (node->left != NULL && node->right != NULL)
        rotate_up(tree, node->left->priority > node->right->priority ? node->left : node->right);
    struct tree_node *child = node->left != NULL ? node->left : node->right;
    struct tree_node **place = place_of(tree, node);
    if (child != NULL)
        child->up = node->up;
    *place = child;
    tree->removals++;
}

static void tree_wait(struct tree *tree, struct tree_node *node)
{
    *node = (struct tree_node){.right = tree->waiting};
    if (tree->waiting != NULL)
        tree->waiting->left = node;
    tree->waiting = node;
}

static void tree_take(struct tree *tree, struct tree_node *node)
{
    if (node->placed) {
        tree_remove(tree, node);
        return;
    }
    if (node->left != NULL)
        node->left->right = node->right;
    else
        tree->waiting = node->right;
    if (node->right != NULL)
        node->right->left = node->left;
}

static void tree_settle(struct tree *tree)
{
    while (tree->waiting != NULL) {
        struct tree_node *node = tree->waiting;
        tree_take(tree, node);
        tree_insert(tree, node);
    }
}

void memtable_init(struct memtable *m)
{
    m->versions = 0;
    for (int i = 0; i < TABLE_COUNT; i++) {
        struct memtable_table *t = &m->tables[i];
        keyset_init(&t->keys, schema_tables[i].key_count);
        t->tree_count = 1 + (size_t)schema_tables[i].index_count;
        for (size_t n = 0; n < t->tree_count; n++)
            t->trees[n] =
                (struct tree){.number = n, .order = schema_order_of((enum table)i, (int)n - 1)};
    }
}

void memtable_done(struct memtable *m)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        keyset_done(&m->tables[i].keys);
}

struct version *memtable_find(const struct memtable *m, enum table table, const struct value *key)
{
    return keyset_find(&m->tables[table].keys, key);
}

void memtable_push(struct memtable *m, struct version *version)
{
    struct memtable_table *t = &m->tables[version->table];
    must(version->kind != VERSION_DELETED_PREFIX);
    keyset_push(&t->keys, version);
    m->versions++;
    for (size_t n = 0; version->kind == VERSION_ROW && n < t->tree_count; n++)
        tree_wait(&t->trees[n], &version->nodes[n]);
}

void memtable_pop(struct memtable *m, struct version *version)
{
    struct memtable_table *t = &m->tables[version->table];
    must(m->versions > 0);
    for (size_t n = 0; version->kind == VERSION_ROW && n < t->tree_count; n++)
        tree_take(&t->trees[n], &version->nodes[n]);
    keyset_pop(&t->keys, version);
    m->versions--;
    row_data_unref(&version->row);
}

// The first node of the range in the direction of the scan, or NULL. Nodes are in order by
// range_place: before, in, behind.
static struct tree_node *first_in_range(const struct tree *tree, const struct range *range)
{
    struct tree_node *found = NULL;
    for (struct tree_node *node = tree->root; node != NULL;) {
        int place = range_place(range, version_of(tree, node)->row.columns);
        if (place == 0)
            found = node;
        bool left = range->descending ? place > 0 : place >= 0;
        node = left ? node->left : node->right;
    }
    return found;
}

static struct tree_node *neighbour(struct tree_node *node, bool descending)
{
    struct tree_node *child = descending ? node->left : node->right;
    if (child != NULL) {
        for (struct tree_node *next; (next = descending ? child->right : child->left) != NULL;)
            child = next;
        return child;
    }
    while (node->up != NULL && (descending ? node->up->left : node->up->right) == node)
        node = node->up;
    return node->up;
}

void memtable_seek(struct memtable_cursor *cursor, struct memtable *m, const struct range *range,
                   int index, uint64_t number)
{
    struct tree *tree = &m->tables[range->table].trees[index + 1];
    tree_settle(tree);
    *cursor = (struct memtable_cursor){
        .tree = tree, .range = range, .number = number, .removals = tree->removals};
    cursor->node = first_in_range(tree, range);
}

static struct tree_node *next_node(struct memtable_cursor *cursor)
{
    if (cursor->last == NULL && cursor->removals == cursor->tree->removals)
        return cursor->node;
    if (cursor->last != NULL && cursor->removals == cursor->tree->removals)
        return neighbour(cursor->node, cursor->range->descending);
    cursor->removals = cursor->tree->removals;
    struct range rest = *cursor->range;
    if (cursor->last != NULL)
        rest.after = cursor->last->row.columns;
    return first_in_range(cursor->tree, &rest);
}

static bool is_seen(const struct version *v, uint64_t number)
{
    return v->number <= number && (v->newer == NULL || v->newer->number > number);
}

struct version *memtable_next(struct memtable_cursor *cursor)
{
    if (cursor->ended)
        return NULL;
    const struct tree *tree = cursor->tree;
    struct tree_node *node = next_node(cursor);
    while (node != NULL && range_place(cursor->range, version_of(tree, node)->row.columns) == 0) {
        struct version *v = version_of(tree, node);
        if (is_seen(v, cursor->number)) {
            struct version *before = cursor->last;
            cursor->node = node;
            cursor->last = v;
            row_data_ref(&v->row);
            if (before != NULL)
                row_data_unref(&before->row);
            return v;
        }
        node = neighbour(node, cursor->range->descending);
    }
    cursor->ended = true;
    return NULL;
}

void memtable_cursor_done(struct memtable_cursor *cursor)
{
    if (cursor->last != NULL)
        row_data_unref(&cursor->last->row);
    *cursor = (struct memtable_cursor){.ended = true};
}
