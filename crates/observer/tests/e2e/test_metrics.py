"""Real clients against the real binary."""
import json
import subprocess
import time

import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource


def exporters(server):
    address = server.url.removeprefix("http://")
    return {
        "grpc": GrpcExporter(endpoint=address, insecure=True),
        "http": HttpExporter(endpoint=server.url + "/v1/metrics"),
    }


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_the_python_sdk_is_answered_by_query(server, protocol):
    reader = PeriodicExportingMetricReader(exporters(server)[protocol])
    resource = Resource({"service.name": "shop", "service.instance.id": "i-1", "host.name": "h"})
    views = [View(instrument_type=Histogram, instrument_name="exp", aggregation=ExponentialBucketHistogramAggregation())]
    provider = MeterProvider([reader], resource=resource, views=views)
    meter = provider.get_meter("test")
    meter.create_counter("orders", unit="1").add(5, {"http.route": "/cart"})
    meter.create_histogram("latency", unit="s").record(0.3)
    meter.create_histogram("exp", unit="s").record(0.3)
    assert provider.force_flush()
    provider.shutdown()
    [row] = server.query("orders_total")
    assert row["value"][1] == "5"
    assert row["metric"] == {"__name__": "orders_total", "http_route": "/cart", "job": "shop", "instance": "i-1"}
    assert server.query('latency_seconds_bucket{le="+Inf"}')[0]["value"][1] == "1"
    assert server.api("series", **{"match[]": "exp_seconds"})[1]["data"], "one native histogram under its own name"
    assert server.query("target_info")[0]["metric"]["host_name"] == "h"
    assert server.api("metadata", metric="orders_total")[1]["data"]["orders_total"][0]["type"] == "counter"


def otlp_json(name, points):
    points = [{"timeUnixNano": str(t * 1_000_000), "asDouble": v, "attributes": []} for t, v in points]
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": name, "gauge": {"dataPoints": points}}]}]}]}).encode()


def send(server, name, points, tenant=None):
    headers = {"Content-Type": "application/json"}
    if tenant:
        headers["X-Scope-OrgID"] = tenant
    return server.request("/v1/metrics", otlp_json(name, points), headers)


def test_tenants_are_apart_on_write_and_read(server):
    assert send(server, "mine", [(int(time.time() * 1000), 1)], "team-a")[0] == 200
    assert server.query("mine") == []
    status, body = server.request("/api/v1/query?query=mine", headers={"X-Scope-OrgID": "team-a"})
    assert status == 200 and len(json.loads(body)["data"]["result"]) == 1
    assert server.request("/api/v1/labels", headers={"X-Scope-OrgID": "../x"})[0] == 400


def test_bad_input_is_named_and_the_next_request_works(server):
    protobuf = {"Content-Type": "application/x-protobuf"}
    now = int(time.time() * 1000)
    for path, body, headers, status in [
        ("/v1/metrics", b"\xff\xff\xff", protobuf, 400),
        ("/v1/metrics", b"{", {"Content-Type": "application/json"}, 400),
        ("/v1/metrics", b"x", {"Content-Type": "text/plain"}, 415),
        ("/v1/metrics", b"x", {**protobuf, "Content-Encoding": "br"}, 415),
        ("/v1/metrics", b"not gzip", {**protobuf, "Content-Encoding": "gzip"}, 400),
        ("/api/v1/write", b"\x00\xff", protobuf, 400),
        ("/api/v1/write", b"", {"Content-Type": "text/plain"}, 415),
        ("/v1/metrics", b"x" * (33 << 20), protobuf, 413),
    ]:
        assert server.request(path, body, headers)[0] == status, (path, headers)
    status, body = send(server, "future", [(now + 10**9, 1), (now, 2)])
    assert status == 200 and json.loads(body)["partialSuccess"]["rejectedDataPoints"] in ("1", 1)
    assert server.query("future")[0]["value"][1] == "2"


def test_refused_points_are_counted_as_points(server):
    now = int(time.time() * 1_000_000_000)
    late = {"timeUnixNano": str(now + 10**15), "count": "3", "sum": 2, "bucketCounts": ["1", "1", "1"], "explicitBounds": [1, 2]}
    good = {**late, "timeUnixNano": str(now)}
    for name, kind, message in [
        ("h", {"histogram": {"aggregationTemporality": 2, "dataPoints": [good, late]}}, "out of bounds"),
        ("d", {"sum": {"isMonotonic": True, "dataPoints": [{"asInt": "1"}]}}, "invalid temporality"),
        ("b", {"histogram": {"aggregationTemporality": 2, "dataPoints": [{**good, "explicitBounds": [2, 1]}]}}, "ascend"),
    ]:
        body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": name, **kind}]}]}]}).encode()
        status, answer = server.request("/v1/metrics", body, {"Content-Type": "application/json"})
        partial = json.loads(answer)["partialSuccess"]
        assert status == 200 and int(partial["rejectedDataPoints"]) == 1 and message in partial["errorMessage"], partial
    assert server.query("h_count")[0]["value"][1] == "3"


def test_errors_have_the_prometheus_shape(server):
    for path, params, status, kind, text in [
        ("query", {"query": "up{"}, 400, "bad_data", "parse error"),
        ("query", {"query": "topk(NaN, vector(1))"}, 422, "execution", "Parameter value is NaN"),
        ("query", {"query": "(" * 5000}, 400, "bad_data", "nested deeper"),
        ("query_range", {"query": "up", "start": 0, "end": 20000, "step": 1}, 400, "bad_data", "11,000"),
        ("series", {}, 400, "bad_data", "match[]"),
        ("series", {"match[]": "{}"}, 400, "bad_data", "match[]"),
    ]:
        got, answer = server.api(path, **params)
        assert (got, answer["status"], answer["errorType"]) == (status, "error", kind), answer
        assert text in answer["error"]
    assert server.request("/prometheus/nope")[0] == 404


def test_grafana_save_and_test(server):
    status, body = server.request("/prometheus/api/v1/query", b"query=1%2B1&time=4",
                                  {"Content-Type": "application/x-www-form-urlencoded"})
    assert (status, json.loads(body)) == (200, {"status": "success", "data": {"resultType": "scalar", "result": [4, "2"]}})
    assert server.api("status/buildinfo")[1]["data"]["version"].startswith("3.")
    assert server.api("query_exemplars", query="test", start="1795512345000", end="1795512346000")[1]["data"] == []


def test_promtool_reads_it(server):
    send(server, "seen", [(int(time.time() * 1000), 7)])
    out = subprocess.run(["promtool", "query", "instant", server.url + "/prometheus", "sum(seen)"],
                         capture_output=True, text=True, timeout=60, check=True).stdout
    assert "=> 7 @" in out


def test_prometheus_remote_writes_into_it(server, tmp_path):
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        f"scrape_configs: [{{job_name: self, static_configs: [{{targets: ['{server.url.removeprefix('http://')}']}}]}}]\n"
        f"remote_write: [{{url: '{server.url}/api/v1/write', queue_config: {{batch_send_deadline: 1s}}}}]\n")
    peer = subprocess.Popen(["prometheus", f"--config.file={tmp_path}/prometheus.yml",
                             f"--storage.tsdb.path={tmp_path}/tsdb", "--web.listen-address=127.0.0.1:0"],
                            stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not (rows := server.query('up{job="self"}')):
            assert time.monotonic() < deadline, "nothing arrived"
            time.sleep(0.2)  # waits for another process; bounded by the deadline
        assert rows[0]["value"][1] == "1"
    finally:
        peer.terminate()
        peer.wait()
