// What a mail server said, and whose fault it was: the last word of a conversation with the command
// that it answers, and the judgement that follows from the two. Pure; any thread.
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/smtp.h"

#define SMTP_WORDS_SIZE 200

// The conversation so far. Only the verb of a command is kept, so that no password is.
struct smtp_talk {
    char verb[10];               // "RCPT", "DATA", …; "." is the message itself
    char words[SMTP_WORDS_SIZE]; // the server's last line, without control characters
    int code;                    // its number, 0: none yet
    bool over;                   // QUIT was said; what follows is no answer to the mail
};
void smtp_talk_begin(struct smtp_talk *talk);
void smtp_talk_sent(struct smtp_talk *talk, const char *line, size_t bytes);
void smtp_talk_heard(struct smtp_talk *talk, const char *line, size_t bytes);

// How it ended, from libcurl's result and the conversation; `text` is libcurl's own explanation.
void smtp_judge(CURLcode result, const struct smtp_talk *talk, const char *text,
                struct smtp_result *out);
