// Gives sums to the pages of a database that was made without them. Whoever has the directory's
// lock; any thread.
#pragma once

#include <stdbool.h>

#include "store/sqlite_link.h"

// Closes the connection. The database has sums then; or it is as it was, the log says why, and the
// next start tries again.
void file_give_sums(sqlite3 *db);
