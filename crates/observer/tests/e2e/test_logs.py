"""The Loki API, with what agents push and what Grafana asks."""
import gzip
import json
import time
import urllib.parse

import pytest

JSON = {"Content-Type": "application/json"}


def push(server, labels, values, headers=None, path="/loki/api/v1/push"):
    body = json.dumps({"streams": [{"stream": labels, "values": values}]}).encode()
    return server.request(path, body, {**JSON, **(headers or {})})


def now_ns():
    return time.time_ns() // 1000 * 1000


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def snappy(data):
    """Valid snappy: literals only."""
    out = varint(len(data))
    for i in range(0, len(data), 60):
        part = data[i:i + 60]
        out += bytes([len(part) - 1 << 2]) + part
    return out


def protobuf_push(labels, entries):
    streams = field(1, labels.encode())
    for ns, line, metadata in entries:
        ts = varint(1 << 3) + varint(ns // 10**9) + varint(2 << 3) + varint(ns % 10**9)
        pairs = b"".join(field(3, field(1, n.encode()) + field(2, v.encode())) for n, v in metadata.items())
        streams += field(2, field(1, ts) + field(2, line.encode()) + pairs)
    return snappy(field(1, streams))


def test_both_encodings_come_back(server):
    t = now_ns()
    assert push(server, {"app": "web"}, [[str(t), "GET /a 200"], [str(t + 1), "GET /b 500", {"user": "u1"}]])[0] == 204
    body = protobuf_push('{app="db"}', [(t + 2, "level=warn slow query", {"trace_id": "abc"})])
    assert server.request("/loki/loki/api/v1/push", body, {"Content-Type": "application/x-protobuf"})[0] == 204
    zipped = gzip.compress(json.dumps({"streams": [{"stream": {"app": "zip"}, "values": [[str(t), "z"]]}]}).encode())
    assert server.request("/api/prom/push", zipped, {**JSON, "Content-Encoding": "gzip"})[0] == 204
    streams = server.logs('{app=~"web|db"}')
    assert {s["stream"]["service_name"] for s in streams} == {"web", "db"}
    by_line = {line: s["stream"] for s in streams for _, line in s["values"]}
    assert by_line["GET /b 500"]["user"] == "u1"
    assert by_line["level=warn slow query"]["detected_level"] == "warn"
    assert by_line["level=warn slow query"]["trace_id"] == "abc"
    # Filters, order and limit.
    assert [line for s in server.logs('{app="web"} |= "GET" != "500"') for _, line in s["values"]] == ["GET /a 200"]
    forward = server.logs('{app="web"} | drop detected_level, user', direction="forward", limit=1)
    assert forward[0]["values"] == [[str(t), "GET /a 200"]]
    assert server.logs('{app="web"} |~ "(?i)get /[ab]" | user="u1"')[0]["stream"]["user"] == "u1"


def test_categorized_labels(server):
    t = now_ns()
    push(server, {"app": "a"}, [[str(t), '{"x": 1}', {"m": "v"}], [str(t + 1), "plain"]])
    query = urllib.parse.urlencode({"query": '{app="a"} | json', "start": str(t - 10**9), "end": str(t + 10**9)})
    headers = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
    status, body = server.request("/loki/api/v1/query_range?" + query, headers=headers)
    data = json.loads(body)["data"]
    assert status == 200 and data["encodingFlags"] == ["categorize-labels"]
    stream, = data["result"]
    assert stream["stream"] == {"app": "a", "service_name": "a"}
    assert [v[1] for v in stream["values"]] == ["plain", '{"x": 1}']
    assert stream["values"][1][2] == {
        "structuredMetadata": {"m": "v", "detected_level": "unknown"}, "parsed": {"x": "1"}}
    assert stream["values"][0][2]["parsed"]["__error__"] == "JSONParserErr"


def test_metric_queries(server):
    t = now_ns() // 60_000_000_000 * 60_000_000_000 - 600 * 10**9
    push(server, {"app": "a"}, [[str(t + i * 10**9), "level=error x"] for i in range(1, 61)])
    push(server, {"app": "b"}, [[str(t + i * 10**9), "level=info y"] for i in range(1, 31)])

    def at(query, seconds):
        params = urllib.parse.urlencode({"query": query, "time": str(t + seconds * 10**9)})
        status, body = server.request("/loki/api/v1/query?" + params)
        assert status == 200, body
        return {tuple(sorted(r["metric"].items())): r["value"][1] for r in json.loads(body)["data"]["result"]}

    assert at('sum by (app) (count_over_time({app=~".+"}[1m]))', 60) == {(("app", "a"),): "60", (("app", "b"),): "30"}
    # Windows are open on the left and closed on the right.
    assert at('sum(count_over_time({app="a"}[10s]))', 10) == {(): "10"}
    assert at('sum(rate({app="a"}[10s])) * 2', 10) == {(): "2"}
    assert at('sum by (detected_level) (count_over_time({app=~".+"} | drop __error__ [1m]))', 60) == {
        (("detected_level", "error"),): "60", (("detected_level", "info"),): "30"}
    params = {"query": 'sum(count_over_time({app="a"}[1m]))', "start": str(t), "end": str(t + 120 * 10**9), "step": "60"}
    status, body = server.request("/loki/api/v1/query_range?" + urllib.parse.urlencode(params))
    assert json.loads(body)["data"]["result"] == [
        {"metric": {}, "values": [[t // 10**9 + 60, "60"]]}]


def test_what_grafana_asks_to_save_and_test(server):
    query = urllib.parse.urlencode({"query": "vector(1)+vector(1)"})
    status, body = server.request("/loki/loki/api/v1/query?" + query)
    result, = json.loads(body)["data"]["result"]
    assert (status, result["value"][1]) == (200, "2")
    assert json.loads(server.request("/loki/loki/api/v1/status/buildinfo")[1])["version"].startswith("3.")
    assert server.request("/tempo/api/echo") == (200, b"echo")
    assert json.loads(server.request("/tempo/api/status/buildinfo")[1])["version"].startswith("2.")


def test_labels_series_and_stats(server):
    t = now_ns()
    push(server, {"app": "a", "env": "x"}, [[str(t), "12345"]])
    push(server, {"app": "b"}, [[str(t), "1"]], {"X-Scope-OrgID": "other"})

    def get(path, **params):
        status, body = server.request(f"/loki/loki/api/v1/{path}?" + urllib.parse.urlencode(params))
        assert status == 200, body
        return json.loads(body)

    assert get("labels") == {"status": "success", "data": ["app", "env", "service_name"]}
    assert get("label/app/values")["data"] == ["a"]
    assert get("label/env/values", query='{app="nobody"}')["data"] == []
    assert get("series", match='{app="a"}')["data"] == [{"app": "a", "env": "x", "service_name": "a"}]
    stats = get("index/stats", query='{app="a"}')
    assert stats["streams"] == 1 and stats["entries"] == 1


@pytest.mark.parametrize("body, headers, status, text", [
    (b"{}", {"Content-Type": ""}, 400, "mime: no media type"),
    (b"{}", JSON, 422, "at least one valid stream"),
    (b'{"streams":[{"stream":{"a":"b"},"values":[[1,"x"]]}]}', JSON, 400, "malformed push request"),
    (b"\x01", {"Content-Type": "application/x-protobuf"}, 400, "snappy"),
    (b"{}", {**JSON, "Content-Encoding": "br"}, 400, 'Content-Encoding "br" not supported'),
    (b"\x1f\x8b", {**JSON, "Content-Encoding": "gzip"}, 400, "gzip"),
    (gzip.compress(bytes(100 << 20)), {**JSON, "Content-Encoding": "gzip"}, 413, "larger"),
])
def test_bad_pushes_are_refused_and_the_next_good_one_works(server, body, headers, status, text):
    answer = server.request("/loki/api/v1/push", body, headers)
    assert answer[0] == status and text in answer[1].decode(), answer
    t = now_ns()
    assert push(server, {"app": "good"}, [[str(t), "fine"]])[0] == 204
    assert server.logs('{app="good"}')


def test_good_lines_of_a_partly_bad_push_are_kept(server):
    t = now_ns()
    status, body = push(server, {"app": "a"}, [[str(t), "good"], ["1", "ancient"], [str(t), "x" * 300_000]])
    text = body.decode()
    assert status == 400 and "has timestamp too old: 1970-01-01T00:00:00Z" in text and "max entry size" in text
    assert [line for s in server.logs('{app="a"}') for _, line in s["values"]] == ["good"]


@pytest.mark.parametrize("query, text", [
    ('{app="a"', "parse error at line 1, col 9"),
    ("{}", "at least one regexp or equality matcher"),
    ('{app="a"} | line_format "x"', "not supported yet: pipeline stage line_format"),
    ('topk(3, rate({app="a"}[1m]))', "not supported yet: topk"),
])
def test_bad_queries_say_what_is_wrong(server, query, text):
    status, body = server.request("/loki/api/v1/query_range?" + urllib.parse.urlencode({"query": query}))
    assert status == 400 and text in body.decode(), body
