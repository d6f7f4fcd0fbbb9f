#include "net/smtp_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void smtp_talk_begin(struct smtp_talk *talk)
{
    *talk = (struct smtp_talk){0};
}

// After DATA was granted libcurl sends no more commands: what is heard next is about the message.
void smtp_talk_sent(struct smtp_talk *talk, const char *line, size_t bytes)
{
    if (talk->over)
        return;
    // A connection whose mail was refused is ended at once: the refusal is what counts.
    talk->over = bytes >= 4 && strncasecmp(line, "QUIT", 4) == 0;
    if (talk->over)
        return;
    size_t length = 0;
    while (length < bytes && length < sizeof talk->verb - 1 && isalpha((unsigned char)line[length]))
        length++;
    memcpy(talk->verb, line, length);
    talk->verb[length] = 0;
    talk->code = 0;
}

static bool begins_with_code(const char *line, size_t bytes)
{
    return bytes >= 3 && line[0] >= '2' && line[0] <= '5' && isdigit((unsigned char)line[1]) &&
           isdigit((unsigned char)line[2]);
}

void smtp_talk_heard(struct smtp_talk *talk, const char *line, size_t bytes)
{
    size_t length = 0;
    if (talk->over)
        return;
    for (size_t i = 0; i < bytes && length < sizeof talk->words - 1; i++)
        if ((unsigned char)line[i] >= ' ' && (unsigned char)line[i] < 0x7F)
            talk->words[length++] = line[i];
    talk->words[length] = 0;
    if (!begins_with_code(talk->words, length))
        return;
    talk->code = (talk->words[0] - '0') * 100 + (talk->words[1] - '0') * 10 + talk->words[2] - '0';
    if (talk->code == 354)
        snprintf(talk->verb, sizeof talk->verb, ".");
}

// "5.1.1" behind the number (RFC 3463), or "".
static const char *enhanced_code(const struct smtp_talk *talk)
{
    const char *after = talk->words + 3;
    if (strlen(talk->words) < 9 || (*after != ' ' && *after != '-'))
        return "";
    return isdigit((unsigned char)after[1]) && after[2] == '.' ? after + 1 : "";
}

// Which refusals of a recipient are about the recipient: not those about us (5.7: policy, log-in,
// relaying), nor a full mailbox (5.2.2), which may be emptied.
static bool is_about_address(const struct smtp_talk *talk)
{
    const char *enhanced = enhanced_code(talk);
    if (strcmp(talk->verb, "RCPT") != 0)
        return false;
    if (strncmp(enhanced, "5.7", 3) == 0 || strncmp(enhanced, "5.2.2", 5) == 0)
        return false;
    return talk->code == 550 || talk->code == 551 || talk->code == 553 || talk->code == 554 ||
           talk->code == 556;
}

static bool is_of_tls(CURLcode result)
{
    return result == CURLE_SSL_CONNECT_ERROR || result == CURLE_PEER_FAILED_VERIFICATION ||
           result == CURLE_USE_SSL_FAILED || result == CURLE_SSL_CACERT_BADFILE ||
           result == CURLE_SSL_ISSUER_ERROR || result == CURLE_SSL_CERTPROBLEM;
}

static bool is_before_envelope(const struct smtp_talk *talk)
{
    return strcmp(talk->verb, "RCPT") != 0 && strcmp(talk->verb, "DATA") != 0 &&
           strcmp(talk->verb, ".") != 0;
}

// What stands in the way of every mail: nothing is final, since whoever runs the server mends it.
static void judge_server(CURLcode result, const struct smtp_talk *talk, const char *text,
                         struct smtp_result *out)
{
    out->blame = SMTP_SERVER;
    if (result == CURLE_OPERATION_TIMEDOUT)
        fail(&out->why, FAIL_TIMEOUT, "the mail server did not answer in time");
    else if (is_of_tls(result))
        fail(&out->why, FAIL_DENIED,
             "the mail server was not trusted: %.150s; see mail_ca and mail_tls", text);
    else if (result == CURLE_LOGIN_DENIED)
        fail(&out->why, FAIL_DENIED,
             "the mail server refused the log-in (%.150s); see mail_user and mail_password",
             talk->words);
    else if (talk->code >= 400)
        fail(&out->why, FAIL_BUSY, "the mail server answered %.190s", talk->words);
    else
        fail(&out->why, FAIL_IO, "the mail server: %.190s", text);
}

void smtp_judge(CURLcode result, const struct smtp_talk *talk, const char *text,
                struct smtp_result *out)
{
    *out = (struct smtp_result){.sent = result == CURLE_OK, .code = talk->code};
    if (out->sent)
        return;
    text = text && *text ? text : curl_easy_strerror(result);
    bool answered = talk->code >= 400 && talk->code < 600;
    if (is_before_envelope(talk) || !answered || result == CURLE_LOGIN_DENIED ||
        is_of_tls(result) || talk->code == 421 || talk->code == 530) {
        judge_server(result, talk, text, out);
        return;
    }
    out->blame = is_about_address(talk) || (talk->code < 500 && strcmp(talk->verb, "RCPT") == 0)
                     ? SMTP_ADDRESS
                     : SMTP_MESSAGE;
    fail(&out->why, talk->code < 500 ? FAIL_BUSY : FAIL_REFUSED, "the mail server answered %.190s",
         talk->words);
}
