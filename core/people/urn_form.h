// What urns and those who check them agree on: how a ballot becomes a mark, a number and a point,
// and where a publication lies among the payloads of its instance. Any thread.
#pragma once

#include "base/hash.h"
#include "base/multiset.h"

#define URN_FORMAT         "dure-urn/1"
#define URN_PAYLOAD_PREFIX "urn "
#define URN_NUMBER_BYTES   16
#define URN_NUMBER_SIZE    (URN_NUMBER_BYTES * 2 + 1)

// BLAKE2b-256 of "RECEIPT:VALUE": whoever has the receipt can make it again, nobody else can.
struct hash urn_mark(const char *receipt, const char *value);
// By which the ballot is found in the list: a hash of the receipt alone, in hex.
void urn_number(const char *receipt, char out[URN_NUMBER_SIZE]);
// What is summed: mark and value together, so that neither is another's later.
struct point urn_point(const char mark_hex[HASH_HEX_SIZE], const char *value);
