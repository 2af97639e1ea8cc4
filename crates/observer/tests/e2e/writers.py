"""Writers of numbered items, one per protocol and signal; used by the crash harness."""
import base64
import http.client
import json
import random
import time
import urllib.parse

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from google.protobuf import json_format

import remote_write
import wire

BATCH_MAX = 12
PAGE = 5000
# Old enough to be cut into a block of history by the next maintenance.
PAST_NS = 5 * 3600 * 10**9
# Room for items a millisecond apart that are sent faster than that: none lies in the future.
AHEAD_NS = 600 * 10**9


class Writer:
    """`acknowledged` holds item numbers, `sent` is the number of the next one."""

    signal = None

    def __init__(self, index, seed):
        self.name = f"{type(self).__name__.lower()}-{index}"
        self.index = index
        self.random = random.Random(seed)
        self.sent = 0
        self.acknowledged = set()
        # Of what was deleted: what certainly was, and what may have been.
        self.deleted = set()
        self.doubtful = set()
        self.began_ns = time.time_ns() - AHEAD_NS

    def write(self, url, ended):
        """Sends batches until the server is gone."""
        with self.connection(url.removeprefix("http://")) as send:
            while not ended.is_set():
                items = range(self.sent, self.sent + self.random.randrange(1, BATCH_MAX))
                self.sent = items.stop
                if not send(items):
                    return
                self.acknowledged.update(items)

    def time_ns(self, item):
        """Distinct and ascending, a millisecond apart."""
        return self.began_ns // 10**6 * 10**6 + item * 10**6


class OverHttp(Writer):
    path = None
    headers = wire.JSON

    def connection(self, address):
        return HttpSender(self, address)


class HttpSender:
    def __init__(self, writer, address):
        self.writer, self.connection = writer, http.client.HTTPConnection(address, timeout=30)

    def __enter__(self):
        return self.send

    def __exit__(self, *_):
        self.connection.close()

    def send(self, items):
        body = self.writer.body(items)
        try:
            self.connection.request("POST", self.writer.path, body, self.writer.headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        assert answer.status in (200, 204) and b"rejected" not in text, (self.writer.name, answer.status, text)
        return True


class OverGrpc(Writer):
    request = stub = None

    def connection(self, address):
        return GrpcSender(self, address)


class GrpcSender:
    def __init__(self, writer, address):
        self.writer, self.channel = writer, grpc.insecure_channel(address)

    def __enter__(self):
        self.stub = self.writer.stub(self.channel)
        return self.send

    def __exit__(self, *_):
        self.channel.close()

    def send(self, items):
        request = json_format.ParseDict(self.writer.message(items), self.writer.request())
        try:
            answer = self.stub.Export(request, timeout=30)
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN,
                                    grpc.StatusCode.INTERNAL), error
            return False
        assert not answer.HasField("partial_success"), (self.writer.name, answer)
        return True


class Metrics(Writer):
    signal = "metrics"

    def series(self, item):
        """Every other series lies in the past."""
        return item % 4

    def time_ns(self, item):
        return super().time_ns(item) - (PAST_NS if self.series(item) % 2 else 0)

    def message(self, items):
        def point(item):
            return {"timeUnixNano": str(self.time_ns(item)), "asDouble": item,
                    "attributes": [{"key": "writer", "value": {"stringValue": self.name}}]}
        metrics = [{"name": f"crash_{s}", "gauge": {"dataPoints": [point(i) for i in items if self.series(i) == s]}}
                   for s in range(4)]
        return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [m for m in metrics if m["gauge"]["dataPoints"]]}]}]}

    def selector(self, item):
        """Of the series an item is in."""
        return f'crash_{self.series(item)}{{writer="{self.name}"}}'

    def found(self, server):
        for row in server.query(f'{{__name__=~"crash_.*", writer="{self.name}"}}[7h]'):
            yield from (int(value) for _, value in row.get("values", []))
            yield from (int(float(histogram["sum"])) for _, histogram in row.get("histograms", []))


class Logs(Writer):
    signal = "logs"

    def message(self, items):
        records = [{"timeUnixNano": str(self.time_ns(i)), "body": {"stringValue": f"item {i}"}} for i in items]
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": self.name}}]}
        return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}

    def selector(self, item):
        return f'{{service_name="{self.name}"}} |~ "^item {item}$"'

    def found(self, server):
        end = time.time_ns() + 3600 * 10**9
        while True:
            streams = server.logs(f'{{service_name="{self.name}"}}', limit=PAGE, start=end - 7200 * 10**9, end=end)
            page = [(int(row[0]), int(row[1].removeprefix("item "))) for s in streams for row in s["values"]]
            yield from (item for _, item in page)
            if len(page) < PAGE:
                return
            end = min(ts for ts, _ in page)


class Traces(Writer):
    signal = "traces"

    def trace_of(self, item):
        """Spans of one trace come in several batches."""
        return f"{self.index + 1:016x}{item // 5 + 1:016x}"

    def message(self, items):
        spans = [{"traceId": self.trace_of(i), "spanId": f"{i + 1:016x}", "name": f"item {i}", "kind": 2,
                  "startTimeUnixNano": str(self.time_ns(i)), "endTimeUnixNano": str(self.time_ns(i) + 1000)} for i in items]
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": self.name}}]}
        return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}

    def found(self, server):
        return [int(span_id, 16) - 1 for span_id in search_all(server, self.name)]


def search_all(server, name):
    """Span ids of every span of a service."""
    query = urllib.parse.urlencode({"q": f'{{resource.service.name="{name}"}}', "limit": 200_000, "spss": 100})
    status, body = server.request("/tempo/api/search?" + query)
    assert status == 200, body
    return [span["spanID"] for trace in json.loads(body)["traces"] for span in trace["spanSets"][0]["spans"]]


class MetricsJson(OverHttp, Metrics):
    path = "/v1/metrics"

    def body(self, items):
        return json.dumps(self.message(items))


class MetricsGrpc(OverGrpc, Metrics):
    request = metrics_service_pb2.ExportMetricsServiceRequest
    stub = metrics_service_pb2_grpc.MetricsServiceStub


class RemoteWrite(OverHttp, Metrics):
    path = "/api/v1/write"
    headers = wire.REMOTE_WRITE

    def body(self, items):
        return wire.remote_write([([("__name__", f"crash_{self.series(i)}"), ("writer", self.name)],
                                   [(float(i), self.time_ns(i) // 10**6)]) for i in items])


class RemoteWrite2(OverHttp, Metrics):
    path = "/api/v1/write"
    headers = remote_write.HEADERS_2

    def body(self, items):
        table = remote_write.Symbols()
        all_series = [table.series({"__name__": f"crash_{self.series(i)}", "writer": self.name},
                                   [(self.time_ns(i) // 10**6, float(i))]) for i in items]
        return remote_write.snappy(table.request(all_series))


class Histograms(RemoteWrite2):
    """Native ones of changing layout, integers and floats, and now and then a plain number among them."""

    def body(self, items):
        table = remote_write.Symbols()
        return remote_write.snappy(table.request([self.one(table, item) for item in items]))

    def one(self, table, item):
        labels, t_ms = {"__name__": f"crash_{self.series(item)}", "writer": self.name}, self.time_ns(item) // 10**6
        if item % 5 == 4:
            return table.series(labels, [(t_ms, float(item))])
        count = item % 7 + 1
        if item % 5 == 3:
            return table.series(labels, histograms=[remote_write.histogram(
                t_ms, count + 1, float(item), schema=-53, positive=([(0, 2)], [count, 1]), bounds=[0.5, 1.0])])
        number = float if item % 5 == 2 else int
        return table.series(labels, histograms=[remote_write.histogram(
            t_ms, number(2 * count), float(item), schema=item % 3, zero=number(0), threshold=0.001,
            positive=([(item % 2, 2)], [number(count), number(count)]))])


class Exemplars(RemoteWrite):
    """An item is an exemplar behind a sample; few enough in each series that none gives way."""

    def series(self, item):
        return item // 16 * 4 + item % 4

    def body(self, items):
        rows = [remote_write.series({"__name__": f"crash_{self.series(i)}", "writer": self.name}, [(self.time_ns(i) // 10**6, 1.0)],
                                    [([("item", str(i))], 1.0, self.time_ns(i) // 10**6)]) for i in items]
        return remote_write.snappy(remote_write.write_request(rows))

    def found(self, server):
        status, answer = server.api("query_exemplars", query=f'{{__name__=~"crash_.*", writer="{self.name}"}}')
        assert status == 200, answer
        for series in answer["data"]:
            yield from (int(exemplar["labels"]["item"]) for exemplar in series["exemplars"])


class LokiJson(OverHttp, Logs):
    path = "/loki/api/v1/push"

    def body(self, items):
        values = [[str(self.time_ns(i)), f"item {i}", {"n": str(i)}] for i in items]
        return json.dumps({"streams": [{"stream": {"app": self.name}, "values": values}]})


class LokiProtobuf(OverHttp, Logs):
    path = "/loki/api/v1/push"
    headers = wire.PROTOBUF

    def body(self, items):
        return wire.loki_push([(f'{{app="{self.name}"}}', [(self.time_ns(i), f"item {i}", [("n", str(i))]) for i in items])])


class LogsJson(OverHttp, Logs):
    path = "/v1/logs"

    def body(self, items):
        return json.dumps(self.message(items))


class LogsGrpc(OverGrpc, Logs):
    request = logs_service_pb2.ExportLogsServiceRequest
    stub = logs_service_pb2_grpc.LogsServiceStub


class TracesJson(OverHttp, Traces):
    path = "/v1/traces"

    def body(self, items):
        return json.dumps(self.message(items))


class TracesGrpc(OverGrpc, Traces):
    request = trace_service_pb2.ExportTraceServiceRequest
    stub = trace_service_pb2_grpc.TraceServiceStub

    def message(self, items):
        """Ids are base64 in protobuf's own JSON."""
        message = super().message(items)
        for span in message["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            for key in ("traceId", "spanId"):
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
        return message


ALL = [MetricsJson, MetricsGrpc, RemoteWrite, RemoteWrite2, Histograms, Exemplars, LokiJson, LokiProtobuf, LogsJson, LogsGrpc, TracesJson, TracesGrpc]
