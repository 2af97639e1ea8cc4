"""The Tempo API."""
import json
import time
import urllib.parse

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from test_otlp import PROTOBUF, varint

JSON = {"Content-Type": "application/json"}


def export(trace_id, span_id, name, service="cart", start=None, ms=100, parent="", **more):
    start = start or time.time_ns()
    span = {"traceId": trace_id, "spanId": span_id, "parentSpanId": parent, "name": name, "kind": 2,
            "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + ms * 1_000_000), **more}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}).encode()


def send(server, *args, **kwargs):
    status, body = server.request("/v1/traces", export(*args, **kwargs), JSON)
    assert status == 200, body
    return json.loads(body)


def search(server, **params):
    status, body = server.request("/tempo/api/search?" + urllib.parse.urlencode(params))
    assert status == 200, body
    return [t["rootTraceName"] for t in json.loads(body)["traces"]]


A, B = "a" * 32, "0" * 16 + "b" * 16


def test_a_trace_by_id_in_all_its_forms(server):
    send(server, A, "1" * 16, "GET /", status={"code": 2, "message": "bad"},
         attributes=[{"key": "n", "value": {"intValue": "7"}}])
    send(server, A, "2" * 16, "query", service="db", parent="1" * 16)
    status, body = server.request(f"/tempo/api/traces/{A}")
    batches = json.loads(body)["batches"]
    assert status == 200 and len(batches) == 2
    span = batches[0]["scopeSpans"][0]["spans"][0]
    assert span["traceId"] == "qqqqqqqqqqqqqqqqqqqqqg==" and span["status"]["code"] == "STATUS_CODE_ERROR"
    assert span["attributes"] == [{"key": "n", "value": {"intValue": "7"}}]
    assert all(s["scope"] == {} for b in batches for s in b["scopeSpans"])
    status, body = server.request(f"/tempo/api/v2/traces/{A}")
    assert json.loads(body)["trace"]["resourceSpans"] == batches
    status, body = server.request(f"/tempo/api/traces/{A}", headers={"Accept": "application/protobuf"})
    parsed = TracesData.FromString(body)
    assert [s.name for r in parsed.resource_spans for c in r.scope_spans for s in c.spans] == ["GET /", "query"]
    assert all(r.HasField("resource") and c.HasField("scope") for r in parsed.resource_spans for c in r.scope_spans)


def test_unknown_and_malformed_ids(server):
    assert server.request("/tempo/api/traces/123abc") == (404, b"")
    status, body = server.request("/tempo/api/v2/traces/123abc")
    assert status == 200 and json.loads(body)["trace"] == {}
    assert server.request("/tempo/api/traces/xyz")[0] == 400
    send(server, B, "1" * 16, "short")
    assert server.request("/tempo/api/traces/" + "b" * 16)[0] == 200


def test_search(server):
    now = time.time_ns()
    send(server, A, "1" * 16, "GET /", start=now - 2 * 10**9, ms=50, attributes=[
        {"key": "http.status_code", "value": {"intValue": "500"}}])
    send(server, B, "2" * 16, "POST /", service="web", start=now - 10**9, ms=1500, status={"code": 2})
    assert search(server) == ["POST /", "GET /"]
    for query, want in [
        ("{}", ["POST /", "GET /"]),
        ('{resource.service.name="cart"}', ["GET /"]),
        ('{name=~"GET.*"}', ["GET /"]),
        ("{duration>1s}", ["POST /"]),
        ("{.http.status_code>=500}", ["GET /"]),
        ("{status=error && kind=server}", ["POST /"]),
        ('{.missing!="x"}', []),
        ('{rootServiceName="web"} || {name="GET /"}', ["POST /", "GET /"]),
    ]:
        assert search(server, q=query) == want, query
    assert search(server, tags="service.name=web") == ["POST /"]
    assert search(server, minDuration="1s") == ["POST /"]
    assert search(server, maxDuration="100ms") == ["GET /"]
    assert search(server, limit=1) == ["POST /"]
    assert search(server, start=1, end=2) == []
    assert search(server, q="{}", start=now // 10**9 - 60, end=now // 10**9 + 60) == ["POST /", "GET /"]


def test_tags(server):
    send(server, A, "1" * 16, "GET /", attributes=[{"key": "user", "value": {"stringValue": "u1"}}])
    status, body = server.request("/tempo/api/v2/search/tags")
    scopes = {s["name"]: s["tags"] for s in json.loads(body)["scopes"]}
    assert scopes["span"] == ["user"] and scopes["resource"] == ["service.name"] and "duration" in scopes["intrinsic"]
    status, body = server.request("/tempo/api/v2/search/tag/span.user/values")
    assert json.loads(body)["tagValues"] == [{"type": "string", "value": "u1"}]
    assert json.loads(server.request("/tempo/api/search/tag/service.name/values")[1])["tagValues"] == ["cart"]


def test_tenants_are_apart(server):
    body = export(A, "1" * 16, "GET /")
    assert server.request("/v1/traces", body, {**JSON, "X-Scope-OrgID": "other"})[0] == 200
    assert server.request(f"/tempo/api/traces/{A}")[0] == 404
    assert server.request(f"/tempo/api/traces/{A}", headers={"X-Scope-OrgID": "other"})[0] == 200


@pytest.mark.parametrize("params, text", [
    ({"q": "{"}, "invalid TraceQL query: parse error at line 1, col 2"),
    ({"q": "{} | rate()"}, "ask for it at /api/metrics/query_range"),
    ({"q": "{} | count()"}, "parse error at line 1, col 13: syntax error: unexpected $end"),
    ({"q": "{parent.a = 1}"}, "parent not yet supported"),
    ({"limit": "0"}, "limit"),
    ({"limit": "262145"}, "limit"),
    ({"spss": "101"}, "spss"),
    ({"spss": "0"}, "spss"),
    ({"start": "2", "end": "1"}, "start must be before end"),
    ({"start": "abc"}, "start"),
    ({"q": "{}", "tags": "a=b"}, "tags and q"),
    ({"tags": "a=b a=c"}, "duplicate tag"),
    ({"tags": "nonsense"}, "logfmt"),
    ({"minDuration": "fast"}, "minDuration"),
    ({"q": "{status = \"error\"}"}, "binary operations must operate on the same type: status = `error`"),
])
def test_bad_searches_say_what_is_wrong(server, params, text):
    status, body = server.request("/tempo/api/search?" + urllib.parse.urlencode(params))
    assert status == 400 and text in body.decode(), body


@pytest.mark.parametrize("path", ["metrics/summary", "overrides"])
def test_what_is_not_there_yet_says_so(server, path):
    status, body = server.request(f"/tempo/api/{path}")
    assert status == 400 and b"not supported yet" in body


def test_save_and_test(server):
    for base in ("/tempo", ""):
        assert server.request(base + "/api/echo") == (200, b"echo")
        version = json.loads(server.request(base + "/api/status/buildinfo")[1])["version"]
        assert tuple(map(int, version.split("."))) >= (2, 8, 0)


# What the plugin's strict reader knows.
KNOWN = {"traces": {"traceID", "rootServiceName", "rootTraceName", "startTimeUnixNano", "durationMs", "spanSet",
                    "spanSets", "serviceStats"},
         "metrics": {"inspectedTraces", "inspectedBytes", "totalBlocks", "completedJobs", "totalJobs",
                     "totalBlockBytes", "inspectedSpans"},
         "set": {"spans", "matched", "attributes"},
         "span": {"spanID", "name", "startTimeUnixNano", "durationNanos", "attributes"}}


def test_search_answers_have_the_known_fields_only(server):
    send(server, B, "1" * 16, "GET /", ms=1500, status={"code": 2}, attributes=[
        {"key": "n", "value": {"intValue": "7"}}, {"key": "raw", "value": {"bytesValue": "AQI="}}])
    send(server, B, "2" * 16, "part", ms=0, parent="1" * 16, service="db")
    query = '{status=error && .n=7 && resource.service.name="cart" && .raw!=nil && duration>1s}'
    status, body = server.request("/tempo/api/search?" + urllib.parse.urlencode({"q": query}))
    answer = json.loads(body)
    assert status == 200 and set(answer) == {"traces", "metrics"} and set(answer["metrics"]) <= KNOWN["metrics"]
    [trace] = answer["traces"]
    assert set(trace) <= KNOWN["traces"] and trace["spanSet"] == trace["spanSets"][0]
    assert trace["traceID"] == "b" * 16 and trace["rootServiceName"] == "cart" and trace["durationMs"] >= 1500
    assert trace["serviceStats"] == {"cart": {"spanCount": 1, "errorCount": 1}, "db": {"spanCount": 1}}
    [spans] = trace["spanSets"]
    assert set(spans) <= KNOWN["set"] and spans["matched"] == 1
    [span] = spans["spans"]
    assert set(span) <= KNOWN["span"] - {"name"} and span["durationNanos"] == "1500000000"
    assert span["attributes"] == [
        {"key": "status", "value": {"stringValue": "error"}}, {"key": "n", "value": {"intValue": "7"}},
        {"key": "service.name", "value": {"stringValue": "cart"}}]
    status, body = server.request("/tempo/api/search?" + urllib.parse.urlencode({"q": '{name="part"}', "spss": 1}))
    [trace] = json.loads(body)["traces"]
    assert trace["spanSet"]["spans"][0]["name"] == "part" and "durationNanos" not in trace["spanSet"]["spans"][0]
    status, body = server.request("/tempo/api/search?tags=name%3Dart")
    [trace] = json.loads(body)["traces"]
    assert "spanSets" not in trace
    assert json.loads(server.request("/tempo/api/search?tags=name%3DART")[1])["traces"] == []


def test_search_is_by_overlap_and_newest_first_by_start(server):
    now = time.time_ns() // 10**9 * 10**9
    send(server, "1" * 32, "1" * 16, "long", start=now - 1000 * 10**9, ms=900_000)
    send(server, "1" * 32, "2" * 16, "late part", start=now - 105 * 10**9, ms=1, parent="1" * 16)
    send(server, "2" * 32, "1" * 16, "short", start=now - 500 * 10**9, ms=10)
    at = lambda s: now // 10**9 - s
    assert search(server, q="{}", start=at(600), end=at(550)) == ["long"]
    assert search(server, q="{}", start=at(501), end=at(499)) == ["short", "long"]
    assert search(server, q="{}", start=at(90), end=at(1)) == []
    # The long one has the newest span, but began first.
    assert search(server, q="{}", limit=1) == ["short"]


def test_a_trace_without_its_root_is_found(server):
    send(server, A, "1" * 16, "orphan", parent="9" * 16)
    [trace] = json.loads(server.request("/tempo/api/search?q={}")[1])["traces"]
    assert trace["rootServiceName"] == "<root span not yet received>" and "rootTraceName" not in trace


def test_absurd_times_neither_break_nor_vanish(server):
    for i, (start, end) in enumerate([(0, 0), (1, 2**63), (2**64 - 1, 5), (16725225600 * 10**9, 0)]):
        span = {"traceId": f"{i + 1:032x}", "spanId": "1" * 16, "name": "odd", "startTimeUnixNano": str(start),
                "endTimeUnixNano": str(end)}
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
        assert server.request("/v1/traces", body, JSON) == (200, b"{}")
    server.kill()
    server.start()
    for i in range(4):
        status, body = server.request(f"/tempo/api/traces/{i + 1:x}")
        assert status == 200 and b'"odd"' in body
    # The one that lasts from 1970 to the end of time is under way now.
    assert search(server, q="{}") == ["odd"]


def test_tags_by_scope_and_values_by_query(server):
    send(server, A, "1" * 16, "GET /", attributes=[{"key": "a/b c", "value": {"stringValue": "v"}},
                                                   {"key": "n", "value": {"intValue": "1"}}],
         events=[{"name": "e", "attributes": [{"key": "ev", "value": {"boolValue": True}}]}])
    send(server, B, "1" * 16, "POST /", service="web", attributes=[{"key": "n", "value": {"doubleValue": 0.5}}])
    get = lambda path: json.loads(server.request("/tempo/api" + path)[1])
    values = lambda name, **q: [(v["type"], v["value"]) for v in get(
        f"/v2/search/tag/{urllib.parse.quote(name, safe='')}/values?" + urllib.parse.urlencode(q))["tagValues"]]
    scopes = {s["name"]: s["tags"] for s in get("/v2/search/tags")["scopes"]}
    assert scopes["span"] == ["a/b c", "n"] and scopes["event"] == ["ev"]
    assert {"span:status", "trace:id", "nestedSetLeft", "parent"} & set(scopes["intrinsic"]) == {
        "span:status", "trace:id", "nestedSetLeft"}
    assert [s["name"] for s in get("/v2/search/tags?scope=resource")["scopes"]] == ["resource"]
    assert server.request("/tempo/api/v2/search/tags?scope=nonsense")[0] == 400
    assert get("/search/tags")["tagNames"] == ["a/b c", "ev", "n", "service.name"]
    assert values("span.n") == [("float", "0.5"), ("int", "1")]
    assert values('span."a/b c"') == [("string", "v")] and values("event.ev") == [("bool", "true")]
    assert values("name") == [("string", "GET /"), ("string", "POST /")] and values("event:name") == [("string", "e")]
    assert values("span:status") == [("keyword", "error"), ("keyword", "ok"), ("keyword", "unset")]
    assert values("duration") == [] and values("traceDuration") == []
    assert values("resource.service.name", q='{ .n = 1 && resource.x = }') == [("string", "cart")]
    assert values("resource.service.name", q="{ nonsense") == [("string", "cart"), ("string", "web")]
    assert len(values("resource.service.name", limit=1)) == 1
    assert values("resource.service.name", start=1, end=2) == []


def streaming_search(server, query, **fields):
    """SearchRequest by hand: query is field 8, limit 4."""
    message = b"\x42" + bytes([len(query)]) + query.encode() + b"\x20" + bytes([fields.get("limit", 20)])
    with grpc.insecure_channel(server.url.removeprefix("http://")) as channel:
        call = channel.unary_stream("/tempopb.StreamingQuerier/Search", request_serializer=bytes,
                                    response_deserializer=bytes)
        return list(call(message, timeout=30))


def test_streaming_search_as_grafana_tests_its_data_source(server):
    [empty] = streaming_search(server, "{}", limit=1)
    assert b"cart" not in empty
    send(server, B, "1" * 16, "GET /")
    [answer] = streaming_search(server, "{}", limit=1)
    assert b"cart" in answer and b"GET /" in answer and b"b" * 16 in answer
    with pytest.raises(grpc.RpcError) as error:
        streaming_search(server, "{")
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT and "parse error" in error.value.details()


def every_kind_of_value():
    """As protobuf, so that nothing of JSON comes between."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add(schema_url="r-schema")
    group.resource.attributes.add(key="service.name").value.string_value = "cart"
    group.resource.dropped_attributes_count = 1
    scoped = group.scope_spans.add(schema_url="s-schema")
    scoped.scope.name, scoped.scope.version, scoped.scope.dropped_attributes_count = "lib", "1.2", 2
    scoped.scope.attributes.add(key="s").value.bool_value = True
    span = scoped.spans.add(trace_id=bytes.fromhex(A), span_id=b"1" * 8, parent_span_id=b"2" * 8, name="x", kind=5,
                            trace_state="a=b", flags=257, dropped_attributes_count=3, dropped_events_count=4,
                            dropped_links_count=5, start_time_unix_nano=time.time_ns())
    span.end_time_unix_nano = span.start_time_unix_nano - 5
    span.status.code, span.status.message = 2, "bad"
    values = span.attributes
    values.add(key="").value.string_value = "empty key"
    values.add(key="twice").value.int_value = -2**63
    values.add(key="twice").value.double_value = 0.1
    values.add(key="bytes").value.bytes_value = b"\0\xff"
    values.add(key="nothing").value.SetInParent()
    values.add(key="list").value.array_value.values.add().array_value.values.add().string_value = ""
    values.add(key="map").value.kvlist_value.values.add(key="k").value.kvlist_value.SetInParent()
    event = span.events.add(name="e", time_unix_nano=7, dropped_attributes_count=6)
    event.attributes.add(key="é").value.bool_value = False
    link = span.links.add(trace_id=b"3" * 16, span_id=b"4" * 8, trace_state="c=d", flags=1, dropped_attributes_count=7)
    link.attributes.add(key="l").value.int_value = 0
    return request


def test_a_trace_comes_back_as_it_was_sent(server):
    request = every_kind_of_value()
    assert server.request("/v1/traces", request.SerializeToString(), PROTOBUF)[0] == 200
    for _ in range(2):
        _, v1 = server.request(f"/tempo/api/traces/{A}", headers={"Accept": "application/protobuf"})
        assert list(TracesData.FromString(v1).resource_spans) == list(request.resource_spans)
        _, v2 = server.request(f"/tempo/api/v2/traces/{A.upper()}?start=1&end=2", headers={"Accept": "application/protobuf"})
        assert v2 == b"\x0a" + varint(len(v1)) + v1 + b"\x12\0"
        server.kill()
        server.start()
    assert server.request("/tempo/api/v2/traces/abc", headers={"Accept": "application/protobuf"})[1] == b"\x0a\0\x12\0"


def test_spans_without_a_resource_are_not_hidden_from_grafana(server):
    span = {"traceId": A, "spanId": "1" * 16, "name": "bare", "startTimeUnixNano": str(time.time_ns())}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    assert server.request("/v1/traces", body, JSON)[0] == 200
    parsed = TracesData.FromString(server.request(f"/api/traces/{A}", headers={"Accept": "application/protobuf"})[1])
    assert parsed.resource_spans[0].resource.attributes[0].key == "service.name"
    assert parsed.resource_spans[0].scope_spans[0].HasField("scope")
    assert parsed.resource_spans[0].scope_spans[0].spans[0].HasField("status")


def test_a_bad_span_costs_only_itself(server):
    good = json.loads(export(A, "1" * 16, "good"))
    bad = json.loads(export("aa", "1" * 16, "bad"))
    body = json.dumps({"resourceSpans": good["resourceSpans"] + bad["resourceSpans"]}).encode()
    status, answer = server.request("/v1/traces", body, JSON)
    partial = json.loads(answer)["partialSuccess"]
    assert status == 200 and int(partial["rejectedSpans"]) == 1 and "bad" in partial["errorMessage"]
    assert server.request(f"/tempo/api/traces/{A}")[0] == 200
