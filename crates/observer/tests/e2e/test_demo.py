"""What a newcomer sees in the first minute: the demo's signals are there, and lead to each other."""
import json
import re
import subprocess
import time
import urllib.parse

import pytest
from conftest import BINARY, Server, until

TEXT_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ \[shop\.\w+\] \[\w+\.py:\d+\] "
    r"\[trace_id=([0-9a-f]{32}) span_id=[0-9a-f]{16} resource\.service\.name=\w+ trace_sampled=True\] - .+")


@pytest.fixture
def shop(tmp_path):
    running = Server(tmp_path / "data", "--demo")
    yield running
    running.stop()


def trace(server, trace_id):
    status, body = server.request(f"/tempo/api/traces/{trace_id}")
    return json.loads(body)["batches"] if status == 200 else []


def test_signals_of_the_shop_lead_to_each_other(shop):
    lines = until(lambda: shop.logs('{service_name="payment"} |= "bank refused"'))
    line = lines[0]["values"][0][1]
    trace_id = TEXT_LINE.match(line).group(1)
    services = until(lambda: {a["value"]["stringValue"] for b in trace(shop, trace_id) for a in b["resource"]["attributes"]
                              if a["key"] == "service.name"})
    assert {"frontend", "checkout", "payment"} <= services
    exemplars = until(lambda: shop.api(
        "query_exemplars", query="http_server_request_duration_seconds_bucket", start=time.time() - 1800, end=time.time(),
    )[1]["data"])
    measured = exemplars[-1]["exemplars"][-1]["labels"]["trace_id"]
    assert until(lambda: trace(shop, measured))
    json_lines = until(lambda: shop.logs('{service_name="frontend"}'))
    assert json.loads(json_lines[0]["values"][0][1])["trace_id"]
    until(lambda: len(shop.query("count by (job) (http_server_request_duration_seconds_count)")) == 7)
    query = urllib.parse.urlencode({"q": "{ status = error }"})
    assert json.loads(shop.request("/tempo/api/search?" + query)[1])["traces"]


def test_the_generator_alone_sends_to_any_receiver(server):
    generator = subprocess.Popen([BINARY, "demo", "--endpoint", server.url])
    try:
        until(lambda: server.query("shop_orders_total") and server.logs('{service_name=~".+"}'), seconds=90)
    finally:
        generator.terminate()
        generator.wait(timeout=30)


def test_dev_says_where_things_are(tmp_path):
    process = subprocess.Popen(
        [BINARY, "--dev", "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0", "--otlp-grpc-listen", "off",
         "--otlp-http-listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline()]
        while not lines[-1].startswith("export"):
            lines.append(process.stdout.readline())
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
    url = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", lines[0]).group(1)
    assert f"UI: {url}/ui/\n" in lines
    assert re.fullmatch(r"export OTEL_EXPORTER_OTLP_ENDPOINT=http://127\.0\.0\.1:\d+ OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n",
                        lines[-1])
