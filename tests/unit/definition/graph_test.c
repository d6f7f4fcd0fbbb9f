#include "definition/definition.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "support.h"
#include "test.h"

static const char VOTE[] =
    "document: { dsl: 1.0.3, namespace: club, name: vote, version: 1.0.0, title: '의결 \"<1>\"' }\n"
    "do:\n"
    "  - decide: { call: vote, metadata: { title: 표결 } }\n"
    "  - each:\n"
    "      for: { in: .members }\n"
    "      do:\n"
    "        - tell: { call: notify }\n"
    "  - route:\n"
    "      switch:\n"
    "        - again: { when: .tie, then: decide }\n"
    "        - rest: { then: end }\n";

static void draw(const char *text, json states, bool mermaid, struct bytes *out)
{
    struct support_parsed p;
    support_parse(&p, text);
    assert_non_null(p.definition);
    bytes_init(out, 1 << 20);
    if (mermaid)
        graph_mermaid(p.definition, out);
    else
        graph_dot(p.definition, states, out);
    support_done(&p);
}

TEST(graph, draws_dot_with_states_and_escaped_labels)
{
    UNUSED_STATE;
    struct bytes out;
    json states = support_json("{\"/do/0/decide\":\"waiting\",\"/do/1/each\":\"completed\"}");
    draw(VOTE, states, false, &out);
    assert_non_null(strstr(out.data, "label=\"의결 \\\"&lt;1&gt;\\\"\\nclub/vote 1.0.0\""));
    assert_non_null(strstr(out.data, "label=\"표결\\ncall vote\""));
    assert_non_null(strstr(out.data, "class=\"task call waiting\""));
    assert_non_null(strstr(out.data, "class=\"task for completed\""));
    assert_non_null(strstr(out.data, "subgraph cluster_c1"));
    assert_non_null(strstr(out.data, "t2 -> t0 [style=dashed, constraint=false, label=\"again\"]"));
    assert_non_null(strstr(out.data, "t2 -> finish [label=\"rest\"]"));
    json_free(states);
    bytes_done(&out);
}

TEST(graph, draws_mermaid)
{
    UNUSED_STATE;
    struct bytes out;
    draw(VOTE, json_absent(), true, &out);
    assert_non_null(strstr(out.data, "flowchart TD\n"));
    assert_non_null(strstr(out.data, "t0(\"표결<br/>call vote\")"));
    assert_non_null(strstr(out.data, "subgraph c1[\"each<br/>for each item\"]"));
    assert_non_null(strstr(out.data, "t2 -.->|\"again\"| t0"));
    bytes_done(&out);
}

TEST(graph, cuts_a_long_title_between_characters)
{
    UNUSED_STATE;
    struct bytes out;
    draw("document: { dsl: 1.0.3, namespace: club, name: long, version: 1.0.0 }\n"
         "do:\n"
         "  - "
         "가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나"
         "다:\n"
         "      wait: P1D\n",
         json_absent(), false, &out);
    assert_non_null(strstr(out.data, "…\\nwait P1D"));
    assert_true(utf8_is_valid(out.data, out.length));
    bytes_done(&out);
}

RUN(CASE(graph, draws_dot_with_states_and_escaped_labels), CASE(graph, draws_mermaid),
    CASE(graph, cuts_a_long_title_between_characters))
