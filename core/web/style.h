// The one style sheet, served as /style.css. Immutable. Any thread.
#pragma once

extern const char web_style[];
