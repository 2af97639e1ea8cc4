"""The shapes of the Prometheus API that Grafana and other clients rely on."""
import gzip
import json
import time
import urllib.parse
import urllib.request
import zlib

from remote_write import HEADERS, series, snappy, write_request

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def fill(server, count=3, name="m"):
    now = int(time.time())
    rows = [series({"__name__": name, "s": f"{i:04}", "http.method": "GET"}, [((now - 60) * 1000, i), (now * 1000, i)])
            for i in range(count)]
    assert server.request("/api/v1/write", snappy(write_request(rows)), HEADERS)[0] == 204
    return now


def post(server, path, form, url=""):
    body = urllib.parse.urlencode(form, doseq=True).encode()
    status, answer = server.request(f"/prometheus/api/v1/{path}{url}", body, FORM)
    return status, json.loads(answer)


def test_forms_and_urls_are_merged_and_the_form_stands_first(server):
    fill(server)
    assert len(post(server, "query", {}, "?query=m")[1]["data"]["result"]) == 3
    assert len(post(server, "query", {"query": "m{s='0001'}"}, "?query=m")[1]["data"]["result"]) == 1
    assert len(post(server, "series", {"match[]": ["m{s='0001'}"]}, "?match[]=m{s=%270002%27}")[1]["data"]) == 2
    assert post(server, "labels", {})[1]["data"] == ["__name__", "http.method", "s"]
    assert post(server, "query_exemplars", {"query": "m"})[1] == {"status": "success", "data": []}
    assert post(server, "format_query", {"query": "m  +  1"})[1]["data"] == "m + 1"
    assert post(server, "query", {"query": "m", "unknown": "x" * (1 << 20)})[0] == 200


def test_an_answer_that_is_cut_says_so(server):
    fill(server)
    cut = ["results truncated due to limit"]
    for path, params, count in [
        ("query", {"query": "m", "limit": 2}, 2),
        ("series", {"match[]": "m", "limit": 2}, 2),
        ("labels", {"limit": 1}, 1),
        ("label/s/values", {"limit": 1}, 1),
    ]:
        answer = server.api(path, **params)[1]
        data = answer["data"]["result"] if path == "query" else answer["data"]
        assert (len(data), answer["warnings"]) == (count, cut), path
        assert "warnings" not in server.api(path, **{**params, "limit": 0})[1]
    assert server.api("labels", limit="-1")[0] == 400


def test_label_values_of_any_name(server):
    fill(server)
    for name in ("http.method", "U__http_2e_method", urllib.parse.quote("http.method", safe="")):
        assert server.api(f"label/{name}/values")[1]["data"] == ["GET"], name
    assert server.api("label/nope/values")[1]["data"] == []
    assert server.api("label/s/values", **{"match[]": ['m{s="0001"}', '{__name__=~"x.*"}']})[1]["data"] == ["0001"]
    assert server.api("label/s/values", start=0, end=1000)[1]["data"] == []


def test_nothing_is_an_empty_list(server):
    for path, params, data in [
        ("query", {"query": "m"}, {"resultType": "vector", "result": []}),
        ("query_range", {"query": "m", "start": 0, "end": 10, "step": 1}, {"resultType": "matrix", "result": []}),
        ("series", {"match[]": "m"}, []),
        ("labels", {}, []),
        ("metadata", {}, {}),
    ]:
        assert server.api(path, **params) == (200, {"status": "success", "data": data})
    assert server.request("/api/v1/query_exemplars?query=1") == (204, b"")


def test_resolution_ends_at_eleven_thousand_steps(server):
    ask = {"query": "vector(1)", "start": 0, "step": 1}
    status, answer = server.api("query_range", end=11000, **ask)
    assert status == 200 and len(answer["data"]["result"][0]["values"]) == 11001
    assert server.api("query_range", end=11001, **ask)[0] == 400
    for wrong in [{"step": 0}, {"step": -1}, {"step": "x"}, {"end": -1}, {"start": "x"}]:
        assert server.api("query_range", **{**ask, "end": 10, **wrong})[0] == 400, wrong


def test_times_are_written_and_read_in_all_forms(server):
    for time_in, time_out in [("1.5", 1.5), ("1", 1), ("1970-01-01T00:00:01.25Z", 1.25), ("1e3", 1000)]:
        body = server.request(f"/api/v1/query?query=1&time={time_in}")[1].decode()
        assert f"[{time_out}," in body
    assert server.request("/api/v1/query?query=1&time=99999999999999999-01-01T00:00:00Z")[0] == 400


def test_lookback_statistics_and_unknown_parameters(server):
    now = fill(server)
    later = {"query": "m", "time": now + 200}
    assert len(server.query(**{"expression": "m", "time": now + 200})) == 3
    assert server.api("query", lookback_delta="1m", **later)[1]["data"]["result"] == []
    data = server.api("query", stats="all", surprise="x", **later)[1]["data"]
    assert list(data) == ["resultType", "result", "stats"]
    assert data["stats"]["samples"]["totalQueryableSamples"] == 3
    assert data["stats"]["timings"]["execTotalTime"] >= 0


def test_remarks_reach_the_client(server):
    fill(server)
    answer = server.api("query", query="rate(m[5m])")[1]
    assert answer["infos"] == [
        'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "m" (1:6)']
    answer = server.api("query", query="quantile(1.5, m)")[1]
    assert answer["warnings"] == ["PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:10)"]


def test_long_answers_are_compressed_for_those_who_ask(server):
    fill(server, 100)
    for accept, path, encoding in [
        ("gzip", "query?query=m", "gzip"),
        ("deflate, gzip;q=1.0", "query?query=m", "deflate"),
        ("br", "query?query=m", None),
        ("gzip", "query?query=1", None),
    ]:
        url = f"{server.url}/prometheus/api/v1/{path}"
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": accept})) as answer:
            assert set(answer.headers.get_all("Vary")) == {"origin", "accept-encoding"}
            assert answer.headers["Content-Encoding"] == encoding, (accept, path)
            body = answer.read()
        body = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: bytes}[encoding](body)
        assert json.loads(body)["status"] == "success"


def test_a_query_of_a_hundred_thousand_bytes_is_answered(server):
    fill(server)
    names = "|".join(f"{i:08}" for i in range(11_000))
    assert post(server, "query", {"query": 'm{s=~"0001|' + names + '"}'})[0] == 200
