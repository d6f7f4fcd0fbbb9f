// Dates: days since 1970-01-01 of the proleptic Gregorian calendar, and the reading of fixed-width
// numbers that date texts are made of. Plain values. Any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

#define DATE_YEAR_MIN 1900
#define DATE_YEAR_MAX 9999

int32_t date_from_civil(int year, int month, int day); // month from 1; the day may overflow it
void date_to_civil(int32_t date, int *year, int *month, int *day);
int date_month_days(int year, int month);
int date_weekday(int32_t date);                                             // 0 Sunday
CHECKED bool date_parse(const char *text, int32_t *date, struct fail *why); // "2013-05-24"

// Reads exactly `digits` digits and moves on; false leaves `at` where it was.
bool date_digits(const char **at, int digits, int *value);
// Reads "2013-05-24" within DATE_YEAR_MIN to _MAX and moves on.
bool date_scan(const char **at, int *year, int *month, int *day);
