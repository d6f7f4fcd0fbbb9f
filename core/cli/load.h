// `dure serve --load DIR`: a folder with definitions (*.yaml), people.csv and start.yaml, brought
// in at the start and, with
// --dev, again when a file changes. Loop thread only.
#pragma once

#include <stdbool.h>

#include "base/fail.h"
#include "cli/site.h"

// Deploys every definition of the folder (those that are named, from elsewhere, in start.yaml too),
// imports people.csv, and starts what start.yaml says unless it is already there. A mistake is said
// on stderr with its place and makes it false; the rest is brought in all the same.
bool load_folder(struct site *site, const char *folder, bool replace);
