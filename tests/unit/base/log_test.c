#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "base/utf8.h"

static char written[200000];
static int real_stderr;
static FILE *caught;

static void catch_stderr(void)
{
    caught = tmpfile();
    assert_non_null(caught);
    real_stderr = dup(STDERR_FILENO);
    dup2(fileno(caught), STDERR_FILENO);
}

static const char *release_stderr(void)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(caught);
    size_t length = fread(written, 1, sizeof(written) - 1, caught);
    written[length] = 0;
    fclose(caught);
    return written;
}

static void assert_logged(const char *expected)
{
    const char *line = release_stderr();
    if (!strstr(line, expected))
        fail_msg("'%s' is not in '%s'", expected, line);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_true(utf8_is_valid(line, strlen(line)));
}

TEST(log, writes_json_with_typed_fields)
{
    UNUSED_STATE;
    log_configure(LOG_INFO, true);
    catch_stderr();
    log_info("engine", "recovered",
             "instances=%d id=%s note=\"disk \\\"a\\\" full\" late -=1 z=007", 3, "01ABC");
    assert_logged("\"level\":\"info\",\"room\":\"engine\",\"event\":\"recovered\",\"instances\":3,"
                  "\"id\":\"01ABC\",\"note\":\"disk \\\"a\\\" full\",\"late\":true,\"-\":1,"
                  "\"z\":\"007\"}\n");
}

TEST(log, writes_logfmt)
{
    UNUSED_STATE;
    log_configure(LOG_INFO, false);
    catch_stderr();
    log_warn("store", "slow", "ms=%d path=\"a b\"", 12);
    assert_logged("Z warn  store: slow ms=12 path=\"a b\"\n");
}

TEST(log, keeps_foreign_text_on_its_line)
{
    UNUSED_STATE;
    log_configure(LOG_INFO, true);
    catch_stderr();
    log_error("net", "bad", "what=%s", "a\nb\x1B\xFF\"c\\");
    assert_logged("\"what\":\"a\\u000ab\\u001b\xEF\xBF\xBD\\\"c\\\\\"}\n");
    log_configure(LOG_INFO, false);
    catch_stderr();
    log_error("net", "bad", "what=%s", "a\nb");
    assert_logged("what=a\\u000ab\n");
}

TEST(log, keeps_long_records_whole)
{
    UNUSED_STATE;
    static char text[20000];
    memset(text, 1, sizeof(text) - 1);
    log_configure(LOG_INFO, true);
    catch_stderr();
    log_info("net", "long", "what=%s", text);
    assert_logged("\\u0001\"}\n");
}

TEST(log, leaves_out_what_is_below_the_level)
{
    UNUSED_STATE;
    log_configure(LOG_WARN, true);
    catch_stderr();
    log_info("net", "quiet", "a=1");
    assert_string_equal(release_stderr(), "");
    log_configure(LOG_INFO, true);
}

RUN(CASE(log, writes_json_with_typed_fields), CASE(log, writes_logfmt),
    CASE(log, keeps_foreign_text_on_its_line), CASE(log, keeps_long_records_whole),
    CASE(log, leaves_out_what_is_below_the_level))
