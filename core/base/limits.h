// Every largest size in one place; messages that refuse name the number. Any thread.
#pragma once

#define LIMIT_DEFINITION_BYTES (4 * 1024 * 1024)
#define LIMIT_DEFINITION_TASKS 20000
#define LIMIT_DOCUMENT_DEPTH   64 // YAML and JSON nesting
#define LIMIT_YAML_NODES       400000
#define LIMIT_PAYLOAD_BYTES    (8 * 1024 * 1024) // one input, output, event or answer
#define LIMIT_PAYLOAD_INLINE   (16 * 1024)       // above: stored once, by content hash
#define LIMIT_EXPRESSION_BYTES (16 * 1024)
#define LIMIT_EXPRESSIONS      20000  // in one definition
#define LIMIT_STEPS_PER_TURN   100000 // machine steps of one instance without an effect or wait
#define LIMIT_FRAME_DEPTH      200
#define LIMIT_FORK_BRANCHES    1000
#define LIMIT_WAIT_DAYS        36525 // a hundred years
#define LIMIT_RETRY_ATTEMPTS   1000000
#define LIMIT_EVENT_ATTRIBUTES 64
#define LIMIT_BODY_BYTES       (8 * 1024 * 1024) // HTTP request
#define LIMIT_HEADER_BYTES     (32 * 1024)
#define LIMIT_CONNECTIONS      2000
#define LIMIT_FORM_FIELDS      2000
#define LIMIT_CSV_ROWS         200000
#define LIMIT_CSV_CELL_BYTES   (64 * 1024)
#define LIMIT_PAGE_ROWS        200
#define LIMIT_DIAGNOSTICS      200
