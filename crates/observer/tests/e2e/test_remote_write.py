"""Remote write 1.0, with the faults real senders have and hostile ones make."""
import time

import pytest

from remote_read import stored_histograms
from remote_write import HEADERS, STALE, field, histogram, label, sample, series, snappy, varint, write_request


def now_ms():
    return int(time.time() * 1000)


def push(server, *all_series, headers=None):
    status, body = server.request("/api/v1/write", snappy(write_request(all_series)), headers or HEADERS)
    return status, body.decode()


def one(name, *samples, **labels):
    return series({"__name__": name, **labels}, samples)


def test_what_headers_and_bodies_are_taken(server):
    good = snappy(write_request([one("up", (now_ms(), 1))]))
    protobuf = "application/x-protobuf"
    for headers, body, status in [
        (HEADERS, good, 204),
        ({"Content-Type": "application/X-protobuf;proto=prometheus.WriteRequest"}, good, 204),
        ({"Content-Type": "", "Content-Encoding": "Snappy"}, good, 204),
        ({"Content-Type": protobuf + ";proto=io.prometheus.write.v3.Request"}, good, 415),
        ({"Content-Type": "application/json"}, good, 415),
        ({"Content-Type": protobuf, "Content-Encoding": "gzip"}, good, 415),
        (HEADERS, good[:-3], 400),
        (HEADERS, snappy(b"\xff\xff"), 400),
        (HEADERS, varint(1 << 31) + b"\x00" * 64, 400),  # a declared length far beyond the cap
        (HEADERS, varint(30 << 20) + b"\x00" * 64, 400),  # below the cap, but a lie
        (HEADERS, snappy(b"\x00" * (33 << 20)), 413),
        (HEADERS, snappy(b""), 204),
    ]:
        got, text = server.request("/api/v1/write", body, headers)
        assert got == status, (headers, body[:40], text)
    assert server.request("/api/v1/write")[0] == 405
    assert len(server.query("up")) == 1


def test_a_fault_in_a_sample_rolls_the_whole_request_back(server):
    t = now_ms()
    assert push(server, one("m", (t, 1), s="a"))[0] == 204
    for name, bad, why in [
        ("future", (t + 3_600_000, 1), "out of bounds"),
        ("ancient", (t - 400 * 86_400_000, 1), "out of bounds"),
        ("m", (t, 2), "duplicate sample for timestamp"),
        ("m", (t - 7_200_000, 1), "out of order"),
    ]:
        labels = {"s": "a"} if name == "m" else {}
        status, text = push(server, one("neighbour", (t, 1)), one(name, bad, **labels))
        assert status == 400 and why in text, (name, text)
    assert server.query("neighbour") == []
    # The same again is no fault, nor is what is a little late.
    assert push(server, one("m", (t, 1), s="a"))[0] == 204
    assert push(server, one("m", (t - 60_000, 3), s="a"))[0] == 204
    assert server.query('count_over_time(m[5m])')[0]["value"][1] == "2"


@pytest.mark.parametrize("labels", [
    [("job", "no name")],
    [("__name__", "bad"), ("", "empty")],
    [("__name__", "bad"), ("a", "1"), ("a", "2")],
    [("__name__", "bad"), ("a", b"\xff\xfe")],
    [("__name__", "bad"), (b"\xc3\x28", "x")],
])
def test_impossible_labels_cost_only_their_series(server, labels):
    t = now_ms()
    assert push(server, series(labels, [(t, 1)]), one("good", (t, 1)))[0] == 204
    assert server.query('{__name__=~".+"}')[0]["metric"] == {"__name__": "good"}


def test_labels_come_in_any_order_and_in_any_alphabet(server):
    t = now_ms()
    pairs = [("zone", "z"), ("größe", "Ü\n\"x\""), ("empty", ""), ("__name__", "odd.name"), ("a", "1")]
    assert push(server, series(pairs, [(t, 1)]))[0] == 204
    [row] = server.query('{"odd.name"}')
    assert row["metric"] == {"__name__": "odd.name", "a": "1", "größe": "Ü\n\"x\"", "zone": "z"}


def test_a_stale_marker_ends_a_series_and_an_ordinary_nan_does_not(server):
    t = now_ms()
    push(server, one("gone", (t - 2000, 1), (t - 1000, STALE)), one("odd", (t - 1000, float("nan"))))
    assert server.query("gone") == []
    assert server.query("odd")[0]["value"][1] == "NaN"
    server.kill()
    server.start()
    assert server.query("gone") == []
    assert server.query("count_over_time(gone[1m])")[0]["value"][1] == "1"


def test_exemplars_and_metadata_come_along(server):
    t = now_ms()
    exemplars = [([("trace_id", "abc")], 0.5, t - 10), ([("long", "x" * 200)], 0.5, t - 9)]
    body = write_request([series({"__name__": "d_bucket", "le": "1"}, [(t, 1)], exemplars)])
    metadata = b"\x08" + varint(3) + field(2, b"d") + field(4, b"how long") + field(5, b"s")
    assert server.request("/api/v1/write", snappy(body + field(3, metadata)), HEADERS)[0] == 204
    [found] = server.api("query_exemplars", query="histogram_quantile(0.9, d_bucket)", start=0, end=4e9)[1]["data"]
    assert [e["labels"] for e in found["exemplars"]] == [{"trace_id": "abc"}]
    assert server.api("metadata")[1]["data"] == {"d": [{"type": "histogram", "help": "how long", "unit": "s"}]}


def test_native_histograms_come_along(server):
    t = now_ms()
    whole = histogram(t, 6, 12.5, schema=3, zero=1, threshold=0.001, positive=([(0, 2)], [3, 2]))
    part = histogram(t, 3.5, 4.0, positive=([(1, 1)], [3.5]))
    custom = histogram(t, 3, 4.5, schema=-53, positive=([(0, 2)], [1, 2]), bounds=(0.5, 2.0))
    # 2^(1/2^10), ... 2^(8/2^10): four buckets each become one of schema 8.
    fine = histogram(t, 8, 8.0, schema=10, positive=([(1, 8)], [1] * 8))
    rows = {"whole": whole, "part": part, "custom": custom, "fine": fine}
    assert push(server, *(series({"__name__": name}, (), (), [h]) for name, h in rows.items()))[0] == 204
    [whole], [part], [custom], [fine] = (stored_histograms(server, name) for name in rows)
    empty = {"t": t, "schema": 0, "threshold": 0.0, "zero": 0, "negative": {}, "hint": 0, "bounds": []}
    assert whole == {**empty, "count": 6, "sum": 12.5, "schema": 3, "zero": 1, "threshold": 0.001, "positive": {0: 3, 1: 2}}
    assert part == {**empty, "count": 3.5, "sum": 4.0, "positive": {1: 3.5}}
    assert custom == {**empty, "count": 3, "sum": 4.5, "schema": -53, "positive": {0: 1, 1: 2}, "bounds": [0.5, 2.0]}
    assert fine == {**empty, "count": 8, "sum": 8.0, "schema": 8, "positive": {1: 4, 2: 4}}
    shown = {row["metric"]["__name__"]: row["histogram"][1] for row in server.query('{__name__=~".+"}')}
    assert shown["part"] == {"count": "3.5", "sum": "4", "buckets": [[0, "1", "2", "3.5"]]}
    assert shown["custom"]["buckets"] == [[3, "-Inf", "0.5", "1"], [0, "0.5", "2", "2"]]
    server.kill()
    server.start()
    assert stored_histograms(server, "whole") == [whole]


@pytest.mark.parametrize("bad, why", [
    (dict(count=7, total=1.0, positive=([(0, 1)], [6])), "count is 7"),
    (dict(count=1, total=1.0, schema=-54, positive=([(0, 1)], [1])), "schema -54"),
    (dict(count=1, total=1.0, positive=([(0, 2)], [1])), "need 2 buckets"),
    (dict(count=1, total=1.0, schema=-53, positive=([(0, 3)], [1, 0, 0]), bounds=(1.0,)), "bounds are too few"),
])
def test_an_invalid_histogram_rolls_the_whole_request_back(server, bad, why):
    t = now_ms()
    status, text = push(server, one("neighbour", (t, 1)), series({"__name__": "h"}, (), (), [histogram(t, **bad)]))
    assert status == 400 and why in text and '{__name__="h"}' in text
    assert server.query('{__name__=~".+"}') == []


def test_histograms_are_judged_as_samples_are(server):
    t = now_ms()
    def h(at, count=1):
        return series({"__name__": "h"}, (), (), [histogram(at, count, 1.0, positive=([(0, 1)], [count]))])
    assert push(server, h(t))[0] == 204 and push(server, h(t))[0] == 204
    for bad, why in [(h(t, 2), "duplicate sample for timestamp"), (h(t + 3_600_000), "out of bounds"),
                     (h(t - 7_200_000), "out of order"), (one("h", (t, 1)), "duplicate sample for timestamp")]:
        status, text = push(server, one("neighbour", (t, 1)), bad)
        assert status == 400 and why in text, text
    assert server.query("neighbour") == []


def test_unknown_fields_are_passed_over(server):
    t = now_ms()
    body = write_request([field(1, label("__name__", "m")) + field(2, sample(t, 1)) + field(99, b"new")])
    assert server.request("/api/v1/write", snappy(body + field(77, b"x")), HEADERS)[0] == 204
    assert len(server.query("m")) == 1
