// Pictures by Graphviz: DOT in, SVG out, in a child process on the loop. Loop thread only.
#pragma once

#include <uv.h>

#include "base/bytes.h"
#include "base/fail.h"

// `drawn` is called once, later, with the SVG, or NULL and why (no `dot`, too large, too slow).
typedef void picture_drawn(void *context, struct bytes *svg, const struct fail *why);
void picture_draw(uv_loop_t *loop, const char *dot, size_t bytes, picture_drawn *drawn,
                  void *context);
