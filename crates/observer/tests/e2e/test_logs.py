"""The Loki API, with what agents push and what Grafana asks."""
import gzip
import json
import logging
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from conftest import Server

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server_of_this_file(tmp_path_factory):
    """One server for cases that store nothing."""
    running = Server(tmp_path_factory.mktemp("shared") / "data")
    yield running
    running.stop()


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
    assert server.request("/loki/api/v1/push", zipped, {**JSON, "Content-Encoding": "gzip"})[0] == 204
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
    # Grafana's reader streams and relies on the order.
    assert list(data) == ["resultType", "encodingFlags", "result", "stats"]
    assert all(list(s) == ["stream", "values"] for s in data["result"])
    assert data["stats"]["summary"]["totalLinesProcessed"] >= 2
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
    query = urllib.parse.urlencode({"query": "vector(1)+vector(1)", "direction": "backward", "time": "4000000000"})
    status, body = server.request("/loki/loki/api/v1/query?" + query)
    assert status == 200
    assert body.startswith(b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[4000000000,"2"]}]')
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
    (b'{"streams":[{"stream":{"a":"b"},"values":[["5",1]]}]}', JSON, 400, "malformed push request"),
    (b'{"streams":[{"stream":{"a":"b"},"values":[["1","x",{"k":{}}]]}]}', JSON, 400, "malformed push request"),
    (b"\x1f\x8b", {**JSON, "Content-Encoding": "gzip"}, 400, "gzip"),
    (gzip.compress(bytes(100 << 20)), {**JSON, "Content-Encoding": "gzip"}, 413, "request body too large"),
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


def test_the_older_push_path_takes_the_older_json(server):
    entry = {"ts": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "line": "old style"}
    body = json.dumps({"streams": [{"labels": '{app="old"}', "entries": [entry]}]}).encode()
    assert server.request("/api/prom/push", body, JSON)[0] == 204
    body = protobuf_push("{app='same'}", [(now_ns(), "new style", {})])
    assert server.request("/loki/api/prom/push", body, {"Content-Type": "application/x-protobuf"})[0] == 204
    assert {line for s in server.logs('{app=~"old|same"}') for _, line in s["values"]} == {"old style", "new style"}


def test_streams_without_labels_and_unreadable_ones(server):
    t = now_ns()
    assert push(server, {}, [[str(t), "bare"]])[0] == 204
    assert push(server, {"app": "", "x": "y"}, [[str(t), "empty value"]])[0] == 204
    streams = server.logs('{service_name="unknown_service"} | drop detected_level')
    assert [s["stream"] for s in streams] == [
        {"service_name": "unknown_service"}, {"service_name": "unknown_service", "x": "y"}]
    # One stream with broken labels beside a good one.
    body = snappy(field(1, field(1, b"{app=}") + field(2, field(2, b"lost")))
                  + field(1, field(1, b'{app="ok"}') + field(2, field(1, varint(8) + varint(t // 10**9)) + field(2, b"kept"))))
    status, text = server.request("/loki/api/v1/push", body, {"Content-Type": "application/x-protobuf"})
    assert status == 400 and b"couldn't parse labels" in text
    assert [line for s in server.logs('{app="ok"}') for _, line in s["values"]] == ["kept"]


def test_an_agent_that_retries_across_a_crash_stores_each_line_once(server):
    """As Promtail does: batches of several streams, lines a little out of order, a batch sent again."""
    t = now_ns() - 10 * 10**9
    headers = {"Content-Type": "application/x-protobuf", "User-Agent": "promtail/3.0"}

    def batch(number):
        entries = [(t + (number * 100 + i * 7 % 100) * 10**6, f"batch {number} line {i}", {"pod": f"p{i % 3}"})
                   for i in range(100)]
        return protobuf_push(f'{{job="agent", filename="/var/log/{number % 2}.log"}}', entries)

    for number in range(6):
        for _ in range(1 + number % 2):
            assert server.request("/loki/api/v1/push", batch(number), headers)[0] == 204
        if number == 3:
            server.kill()
            server.start()
            assert server.request("/loki/api/v1/push", batch(3), headers)[0] == 204
    server.stop()
    server.start()
    assert server.request("/loki/api/v1/push", batch(5), headers)[0] == 204
    params = urllib.parse.urlencode({"query": 'sum by (service_name) (count_over_time({job="agent"}[1h]))',
                                     "time": str(time.time())})
    result, = json.loads(server.request("/loki/api/v1/query?" + params)[1])["data"]["result"]
    assert (result["metric"], result["value"][1]) == ({"service_name": "agent"}, "600")
    newest = server.logs('{job="agent"} | drop pod', limit=3)
    assert [line for s in newest for _, line in s["values"]] == [
        "batch 5 line 57", "batch 5 line 14", "batch 5 line 71"]


@pytest.mark.parametrize("path", ["/otlp/v1/logs", "/loki/otlp/v1/logs", "grpc"])
def test_otlp_lines_of_the_sdk(server, path):
    resource = Resource({"service.name": "cart", "k8s.pod.name": "cart-1", "host.name": "n1",
                         "service.instance.id": "i", "telemetry.sdk.version": ""})
    provider = LoggerProvider(resource)
    exporter = (GrpcLogExporter(endpoint=server.url, insecure=True) if path == "grpc"
                else OTLPLogExporter(endpoint=server.url + path))
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    handler = LoggingHandler(logger_provider=provider)
    logger = logging.getLogger(f"sdk{path}")
    logger.addHandler(handler)
    logger.warning("disk %s full", "/data", extra={"service_name": "other", "user.id": 7, "9lead": True})
    provider.shutdown()
    logger.removeHandler(handler)
    query = urllib.parse.urlencode({"query": '{service_name="cart"} | detected_level="warn"'})
    headers = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
    body = server.request("/loki/api/v1/query_range?" + query, headers=headers)[1]
    stream, = json.loads(body)["data"]["result"]
    assert stream["stream"] == {"service_name": "cart", "k8s_pod_name": "cart-1", "service_instance_id": "i"}
    (_, line, extra), = stream["values"]
    metadata = extra["structuredMetadata"]
    assert line == "disk /data full"
    want = {"host_name": "n1", "service_name_extracted": "other", "user_id": "7", "key_9lead": "true",
            "severity_text": "WARN", "severity_number": "13", "detected_level": "warn", "scope_name": f"sdk{path}"}
    assert want.items() <= metadata.items(), metadata


@pytest.mark.parametrize("path, params, text", [
    ("query_range", {"query": '{a="b"}', "limit": "0"}, "limit must be a positive value"),
    ("query_range", {"query": '{a="b"}', "limit": "abc"}, 'strconv.Atoi: parsing "abc": invalid syntax'),
    ("query_range", {"query": '{a="b"}', "limit": "5001"},
     "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)"),
    ("query_range", {"query": '{a="b"}', "direction": "up"}, "invalid direction 'up'"),
    ("query_range", {"query": '{a="b"}', "start": "x"}, "could not parse 'start' parameter"),
    ("query_range", {"query": '{a="b"}', "start": "20", "end": "10"},
     "end timestamp must not be before or equal to start time"),
    ("query_range", {"query": '{a="b"}', "step": "0"}, "zero or negative query resolution step widths are not accepted"),
    ("query_range", {"query": '{a="b"}', "step": "abc"}, 'cannot parse "abc" to a valid duration'),
    ("query_range", {"query": 'rate({a="b"}[1m])', "start": "0", "end": "86400", "step": "1"},
     "exceeded maximum resolution of 11,000 points per time series"),
    ("query_range", {"query": '{a="b"}', "start": "0", "end": str(960 * 3600)},
     "the query time range exceeds the limit (query length: 960h0m0s, limit: 30d1h)"),
    ("query_range", {}, "parse error : syntax error: unexpected $end"),
    ("query", {"query": '{a="b"}'}, "log queries are not supported as an instant query type"),
    ("index/stats", {"query": '{a="b"} |= "x"'}, "only label matchers are supported"),
    ("labels", {"query": '{a="b"} | json'}, "only label matchers are supported"),
])
def test_bad_parameters_are_named_in_plain_text(server_of_this_file, path, params, text):
    url = f"{server_of_this_file.url}/loki/api/v1/{path}?" + urllib.parse.urlencode(params)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url, timeout=30)
    assert refused.value.code == 400
    assert refused.value.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text in refused.value.read().decode()


def test_the_volume_histogram_of_explore(server):
    t = now_ns() // 60_000_000_000 * 60_000_000_000 - 600 * 10**9
    push(server, {"app": "a"}, [[str(t + i * 10**9), ("level=error" if i % 3 else "INFO x") + f" {i}"] for i in range(60)])
    params = {"query": 'sum by (level, detected_level) (count_over_time({app="a"} | json | logfmt | drop __error__[60s]))',
              "start": str(t), "end": str(t + 600 * 10**9), "step": "60000ms"}
    status, body = server.request("/loki/api/v1/query_range?" + urllib.parse.urlencode(params),
                                  headers={"X-Query-Tags": "Source=logvolhist"})
    result = json.loads(body)["data"]["result"]
    t //= 10**9
    # The first line of a minute belongs to the window that ends there.
    assert status == 200 and result == [
        {"metric": {"detected_level": "error", "level": "error"}, "values": [[t + 60, "40"]]},
        {"metric": {"detected_level": "info"}, "values": [[t, "1"], [t + 60, "19"]]}]


@pytest.mark.parametrize("query, text", [
    ('{app="a"', "parse error at line 1, col 9"),
    ("{}", "at least one regexp or equality matcher"),
    ('topk(0, rate({app="a"}[1m]))', "parse error : invalid parameter (must be greater than 0) topk(0"),
    ('{app="a"} | regexp "x"', "invalid regexp parser: at least one named capture must be supplied"),
    ('sum_over_time({app="a"}[1m])', "parse error : invalid aggregation sum_over_time without unwrap"),
])
def test_bad_queries_say_what_is_wrong(server, query, text):
    status, body = server.request("/loki/api/v1/query_range?" + urllib.parse.urlencode({"query": query}))
    assert status == 400 and text in body.decode(), body


def test_queries_are_formatted(server):
    query = urllib.parse.urlencode({"query": 'sum(rate({app="a"}|="x"[5m]))by(app)'})
    status, body = server.request("/loki/loki/api/v1/format_query?" + query)
    assert (status, json.loads(body)) == (
        200, {"status": "success", "data": 'sum by (app)(rate({app="a"} |= "x"[5m]))'})
    status, body = server.request("/loki/api/v1/format_query?" + urllib.parse.urlencode({"query": "{a='b'}"}))
    assert (status, json.loads(body)) == (
        400, {"status": "invalid-query", "error": "parse error at line 1, col 4: "
                  "syntax error: unexpected IDENTIFIER, expecting STRING"})


def test_values_of_lines_and_intervals(server):
    t = now_ns() // 60_000_000_000 * 60_000_000_000 - 600 * 10**9
    push(server, {"app": "a"}, [[str(t + i * 10**9), f'{{"took":"{i}ms","path":"/{i % 2}"}}'] for i in range(1, 11)])

    def at(query, seconds):
        params = urllib.parse.urlencode({"query": query, "time": str(t + seconds * 10**9)})
        status, body = server.request("/loki/api/v1/query?" + params)
        assert status == 200, body
        return [(r["metric"], r["value"][1]) for r in json.loads(body)["data"]["result"]]

    took = '{app="a"} | json | unwrap duration(took) [1m]'
    assert at(f"max_over_time({took}) by (path)", 60) == [({"path": "/0"}, "0.01"), ({"path": "/1"}, "0.009")]
    assert at(f"sort_desc(topk(1, quantile_over_time(0.5, {took}) by (path)))", 60) == [({"path": "/0"}, "0.006")]
    assert at('absent_over_time({app="nobody", x=~".*"}[1m]) or vector(0)', 60) == [({}, "0"), ({"app": "nobody"}, "1")]
    spaced = server.logs('{app="a"} | keep app', start=str(t), end=str(t + 60 * 10**9), interval="4s", direction="forward")
    assert [int(ns) - t for s in spaced for ns, _ in s["values"]] == [1 * 10**9, 5 * 10**9, 9 * 10**9]
