// Which of some words a mistyped one meant: the nearest by Damerau-Levenshtein (insert, delete,
// replace, swap neighbours), composed and case-folded, so that only what a person would call a
// difference counts. Any thread.
#pragma once

#include <stddef.h>

#define NEAR_BY_LENGTH 0 // as many slips as a word of this length may have

// The first of the nearest candidates with at most `most` slips, or NULL. The word itself is no
// candidate; NULL among the candidates is passed over.
const char *near_word(const char *word, const char *const *candidates, size_t count, size_t most);
