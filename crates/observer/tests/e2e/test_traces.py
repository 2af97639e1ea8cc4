"""The Tempo API."""
import json
import time
import urllib.parse

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

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
    ({"q": "{} | rate()"}, "not supported yet: pipelines"),
    ({"limit": "0"}, "limit"),
    ({"start": "2", "end": "1"}, "start must be before end"),
])
def test_bad_searches_say_what_is_wrong(server, params, text):
    status, body = server.request("/tempo/api/search?" + urllib.parse.urlencode(params))
    assert status >= 400 and text in body.decode(), body


def test_a_bad_span_costs_only_itself(server):
    good = json.loads(export(A, "1" * 16, "good"))
    bad = json.loads(export("aa", "1" * 16, "bad"))
    body = json.dumps({"resourceSpans": good["resourceSpans"] + bad["resourceSpans"]}).encode()
    status, answer = server.request("/v1/traces", body, JSON)
    partial = json.loads(answer)["partialSuccess"]
    assert status == 200 and int(partial["rejectedSpans"]) == 1 and "bad" in partial["errorMessage"]
    assert server.request(f"/tempo/api/traces/{A}")[0] == 200
