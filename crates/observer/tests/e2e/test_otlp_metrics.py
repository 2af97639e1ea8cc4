"""Metrics by OTLP: the Python SDK with exponential histograms and deltas, translation by configuration, partial success."""
import json
import time
import urllib.parse

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider, UpDownCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from test_config import Configured

JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
DELTA = {kind: AggregationTemporality.DELTA for kind in (Counter, Histogram, UpDownCounter)}
RESOURCE = Resource({"service.name": "shop", "service.instance.id": "i-1", "host.name": "h"})
VIEWS = [View(instrument_type=Histogram, instrument_name="exp*", aggregation=ExponentialBucketHistogramAggregation())]


def exporter(server, protocol):
    if protocol == "grpc":
        return GrpcExporter(endpoint=server.url.removeprefix("http://"), insecure=True, preferred_temporality=DELTA)
    return HttpExporter(endpoint=server.url + "/v1/metrics", preferred_temporality=DELTA)


def names(server):
    return set(server.api("label/__name__/values")[1]["data"])


def series(server, match):
    status, answer = server.api("series", **{"match[]": match})
    assert status == 200, answer
    return answer["data"]


def native(server, expression):
    """What a query of native histograms comes to."""
    return [float(row["value"][1]) for row in server.query(expression)]


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_deltas_of_the_python_sdk_are_answered_as_totals(server, protocol):
    reader = PeriodicExportingMetricReader(exporter(server, protocol))
    provider = MeterProvider([reader], resource=RESOURCE, views=VIEWS)
    meter = provider.get_meter("test")
    orders, waiting = meter.create_counter("orders"), meter.create_up_down_counter("waiting")
    latency, exponential = meter.create_histogram("latency", unit="s"), meter.create_histogram("exp", unit="s")
    for count in (1, 2, 3):
        orders.add(count, {"http.route": "/cart"})
        waiting.add(-count)
        for _ in range(count):
            latency.record(0.3 * count)
            exponential.record(0.001 * 1000**count)
        assert provider.force_flush()
    provider.shutdown()
    value = lambda query: float(server.query(query)[0]["value"][1])
    assert (value("orders_total"), value("waiting")) == (6, -6)
    assert (value("latency_seconds_count"), value('latency_seconds_bucket{le="+Inf"}')) == (6, 6)
    assert value("latency_seconds_sum") == pytest.approx(0.3 * 14)
    assert len(series(server, "exp_seconds")) == 1
    assert native(server, "histogram_count(exp_seconds)") == [6]
    assert native(server, "histogram_sum(exp_seconds)") == pytest.approx([1 + 2e3 + 3e6])
    [median] = native(server, "histogram_quantile(0.9, exp_seconds)")
    assert 1e6 / 2 < median < 2e6


def cumulative(build):
    """What the SDK would export, as the message it would send."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=RESOURCE, views=VIEWS)
    build(provider.get_meter("lib", "1.2", schema_url="https://schema"))
    message = encode_metrics(reader.get_metrics_data())
    provider.shutdown()
    return message


def everything(meter):
    meter.create_counter("orders", unit="1").add(5, {"http.route": "/cart", "list": ["a", "b"]})
    meter.create_up_down_counter("queue").add(-2)
    meter.create_gauge("load", unit="1").set(0.5)
    meter.create_histogram("latency", unit="s").record(0.3)
    meter.create_histogram("exp", unit="s").record(0.3)


def test_json_and_protobuf_mean_the_same(server):
    message = cumulative(everything)
    body = json.dumps(MessageToDict(message)).encode()
    assert server.request("/v1/metrics", body, {**JSON, "X-Scope-OrgID": "json"}) == (200, b"{}")
    assert server.request("/v1/metrics", message.SerializeToString(), {**PROTOBUF, "X-Scope-OrgID": "protobuf"}) == (200, b"")

    def answers(tenant):
        def ask(path, **params):
            query = urllib.parse.urlencode(params)
            return json.loads(server.request(f"/api/v1/{path}?{query}", headers={"X-Scope-OrgID": tenant})[1])["data"]
        known = ask("series", **{"match[]": '{job="shop"}'})
        values = ask("query", query='{job="shop",__name__!~"exp.*"}')["result"]
        return sorted(map(str, known)), sorted((str(row["metric"]), row["value"][1]) for row in values)
    assert answers("json") == answers("protobuf")
    assert len(answers("json")[1]) > 15


@pytest.mark.parametrize("strategy, expected", [
    ("UnderscoreEscapingWithSuffixes", ({"http_requests_seconds_total", "load_ratio"}, "http_route")),
    ("UnderscoreEscapingWithoutSuffixes", ({"http_requests", "load"}, "http_route")),
    ("NoUTF8EscapingWithSuffixes", ({"http.requests_seconds_total", "load_ratio"}, "http.route")),
    ("NoTranslation", ({"http.requests", "load"}, "http.route")),
])
def test_names_follow_the_strategy(tmp_path, strategy, expected):
    def build(meter):
        meter.create_counter("http.requests", unit="s").add(1, {"http.route": "/"})
        meter.create_gauge("load", unit="1").set(1)
    server = Configured(tmp_path, f"otlp: {{ translation_strategy: {strategy} }}\n")
    assert server.request("/v1/metrics", cumulative(build).SerializeToString(), PROTOBUF) == (200, b"")
    assert names(server) == expected[0] | {"target_info"}
    assert expected[1] in server.api("labels")[1]["data"]
    [counter] = [name for name in expected[0] if name.startswith("http")]
    assert server.query('{__name__="%s"}' % counter)[0]["metric"][expected[1]] == "/"
    assert "not active" not in server.log()
    server.stop()


def test_labels_follow_the_configuration_and_a_reload(tmp_path):
    server = Configured(tmp_path, "otlp:\n  promote_resource_attributes: [host.name]\n")
    send = lambda name: server.request("/v1/metrics", cumulative(
        lambda meter: meter.create_counter(name).add(1)).SerializeToString(), PROTOBUF)
    assert send("first") == (200, b"")
    assert series(server, "first_total") == [{"__name__": "first_total", "host_name": "h", "instance": "i-1", "job": "shop"}]
    status, answer = server.reload(
        "otlp: { promote_all_resource_attributes: true, ignore_resource_attributes: [host.name, telemetry.sdk.language,"
        " telemetry.sdk.name, telemetry.sdk.version], promote_scope_metadata: true, disable_target_info: true }\n")
    assert status == 200 and "otlp" in answer, answer
    assert send("second") == (200, b"")
    assert series(server, "second_total") == [{
        "__name__": "second_total", "instance": "i-1", "job": "shop", "service_instance_id": "i-1", "service_name": "shop",
        "otel_scope_name": "lib", "otel_scope_version": "1.2", "otel_scope_schema_url": "https://schema"}]
    status, answer = server.reload("otlp: { translation_strategy: Nope }\n")
    assert status == 500 and "Nope" in answer
    assert send("third") == (200, b"") and "otel_scope_name" in series(server, "third_total")[0]
    server.stop()


def test_histograms_are_native_where_that_is_asked_for(tmp_path):
    server = Configured(tmp_path, "otlp: { convert_histograms_to_nhcb: true }\n")
    message = cumulative(lambda meter: [meter.create_histogram("latency", unit="s").record(v) for v in (1, 7, 30)])
    assert server.request("/v1/metrics", message.SerializeToString(), PROTOBUF) == (200, b"")
    assert names(server) == {"latency_seconds", "target_info"}
    assert native(server, "histogram_count(latency_seconds)") == [3]
    server.stop()


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_the_good_points_of_a_bad_request_are_kept_and_the_sender_is_told(server, protocol):
    message = cumulative(everything)
    metrics = message.resource_metrics[0].scope_metrics[0].metrics
    bad = {m.name: m for m in metrics}
    bad["exp"].exponential_histogram.data_points[0].scale = -5
    bad["queue"].sum.aggregation_temporality = 0
    bad["latency"].histogram.data_points[0].explicit_bounds[0] = 1e9
    late = bad["load"].gauge.data_points.add()
    late.CopyFrom(bad["load"].gauge.data_points[0])
    late.time_unix_nano += 10**15
    if protocol == "grpc":
        client = exporter(server, "grpc")._client
        answer = client.Export(message, timeout=30)
    else:
        status, body = server.request("/v1/metrics", message.SerializeToString(), PROTOBUF)
        assert status == 200
        answer = ExportMetricsServiceResponse.FromString(body)
    partial = answer.partial_success
    assert partial.rejected_data_points == 4, partial
    for why in ("scale must be >= -4", "invalid temporality", "do not ascend", "out of bounds"):
        assert why in partial.error_message, partial
    assert {"orders_total", "load_ratio", "target_info"} == names(server)


def test_batches_of_one_resource_may_overtake_each_other(server):
    message = cumulative(lambda meter: meter.create_gauge("load").set(1))
    point = message.resource_metrics[0].scope_metrics[0].metrics[0].gauge.data_points[0]
    now = point.time_unix_nano

    def send(minutes_ago):
        point.time_unix_nano = now - minutes_ago * 60 * 10**9
        _, body = server.request("/v1/metrics", message.SerializeToString(), PROTOBUF)
        return ExportMetricsServiceResponse.FromString(body).partial_success

    for minutes_ago in (0, 20, 10, 10, 0):
        assert not send(minutes_ago).ByteSize(), "late within the window, or sent again"
    for name in ("load", "target_info"):
        [row] = server.query(f"count_over_time({name}[30m])")
        assert row["value"][1] == "3", name
    too_late = send(120)
    assert too_late.rejected_data_points == 1 and "load" in too_late.error_message, "target_info is not told"
    assert "target_info" not in too_late.error_message


def delta(series, t_ms, value, start_ms=None, tenant=None):
    start = t_ms - 10 if start_ms is None else start_ms
    point = {"startTimeUnixNano": str(start * 10**6), "timeUnixNano": str(t_ms * 10**6), "asInt": str(value)}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": series, "sum": {
        "aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA", "isMonotonic": True, "dataPoints": [point]}}]}]}]}).encode()


def test_late_deltas_are_counted_and_totals_start_anew_with_the_process(server):
    now = int(time.time() * 1000) - 60_000
    total = lambda: float(server.query("d_total")[0]["value"][1])
    def send(t, value):
        status, body = server.request("/v1/metrics", delta("d", t, value), JSON)
        assert status == 200
        return int(json.loads(body).get("partialSuccess", {}).get("rejectedDataPoints", 0))
    assert [send(now, 5), send(now + 10, 2), send(now + 10, 2), send(now + 5, 1)] == [0, 0, 0, 1]
    assert total() == 7
    metrics = server.request("/metrics")[1].decode()
    assert "aio_ingest_rejected_deltas_total 1" in metrics and "aio_ingest_delta_streams 1" in metrics
    server.stop()
    server.start()
    assert send(now + 20, 4) == 0
    assert total() == 4
    increase = float(server.query("increase(d_total[5m])")[0]["value"][1])
    assert increase > 0, "a reset, as of any counter"


def test_streams_with_deltas_are_bounded(tmp_path):
    server = Configured(tmp_path, "limits: { delta_streams: 2 }\n")
    now = int(time.time() * 1000)
    answers = [json.loads(server.request("/v1/metrics", delta(name, now, 1), JSON)[1]) for name in "abca"]
    assert answers[:2] == [{}, {}] and answers[3] == {}
    assert "limit is 2" in answers[2]["partialSuccess"]["errorMessage"]
    assert names(server) == {"a_total", "b_total"}
    server.stop()
