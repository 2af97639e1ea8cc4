"""One instrumented request, sent by the OpenTelemetry SDK: its metrics, logs and trace lead to each other."""
import json
import logging
import urllib.parse

import pytest
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import AlwaysOnExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind


def exporters(server, protocol):
    if protocol == "grpc":
        options = {"endpoint": server.url.removeprefix("http://"), "insecure": True}
        return GrpcMetrics(**options), GrpcLogs(**options), GrpcSpans(**options)
    base = server.url + "/otlp/v1/"
    gzip = Compression.Gzip
    return (HttpMetrics(endpoint=base + "metrics", compression=gzip), HttpLogs(endpoint=base + "logs", compression=gzip),
            HttpSpans(endpoint=base + "traces", compression=gzip))


def send_one_request(server, protocol):
    """Returns the trace id of a request that was traced, counted and logged."""
    metrics, logs, spans = exporters(server, protocol)
    resource = Resource({"service.name": "checkout", "service.instance.id": "i-1"})
    meters = MeterProvider([PeriodicExportingMetricReader(metrics)], resource=resource,
                           exemplar_filter=AlwaysOnExemplarFilter())
    loggers = LoggerProvider(resource)
    loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    logger = logging.getLogger(f"shop.{protocol}")
    handler = LoggingHandler(logger_provider=loggers)
    logger.addHandler(handler)
    tracer = tracers.get_tracer("shop")
    with tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER, attributes={"http.route": "/orders"}) as root:
        with tracer.start_as_current_span("charge", kind=SpanKind.CLIENT):
            logger.error("payment %s refused", "p-1")
        meters.get_meter("shop").create_histogram("request.duration", unit="s").record(0.25, {"route": "/orders"})
    for provider in (meters, loggers, tracers):
        assert provider.force_flush()
        provider.shutdown()
    logger.removeHandler(handler)
    return format(root.get_span_context().trace_id, "032x")


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_metric_trace_and_log_of_one_request_lead_to_each_other(server, protocol):
    trace_id = send_one_request(server, protocol)
    for _ in range(2):  # again after a restart
        check_linked(server, trace_id)
        server.kill()
        server.start()


def check_linked(server, trace_id):
    # Metric to trace: the exemplar names it.
    status, answer = server.api("query_exemplars", query="request_duration_seconds_bucket", start=0, end=4e9)
    assert status == 200
    exemplars = [e for series in answer["data"] for e in series["exemplars"]]
    assert {e["labels"]["trace_id"] for e in exemplars} == {trace_id}
    # The trace, by id.
    status, body = server.request(f"/tempo/api/traces/{trace_id}")
    assert status == 200
    batch, = json.loads(body)["batches"]
    spans = {s["name"]: s for scope in batch["scopeSpans"] for s in scope["spans"]}
    assert spans["charge"]["parentSpanId"] == spans["POST /orders"]["spanId"]
    assert spans["POST /orders"]["kind"] == "SPAN_KIND_SERVER"
    assert {"key": "service.name", "value": {"stringValue": "checkout"}} in batch["resource"]["attributes"]
    # Trace to log: by the id in structured metadata.
    result = server.logs(f'{{service_name="checkout"}} | trace_id="{trace_id}"')
    stream, = result
    assert stream["stream"]["detected_level"] == "error"
    assert [line for _, line in stream["values"]] == ["payment p-1 refused"]
    # And the trace by search.
    query = '{ resource.service.name = "checkout" && name = "charge" && duration < 10s }'
    status, body = server.request("/tempo/api/search?" + urllib.parse.urlencode({"q": query}))
    assert status == 200
    found, = json.loads(body)["traces"]
    assert found["traceID"] == trace_id.lstrip("0")
    assert (found["rootServiceName"], found["rootTraceName"]) == ("checkout", "POST /orders")
    assert found["spanSet"]["matched"] == 1
