// Withdrawing an application under review from its receipt: the offer there and the page that asks
// whether one is sure. Loop thread only.
#pragma once

#include "web/state.h"

// Whether it can be withdrawn now; `item` and `answer` as people/item.h shows them.
bool withdraw_is_offered(struct web *w, json item, json answer);
// On the receipt's page; nothing where it is not offered.
void withdraw_write_offer(struct web *w, struct page *p, const char *receipt, json item,
                          json answer);
void withdraw_routes(struct web *w);
