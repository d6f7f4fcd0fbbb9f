#include "calendar/date.h"

#include "base/must.h"
#include "base/utf8.h"

// The arithmetic runs on years that begin in March, so that the leap day is the last of its year
// and the lengths of the months before any month follow one formula. An era is 400 years or 146097
// days.
#define ERA_DAYS       146097
#define DAYS_TO_MARCH0 719468 // from 0000-03-01 to 1970-01-01

int32_t date_from_civil(int year, int month, int day)
{
    must(month >= 1 && month <= 12);
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (int32_t)(era * ERA_DAYS + day_of_era - DAYS_TO_MARCH0);
}

void date_to_civil(int32_t date, int *year, int *month, int *day)
{
    int64_t z = (int64_t)date + DAYS_TO_MARCH0;
    int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t of_era = z - era * ERA_DAYS;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400) + (*month <= 2);
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int date_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    must(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && is_leap(year));
}

int date_weekday(int32_t date)
{
    int64_t from_thursday = ((int64_t)date + 4) % 7;
    return (int)(from_thursday < 0 ? from_thursday + 7 : from_thursday);
}

bool date_digits(const char **at, int digits, int *value)
{
    int n = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9')
            return false;
        n = n * 10 + (c - '0');
    }
    *at += digits;
    *value = n;
    return true;
}

bool date_scan(const char **at, int *year, int *month, int *day)
{
    const char *s = *at;
    if (!date_digits(&s, 4, year) || *s++ != '-' || !date_digits(&s, 2, month) || *s++ != '-' ||
        !date_digits(&s, 2, day))
        return false;
    if (*year < DATE_YEAR_MIN || *month < 1 || *month > 12 || *day < 1 ||
        *day > date_month_days(*year, *month))
        return false;
    *at = s;
    return true;
}

bool date_parse(const char *text, int32_t *date, struct fail *why)
{
    const char *at = text;
    int year, month, day;
    if (!date_scan(&at, &year, &month, &day) || *at)
        return fail(why, FAIL_INVALID, "'%.*s' is not a date of the years %d to %d like 2013-05-24",
                    utf8_cut(text, 60), text, DATE_YEAR_MIN, DATE_YEAR_MAX);
    *date = date_from_civil(year, month, day);
    return true;
}
