"""TraceQL's pipelines, structure and metrics over HTTP and gRPC."""
import json
import time
import urllib.parse

import grpc
import pytest

import tempopb
from test_traces import A, B, send

SECOND = 10**9


def get(server, path, **params):
    status, body = server.request(f"/tempo/api/{path}?" + urllib.parse.urlencode(params))
    assert status == 200, body
    return json.loads(body)


def attribute(key, value):
    return {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}


@pytest.fixture
def shop(server):
    """Two traces of five minutes ago: front -> cart -> db (which fails), and front alone."""
    start = (time.time_ns() // (60 * SECOND) - 5) * 60 * SECOND + SECOND
    send(server, A, "1" * 16, "GET /", "front", start, 900, attributes=[attribute("n", 1)])
    send(server, A, "2" * 16, "add", "cart", start + SECOND // 10, 500, "1" * 16, attributes=[attribute("n", 3)])
    send(server, A, "3" * 16, "query", "db", start + SECOND // 5, 100, "2" * 16, status={"code": 2},
         events=[{"name": "exception", "attributes": [attribute("exception.type", "Timeout")]}])
    send(server, B, "4" * 16, "GET /", "front", start + 60 * SECOND, 40)
    server.started = start
    return server


def matched(server, query):
    """Names of the spans of each set of each trace, and what is told of the set."""
    found = get(server, "search", q=query + " | select(name)")["traces"]
    told = lambda s: {a["key"]: next(iter(a["value"].values())) for a in s.get("attributes", [])}
    return [([span["name"] for span in s["spans"]], told(s)) for trace in found for s in trace["spanSets"]]


@pytest.mark.parametrize("query, want", [
    ('{name="GET /"} >> {status=error}', [(["query"], {})]),
    ('{name="GET /"} &>> {status=error}', [(["GET /", "query"], {})]),
    ('{status=error} << {resource.service.name="cart"}', [(["add"], {})]),
    ('{} !< {name="GET /"}', [(["GET /"], {})]),
    ("{} | count() > 2", [(["GET /", "add", "query"], {"count()": "3"})]),
    ("{} | avg(duration) = 500ms", [(["GET /", "add", "query"], {"avg(duration)": "500ms"})]),
    ("{.n > 0} | by(resource.service.name) | max(.n) > 1", [(["add"], {"by(resource.service.name)": "cart", "max(.n)": "3"})]),
    ("({status=error} | count() > 0) && ({.n * 2 = 6})", [(["add", "query"], {})]),
    ('{event:name="exception" && event.exception.type="Timeout"}', [(["query"], {})]),
    ("{nestedSetParent<0 && span:childCount=1}", [(["GET /"], {})]),
    ("{trace:id=\"" + A.upper() + "\" && 0.5s < duration}", [(["GET /"], {})]),
])
def test_pipelines_and_structure(shop, query, want):
    assert matched(shop, query) == want


def test_what_drilldown_draws_its_trees_from(shop):
    query = ("({nestedSetParent<0} &>> {status = error}) || ({nestedSetParent<0 && status = error}) "
             "| select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)")
    [trace] = get(shop, "search", q=query, limit=200, spss=20)["traces"]
    sets = [{a["key"]: next(iter(a["value"].values())) for a in span["attributes"]} for span in trace["spanSet"]["spans"]]
    assert [(s["nestedSetParent"], s["nestedSetLeft"], s["nestedSetRight"]) for s in sets] == [("-1", "1", "6"), ("2", "3", "4")]
    assert sets[1]["status"] == "error" and sets[1]["service.name"] == "db"


def test_several_sets_are_one_too_many_for_structure(shop):
    query = urllib.parse.quote("({} | by(name)) > ({} | by(name))")
    status, body = shop.request(f"/tempo/api/search?q={query}")
    assert status == 400 and b"consider using coalesce()" in body


def test_the_first_tags_have_names_of_their_own(shop):
    of = lambda name: get(shop, f"search/tag/{name}/values", start=shop.started // SECOND - 60)["tagValues"]
    assert of("root.name") == ["GET /"] and of("root.service.name") == ["front"]
    assert of("error") == ["true"] and of("status.code") == ["error", "ok", "unset"]


def series(server, path, query, minutes=10, **params):
    start = server.started // SECOND - 60
    return get(server, path, q=query, start=start, end=start + 60 * minutes, **params)


def values(answer):
    """Numbers that are not 0, by label values."""
    key = lambda s: tuple(next(iter(label["value"].values())) for label in s["labels"])
    return {key(s): [x["value"] for x in s["samples"] if x.get("value")] for s in answer["series"]}


def test_metrics_over_time(shop):
    answer = series(shop, "metrics/query_range", "{} | count_over_time() by (resource.service.name)", step="60s")
    assert set(answer) == {"series", "metrics"} and len(answer["series"][0]["samples"]) == 12
    assert values(answer) == {("cart",): [1], ("db",): [1], ("front",): [1, 1]}
    [front] = [s for s in answer["series"] if s["labels"][0]["value"] == {"stringValue": "front"}]
    at = {int(x["timestampMs"]): x["value"] for x in front["samples"] if x.get("value")}
    minute = shop.started // SECOND // 60 * 60
    assert at == {(minute + 60) * 1000: 1, (minute + 120) * 1000: 1}
    exemplars = [x for s in answer["series"] for x in s.get("exemplars", [])]
    traces = {label["value"]["stringValue"] for x in exemplars for label in x["labels"] if label["key"] == "trace:id"}
    assert traces == {A, B.lstrip("0")} and all(x["value"] == 1 for x in exemplars)
    for query, want in [
        ("{status=error} | rate()", {("rate",): [1 / 60]}),
        ("{.nothing != nil} | rate()", {("rate",): []}),
        ("{.nothing != nil} | rate() by (name)", {}),
        ("{} | max_over_time(duration)", {("max_over_time",): [0.9, 0.04]}),
        ("{} | avg_over_time(.n) by (.missing)", {("nil",): [2]}),
        ("{} | quantile_over_time(duration, 1.0) by (name) | topk(1)", {("GET /", 1.0): [1.073741824, 0.067108864]}),
        ("{} | histogram_over_time(.n)", {(4.0,): [1]}),
        ("({status=error} | count_over_time()) / ({} | count_over_time()) * 100", {
            ("(count_over_time / count_over_time)",): [1 / 3 * 100]}),
        ("{} | count_over_time() > 2", {("count_over_time",): [3]}),
    ]:
        assert values(series(shop, "metrics/query_range", query, step="1m")) == want, query


def test_a_comparison_tells_selected_spans_from_others(shop):
    answer = series(shop, "metrics/query_range", "{} | compare({status=error})", step="10m")
    key = lambda s: tuple(x for label in s["labels"] for x in (label["key"], next(iter(label["value"].values()))))
    told = {key(s)[1:]: sum(x.get("value", 0) for x in s["samples"]) for s in answer["series"]}
    assert told[("selection", "resource.service.name", "db")] == 1 and told[("baseline", "resource.service.name", "front")] == 2
    assert told[("selection", "span:childCount", "0")] == 1 and told[("baseline", "statusMessage", "")] == 3
    assert told[("selection_total", "status", "nil")] == 1 and told[("baseline_total", "span.n", "nil")] == 2
    assert told[("selection", "event.exception.type", "Timeout")] == 1 and told[("baseline", "rootServiceName", "front")] == 3


def test_an_instant_is_one_number(shop):
    answer = series(shop, "metrics/query", "{} | count_over_time() by (name)")
    assert {s["labels"][0]["value"]["stringValue"]: s["value"] for s in answer["series"]} == {
        "GET /": 2, "add": 1, "query": 1}
    assert all(set(s) == {"labels", "value"} for s in answer["series"])


@pytest.mark.parametrize("path, params, text", [
    ("query_range", {"q": "{}"}, "needs a function such as rate()"),
    ("query_range", {"q": "{} | rate("}, "parse error at line 1, col 11"),
    ("query_range", {"q": "{} | rate()", "step": "1ms", "since": "1h"}, "maximum intervals of 10000"),
    ("query_range", {"q": "{} | rate()", "step": "soon"}, "cannot parse \"soon\""),
    ("query_range", {"q": "{} | rate()", "start": "5", "end": "4"}, "end must be greater than start"),
    ("query", {"q": "{} | rate()", "start": "then"}, "could not parse 'start'"),
    ("query", {"q": "{} | rate() | topk(0)"}, "limit must be greater than 0"),
])
def test_bad_metrics_queries_say_what_is_wrong(server, path, params, text):
    status, body = server.request(f"/tempo/api/metrics/{path}?" + urllib.parse.urlencode(params))
    assert status == 400 and text in body.decode(), body


def test_every_streaming_method(shop):
    start = shop.started // SECOND - 60
    bounds = {"start": start, "end": start + 600}
    call = lambda method, **fields: tempopb.call(shop, method, **fields)
    [found] = call("Search", query="{} | by(name) | count() > 0", **bounds)
    assert [len(t.span_sets) for t in found.traces] == [1, 3] and found.traces[0].span_set == found.traces[0].span_sets[0]
    assert [a.key for a in found.traces[1].span_sets[0].attributes] == ["by(name)", "count()"]
    [names] = call("SearchTags", **bounds)
    assert list(names.tag_names) == ["exception.type", "n", "service.name"]
    [scopes] = call("SearchTagsV2", scope="event", **bounds)
    assert [(s.name, list(s.tags)) for s in scopes.scopes] == [("event", ["exception.type"])]
    [texts] = call("SearchTagValues", tag_name="service.name", **bounds)
    assert list(texts.tag_values) == ["cart", "db", "front"]
    [typed] = call("SearchTagValuesV2", tag_name="span.n", query="{name=\"add\"}", **bounds)
    assert [(v.type, v.value) for v in typed.tag_values] == [("int", "3")]
    ns = {"start": start * SECOND, "end": (start + 600) * SECOND}
    [answer] = call("MetricsQueryRange", query="{} | count_over_time() by (name)", step=60 * SECOND, **ns)
    assert [len(s.samples) for s in answer.series] == [12] * 3 and answer.metrics.inspected_traces == 2
    assert sum(x.value for x in answer.series[0].samples) == 2 and len(answer.series[0].exemplars) == 2
    [cut] = call("MetricsQueryRange", query="{} | rate() by (name)", max_series=1, **ns)
    assert len(cut.series) == 1 and cut.status == 1 and "maximum number of series" in cut.message
    [instant] = call("MetricsQueryInstant", query="{} | max_over_time(duration)", **ns)
    assert [s.value for s in instant.series] == [0.9]
    for method, fields in [("Search", {"query": "{"}), ("MetricsQueryRange", {"query": "{}", **ns}),
                           ("SearchTagsV2", {"scope": "nonsense"})]:
        with pytest.raises(grpc.RpcError) as error:
            call(method, **fields)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT, method
