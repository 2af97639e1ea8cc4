"""promtool as a client: its queries, and what its newer versions push. `promtool tsdb` is in test_export."""
import json
import subprocess
import time

import pytest

from remote_write import HEADERS, field, series, snappy, varint, write_request

COUNTER, GAUGE, HISTOGRAM, SUMMARY = 1, 2, 3, 5


def promtool(*arguments, code=0, **options):
    result = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60, **options)
    assert result.returncode == code, (result.stdout, result.stderr)
    return result.stdout if code == 0 else result.stderr


@pytest.fixture
def filled(server):
    """A minute of two series, and its first second."""
    start = int(time.time()) - 120
    rows = [series({"__name__": "seen_total", "job": job, "path": "/a b"}, [((start + i * 10) * 1000, float(i)) for i in range(7)])
            for job in ("api", "web")]
    assert server.request("/api/v1/write", snappy(write_request(rows)), HEADERS)[0] == 204
    return server, start


@pytest.fixture(params=["", "/prometheus"], ids=["root", "prefix"])
def url(request, filled):
    return filled[0].url + request.param


def test_instant_queries(filled, url):
    at = str(filled[1] + 60)
    assert promtool("query", "instant", "--time", at, url, "sum(seen_total)") == f"{{}} => 12 @[{at}]\n"
    found = json.loads(promtool("query", "instant", "--time", at, "-o", "json", url, 'seen_total{job="api"}'))
    assert found == [{"metric": {"__name__": "seen_total", "job": "api", "path": "/a b"}, "value": [int(at), "6"]}]
    assert promtool("query", "instant", "--time", at, url, "1 + 1") == f"scalar: 2 @[{at}]\n"
    fault = promtool("query", "instant", url, "sum(", code=1)
    assert "bad_data" in fault and "1:5: parse error: " in fault, fault


def test_range_queries(filled, url):
    start = filled[1]
    out = promtool("query", "range", "--start", str(start), "--end", str(start + 60), "--step", "30s", url, "sum by (job) (seen_total)")
    assert out == "".join(f'{{job="{job}"}} =>\n' + "".join(f"{v} @[{start + v * 10}]\n" for v in (0, 3, 6)) for job in ("api", "web"))
    fault = promtool("query", "range", "--start", str(start), "--end", str(start - 1), url, "seen_total", code=1)
    assert "start time is not before end time" in fault, fault
    fault = promtool("query", "range", "--start", "0", "--end", "20000", "--step", "1s", url, "seen_total", code=1)
    assert "bad_data" in fault and "exceeded maximum resolution of 11,000 points" in fault, fault


def test_series_and_labels(filled, url):
    start, end = str(filled[1]), str(filled[1] + 60)
    out = promtool("query", "series", "--match", "seen_total", "--match", '{job="web"}', "--start", start, "--end", end, url)
    assert out == "".join(f'{{__name__="seen_total", job="{job}", path="/a b"}}\n' for job in ("api", "web"))
    assert promtool("query", "series", "--match", "nothing", url) == ""
    assert "bad_data" in promtool("query", "series", "--match", "{", url, code=1)
    assert promtool("query", "labels", "--start", start, "--end", end, url, "job") == "api\nweb\n"
    assert promtool("query", "labels", url, "nope") == ""


def test_its_own_metrics_are_read(filled):
    server, _ = filled
    _, body = server.request("/metrics")
    check = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, timeout=60)
    assert b"error" not in check.stderr.lower(), check.stderr


def has_push():
    return "push metrics" in subprocess.run(["promtool", "--help"], capture_output=True, text=True, timeout=60).stderr


TEXT = """\
# HELP pushed_total Pushes.
# TYPE pushed_total counter
pushed_total{job="inner",x="y"} 3
# TYPE temp gauge
temp -1.5
# TYPE lat histogram
lat_bucket{le="0.5"} 1
lat_bucket{le="+Inf"} 2
lat_sum 1.5
lat_count 2
# TYPE rpc summary
rpc{quantile="0.9"} 0.25
rpc_sum 5
rpc_count 20
"""


def check_pushed(server):
    found = {json.dumps(row["metric"], sort_keys=True): row["value"][1] for row in server.query('{job="promtool"}')}
    labels = [({"__name__": "pushed_total", "exported_job": "inner", "x": "y"}, "3"), ({"__name__": "temp"}, "-1.5"),
              ({"__name__": "lat_bucket", "le": "0.5"}, "1"), ({"__name__": "lat_bucket", "le": "+Inf"}, "2"),
              ({"__name__": "lat_sum"}, "1.5"), ({"__name__": "lat_count"}, "2"), ({"__name__": "rpc", "quantile": "0.9"}, "0.25"),
              ({"__name__": "rpc_sum"}, "5"), ({"__name__": "rpc_count"}, "20")]
    assert found == {json.dumps({**own, "job": "promtool"}, sort_keys=True): value for own, value in labels}
    kinds = {name: entry["type"] for name, (entry,) in server.api("metadata")[1]["data"].items()}
    assert kinds == {"pushed_total": "counter", "temp": "gauge", "lat": "histogram", "rpc": "summary"}
    assert server.api("metadata", metric="pushed_total")[1]["data"]["pushed_total"][0]["help"] == "Pushes."


def test_push_metrics(server):
    if not has_push():
        pytest.skip("this promtool cannot push; what newer ones send is in test_what_push_sends")
    promtool("push", "metrics", server.url + "/api/v1/write", input=TEXT)
    check_pushed(server)


def metadata(kind, name, help_text=""):
    return b"\x08" + varint(kind) + field(2, name.encode()) + field(4, help_text.encode())


def test_what_push_sends(server):
    """A remote write 1.0 of one sample each, its labels sorted and a label `job` moved away, and metadata of each family."""
    now = int(time.time() * 1000)
    rows = [({"exported_job": "inner", "x": "y"}, "pushed_total", 3.0), ({}, "temp", -1.5), ({"le": "0.5"}, "lat_bucket", 1.0),
            ({"le": "+Inf"}, "lat_bucket", 2.0), ({}, "lat_sum", 1.5), ({}, "lat_count", 2.0), ({"quantile": "0.9"}, "rpc", 0.25),
            ({}, "rpc_sum", 5.0), ({}, "rpc_count", 20.0)]
    body = write_request(series({"__name__": name, "job": "promtool", **labels}, [(now, value)]) for labels, name, value in rows)
    families = [metadata(HISTOGRAM, "lat"), metadata(COUNTER, "pushed_total", "Pushes."), metadata(SUMMARY, "rpc"), metadata(GAUGE, "temp")]
    body += b"".join(field(3, family) for family in families)
    status, text = server.request("/api/v1/write", snappy(body), {**HEADERS, "User-Agent": "promtool/3.14.0"})
    assert (status, text) == (204, b"")
    check_pushed(server)
