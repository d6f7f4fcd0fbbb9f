#include "machine/values.h"

#include "base/mem.h"

#define SLOTS_MIN 32

static void allocate(struct values *v, size_t slot_count)
{
    v->slot_count = slot_count;
    mem_free(v->slots);
    v->slots = mem_zero(slot_count, sizeof *v->slots);
    v->items = mem_resize(v->items, slot_count / 2 * sizeof *v->items);
}

void values_init(struct values *v, size_t max_bytes, value_written *written, void *context)
{
    *v = (struct values){.written = written, .context = context};
    bytes_init(&v->text, max_bytes);
    allocate(v, SLOTS_MIN);
}

void values_done(struct values *v)
{
    bytes_done(&v->text);
    mem_free(v->items);
    mem_free(v->slots);
}

// Numbers and the like live in the value itself and have no address: they are written each time.
static uintptr_t address_of(json value)
{
    switch (json_kind(value)) {
    case JSON_STRING:
    case JSON_ARRAY:
    case JSON_OBJECT:
        return (uintptr_t)value.u.ptr;
    case JSON_ABSENT:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        break;
    }
    return 0;
}

static size_t slot_of(const struct values *v, uintptr_t address)
{
    uint64_t mixed = (uint64_t)address * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 32) & (v->slot_count - 1);
}

static size_t after(const struct values *v, size_t slot)
{
    return (slot + 1) & (v->slot_count - 1);
}

static void insert(struct values *v, uintptr_t address, size_t place)
{
    size_t slot = slot_of(v, address);
    while (v->slots[slot] != 0)
        slot = after(v, slot);
    v->slots[slot] = place + 1;
}

static void grow(struct values *v)
{
    allocate(v, v->slot_count * 2);
    for (size_t n = 0; n < v->count; n++)
        if (address_of(v->items[n]) != 0)
            insert(v, address_of(v->items[n]), n);
}

static bool is_same(json a, json b)
{
    return jv_identical(json_ref(a), json_ref(b)) != 0;
}

int64_t values_add(struct values *v, json value)
{
    if (json_is_absent(value))
        return -1;
    uintptr_t address = address_of(value);
    if (address != 0)
        for (size_t s = slot_of(v, address); v->slots[s] != 0; s = after(v, s))
            if (is_same(v->items[v->slots[s] - 1], value))
                return (int64_t)v->slots[s] - 1;
    if (v->count == v->slot_count / 2)
        grow(v);
    size_t place = v->count++;
    v->items[place] = value;
    if (address != 0)
        insert(v, address, place);
    if (place > 0)
        bytes_add_char(&v->text, ',');
    if (v->written == NULL || !v->written(v->context, value, &v->text))
        json_write(value, JSON_COMPACT, &v->text);
    return (int64_t)place;
}
