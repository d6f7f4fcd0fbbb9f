#include "machine/values.h"

#include "base/mem.h"

#define CAPACITY_MIN 32

void values_init(struct values *v)
{
    *v = (struct values){.list = json_array(), .capacity = CAPACITY_MIN};
    v->slots = mem_zero(v->capacity, sizeof *v->slots);
}

void values_done(struct values *v)
{
    json_free(v->list);
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
    return (size_t)(mixed >> 32) & (v->capacity - 1);
}

static bool is_same(const struct values *v, size_t place, json value)
{
    json other = json_at(v->list, place);
    bool same = jv_identical(json_ref(other), json_ref(value)) != 0;
    json_free(other);
    return same;
}

static void insert(struct values *v, uintptr_t address, size_t place)
{
    size_t slot = slot_of(v, address);
    while (v->slots[slot] != 0)
        slot = (slot + 1) & (v->capacity - 1);
    v->slots[slot] = place + 1;
}

static void grow(struct values *v)
{
    mem_free(v->slots);
    v->capacity *= 2;
    v->slots = mem_zero(v->capacity, sizeof *v->slots);
    for (size_t n = 0; n < v->count; n++) {
        json value = json_at(v->list, n);
        if (address_of(value) != 0)
            insert(v, address_of(value), n);
        json_free(value);
    }
}

int64_t values_add(struct values *v, json value)
{
    if (json_is_absent(value))
        return -1;
    uintptr_t address = address_of(value);
    if (address != 0)
        for (size_t s = slot_of(v, address); v->slots[s] != 0; s = (s + 1) & (v->capacity - 1))
            if (is_same(v, v->slots[s] - 1, value))
                return (int64_t)v->slots[s] - 1;
    json_append(&v->list, value);
    size_t place = v->count++;
    if (v->count * 2 > v->capacity)
        grow(v);
    else if (address != 0)
        insert(v, address, place);
    return (int64_t)place;
}
