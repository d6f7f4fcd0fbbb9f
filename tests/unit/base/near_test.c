#include "base/near.h"

#include "test.h"

TEST(near, takes_no_more_slips_than_it_may)
{
    UNUSED_STATE;
    static const char *const words[] = {"Asia/Baku", NULL, "Asia/Seoul", "Asia/Tokyo"};
    assert_string_equal(near_word("Asia/Seul", words, 4, 2), "Asia/Seoul");
    assert_string_equal(near_word("asia/tokio", words, 4, 2), "Asia/Tokyo");
    assert_null(near_word("Mars/Base", words, 4, 2));
    assert_null(near_word("Asia/S", words, 4, 2));
    assert_string_equal(near_word("Asia/Base", words, 4, NEAR_BY_LENGTH), "Asia/Baku");
    assert_null(near_word("\xff", words, 4, NEAR_BY_LENGTH));
}

RUN(CASE(near, takes_no_more_slips_than_it_may))
