// What a mail carries so that answers to it find their way: the address that bounces come back to,
// its Message-ID, and the link by which optional mail is opted out of. All are signed with the data
// directory's key: a stranger can neither mark an address as dead nor opt somebody else out. Loop
// thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/hash.h"
#include "people/people.h"

#define MAIL_TOKEN_SIZE 520

// "bounces@example.org" for the mail with number 27 becomes "bounces+27-5f0c…@example.org".
CHECKED bool mail_return_path(struct people *p, const char *bounces, int64_t seq,
                              char out[MAIL_TOKEN_SIZE], struct fail *why);
// The number of the mail that a bounce to this address is about; false if it is none of ours.
bool mail_of_return_path(struct people *p, const char *address, int64_t *seq);

// What stands for a mail's key in its Message-ID: whoever only knows the key cannot make it up.
CHECKED bool mail_message_key(struct people *p, const char *key, char out[HASH_HEX_SIZE],
                              struct fail *why);

// "TOKEN" for /u/TOKEN: whose (an id, or an address of nobody known), and of what purpose.
CHECKED bool optout_token(struct people *p, const char *who, const char *purpose,
                          char out[MAIL_TOKEN_SIZE], struct fail *why);
// The caller frees both with mem_free; FAIL_DENIED bad_link.
CHECKED bool optout_read(struct people *p, const char *token, char **who, char **purpose,
                         struct fail *why);
