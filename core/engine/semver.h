// Order of versions (Semantic Versioning 2.0.0, section 11). Texts that are no version sort before
// all versions, by their bytes. Any thread.
#pragma once

int semver_compare(const char *a, const char *b); // <0, 0, >0; build metadata does not count
