"""OTLP as a transport: what is refused and how, for all three signals, by HTTP and by gRPC."""
import json
import pathlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import zlib

import grpc
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (ExportTraceServiceRequest,
                                                                      ExportTraceServiceResponse)

JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
SIGNALS = {"metrics": "metrics.v1.MetricsService", "logs": "logs.v1.LogsService", "traces": "trace.v1.TraceService"}
RESPONSES = {"metrics": ExportMetricsServiceResponse, "logs": ExportLogsServiceResponse,
             "traces": ExportTraceServiceResponse}
GIB = 1 << 30


def peak_mib(server):
    """The most memory the server ever held."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def one_span(trace_id="a" * 32):
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = bytes.fromhex(trace_id), b"1" * 8, "x"
    span.start_time_unix_nano = span.end_time_unix_nano = time.time_ns()
    return request


def gzip_of_zeros(size):
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    chunk = bytes(1 << 20)
    return b"".join(packer.compress(chunk) for _ in range(size >> 20)) + packer.flush()


def zstd_of_zeros(size):
    """A frame of run-length blocks, 128 KiB of zeros each."""
    block, count = 1 << 17, size >> 17
    blocks = b"".join((block << 3 | 1 << 1 | (i + 1 == count)).to_bytes(3, "little") + b"\0" for i in range(count))
    return bytes.fromhex("28b52ffd") + bytes([0, 7 << 3]) + blocks


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def many_empty_messages():
    """60 MiB that would decode to 30 million spans, log records or metrics."""
    inner = b"\x12\0" * (30 << 20)
    inner = b"\x12" + varint(len(inner)) + inner
    return zlib.compress(b"\x0a" + varint(len(inner)) + inner, 1)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("base", ["", "/otlp", "/api/v1/otlp"])
def test_an_empty_request_is_taken_at_every_spelling(server, signal, base):
    path = f"{base}/v1/{signal}"
    if path == "/otlp/v1/logs":
        # Loki's path has Loki's answers.
        assert [server.request(path, b"", PROTOBUF)[0], server.request(path, b"{}", JSON)[0]] == [422, 422]
        return
    assert server.request(path, b"", PROTOBUF) == (200, b"")
    assert server.request(path, b"{}", {"Content-Type": "application/json; charset=utf-8"}) == (200, b"{}")


@pytest.mark.parametrize("signal", SIGNALS)
def test_each_fault_has_its_status_and_a_body_of_the_requests_type(server, signal):
    path = f"/v1/{signal}"
    big = b"\0" * (33 << 20)
    for want, body, headers in [
        (400, b"\xff\xff", PROTOBUF),
        (400, b"{", JSON),
        (400, b'{"resourceSpans":5,"resourceLogs":5,"resourceMetrics":5}', JSON),
        (400, b"not gzip", {**PROTOBUF, "Content-Encoding": "gzip"}),
        (400, b"", {**PROTOBUF, "X-Scope-OrgID": "../x"}),
        (413, big, PROTOBUF),
        (413, gzip_of_zeros(65 << 20), {**JSON, "Content-Encoding": "gzip"}),
        (415, b"", {"Content-Type": "text/plain"}),
        (415, b"", {**PROTOBUF, "Content-Encoding": "br"}),
    ]:
        try:
            status, answer = server.request(path, body, headers)
        except urllib.error.URLError:
            assert want == 413 and len(body) > 32 << 20, "only a body too large may be cut off while it is sent"
            continue
        assert status == want, (headers, answer)
        code = 8 if want == 413 else 3
        if headers["Content-Type"] == "application/json":
            assert json.loads(answer)["code"] == code and json.loads(answer)["message"]
        else:
            assert Status.FromString(answer).code == code and Status.FromString(answer).message
    assert server.request(path)[0] == 405
    assert server.request(path, b"", PROTOBUF)[0] == 200


@pytest.mark.parametrize("encoding, pack", [
    ("gzip", lambda b: zlib.compress(b, wbits=31)), ("deflate", zlib.compress), ("identity", bytes)])
def test_compressed_bodies_are_read(server, encoding, pack):
    body = pack(one_span().SerializeToString())
    assert server.request("/v1/traces", body, {**PROTOBUF, "Content-Encoding": encoding}) == (200, b"")
    assert server.request("/tempo/api/traces/" + "a" * 32)[0] == 200


def test_what_is_not_taken_is_counted_as_each_signal_does(server):
    for encoding in (PROTOBUF, JSON):
        request = one_span()
        request.resource_spans[0].scope_spans[0].spans.add(name="no ids")
        if encoding is PROTOBUF:
            _, answer = server.request("/v1/traces", request.SerializeToString(), encoding)
            partial = ExportTraceServiceResponse.FromString(answer).partial_success
            assert partial.rejected_spans == 1 and "no ids" in partial.error_message
        else:
            body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "no ids", "traceId": "00"}]}]}]}
            _, answer = server.request("/v1/traces", json.dumps(body).encode(), encoding)
            partial = json.loads(answer)["partialSuccess"]
            assert partial["rejectedSpans"] == "1" and "no ids" in partial["errorMessage"]


@pytest.mark.parametrize("bomb", [gzip_of_zeros(GIB), zstd_of_zeros(GIB)], ids=["gzip", "zstd"])
def test_a_bomb_of_a_gibibyte_is_refused_in_bounded_memory(server, request, bomb, tmp_path):
    encoding = request.node.callspec.id
    before = peak_mib(server)
    for signal in SIGNALS:
        assert server.request(f"/v1/{signal}", bomb, {**PROTOBUF, "Content-Encoding": encoding})[0] == 413
    if shutil.which("curl"):
        message = tmp_path / "message"
        message.write_bytes(b"\1" + len(bomb).to_bytes(4, "big") + bomb)
        for service in SIGNALS.values():
            assert grpc_by_curl(server, service, message, encoding) == "8"
    # Two decoders of 64 MiB each, the halves their buffers grew from, and what the allocator keeps for a moment.
    assert peak_mib(server) - before < 400
    assert server.request("/v1/traces", one_span().SerializeToString(), PROTOBUF) == (200, b"")


def grpc_by_curl(server, service, message, encoding):
    """Python's client compresses by itself: it cannot send a message that is compressed already."""
    answer = subprocess.run(
        ["curl", "-sS", "--http2-prior-knowledge", "-D", "-", "-o", "/dev/null", "--data-binary", f"@{message}",
         "-H", "content-type: application/grpc", "-H", "te: trailers", "-H", f"grpc-encoding: {encoding}",
         f"{server.url}/opentelemetry.proto.collector.{service}/Export"], capture_output=True, text=True, timeout=60)
    headers = dict(line.split(": ", 1) for line in answer.stdout.splitlines() if ": " in line)
    assert "grpc-status" in headers, answer
    return headers["grpc-status"]


@pytest.mark.parametrize("signal", SIGNALS)
def test_many_empty_messages_are_refused_in_bounded_memory(server, signal):
    body = many_empty_messages()
    before = peak_mib(server)
    status, answer = server.request(f"/v1/{signal}", body, {**PROTOBUF, "Content-Encoding": "deflate"})
    assert status == 413 and b"smaller parts" in answer
    assert peak_mib(server) - before < 200


def raw_call(server, signal, message, **options):
    with grpc.insecure_channel(server.url.removeprefix("http://")) as channel:
        call = channel.unary_unary(f"/opentelemetry.proto.collector.{SIGNALS[signal]}/Export",
                                   request_serializer=bytes, response_deserializer=bytes)
        return call(message, timeout=30, **options)


@pytest.mark.parametrize("signal", SIGNALS)
def test_grpc_takes_and_refuses(server, signal):
    assert raw_call(server, signal, b"") == b""
    assert raw_call(server, signal, b"", compression=grpc.Compression.Gzip) == b""
    for message, metadata, want in [
        (b"\xff\xff", (), grpc.StatusCode.INVALID_ARGUMENT),
        (b"", (("x-scope-orgid", "../x"),), grpc.StatusCode.INVALID_ARGUMENT),
        (b"\x0a\0" * (12 << 20), (), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ]:
        with pytest.raises(grpc.RpcError) as error:
            raw_call(server, signal, message, metadata=metadata)
        assert error.value.code() == want and error.value.details(), error.value
    with pytest.raises(grpc.RpcError) as error:
        raw_call(server, signal, b"", compression=grpc.Compression.Deflate)
    assert error.value.code() in (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INVALID_ARGUMENT)
    assert raw_call(server, signal, b"") == b""


def test_grpc_keeps_tenants_apart_and_counts_what_it_leaves_out(server):
    request = one_span("c" * 32)
    request.resource_spans[0].scope_spans[0].spans.add(name="no ids")
    answer = raw_call(server, "traces", request.SerializeToString(), metadata=(("x-scope-orgid", "other"),),
                      compression=grpc.Compression.Gzip)
    assert ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans == 1
    assert server.request("/tempo/api/traces/" + "c" * 32)[0] == 404
    assert server.request("/tempo/api/traces/" + "c" * 32, headers={"X-Scope-OrgID": "other"})[0] == 200


def test_an_unknown_method_is_unimplemented(server):
    with grpc.insecure_channel(server.url.removeprefix("http://")) as channel:
        call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Import",
                                   request_serializer=bytes, response_deserializer=bytes)
        with pytest.raises(grpc.RpcError) as error:
            call(b"", timeout=30)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
