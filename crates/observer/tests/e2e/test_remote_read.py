"""Remote read: by hand, compared with Debian's Prometheus, and read by it."""
import json
import math
import random
import time

import pytest

from conftest import until
from remote_read import (CHUNKS, EQ, NEQ, NRE, RE, READ, SAMPLES, chunks, query, read_request, read_samples, samples,
                         stored_histograms, xor_samples)
from remote_write import HEADERS, STALE, histogram, series, snappy, write_request
from test_promql_peer import Peer

DAY = 86_400_000


def now_ms():
    return int(time.time() * 1000)


def push(server, *all_series):
    status, text = server.request("/api/v1/write", snappy(write_request(all_series)), HEADERS)
    assert status == 204, text


def read_chunks(server, *queries):
    status, body = server.request("/api/v1/read", snappy(read_request(queries, [CHUNKS, SAMPLES])), READ)
    assert status == 200, body
    return list(chunks(body))


def test_every_query_is_answered_on_its_own(server):
    t = now_ms()
    rows = [{"__name__": "m", "job": job} for job in ("b", "a", "c")] + [{"__name__": "n", "job": "a"}]
    push(server, *(series(labels, [(t - 2000, 1.5), (t - 1000, STALE), (t, -0.0)]) for labels in rows))
    whole = (t - DAY, t + DAY)
    got = read_samples(
        server, query(*whole, (EQ, "__name__", "m")), query(*whole, (RE, "job", "a|b"), (NEQ, "__name__", "m")),
        query(*whole, (NRE, "job", "b|c"), (EQ, "none", "")), query(t - 2000, t - 1000, (EQ, "job", "b")),
        query(t, t - 1, (EQ, "job", "b")), query(*whole, (EQ, "job", "b"), hints=(t, t + 5)), query(*whole, (EQ, "job", "")))
    names = [[(row[0]["__name__"], row[0]["job"]) for row in result] for result in got]
    assert names == [[("m", "a"), ("m", "b"), ("m", "c")], [("n", "a")], [("m", "a"), ("n", "a")], [("m", "b")], [],
                     [("m", "b")], []]
    [(t1, v1), (t2, v2), (t3, v3)] = got[0][0][1]
    assert (t1, v1, t2, t3, v3, math.copysign(1, v3)) == (t - 2000, 1.5, t - 1000, t, 0, -1) and math.isnan(v2)
    assert [len(result[0][1]) for result in (got[3], got[5])] == [2, 1]
    assert read_samples(server) == []


def test_requests_that_cannot_be_answered_are_refused(server):
    good = query(0, 1, (EQ, "a", "b"))
    for body, status in [
        (b"", 400), (b"\xff" * 20, 400), (snappy(b"\xff\xff"), 400),
        (snappy(read_request([query(0, 1, (9, "a", "b"))])), 400),
        (snappy(read_request([query(0, 1, (RE, "a", "("))])), 400),
        (snappy(read_request([good], [7])), 400),
        (snappy(read_request([good], [7, SAMPLES])), 200),
        (b"\xff\xff\xff\xff\x0f" + b"\x00" * 64, 400),
    ]:
        got, text = server.request("/api/v1/read", body, READ)
        assert got == status, (body, text)
    assert server.request("/api/v1/read")[0] == 405
    assert server.request("/prometheus/api/v1/read", snappy(b""), READ)[0] == 200


def test_headers_name_the_form_and_tenants_are_apart(server):
    t = now_ms()
    push(server, series({"__name__": "m"}, [(t, 1)]))
    body = snappy(read_request([query(0, t, (EQ, "__name__", "m"))]))
    status, headers, answer = server.exchange("/api/v1/read", body, READ)
    assert (status, headers["Content-Type"], headers["Content-Encoding"]) == (200, "application/x-protobuf", "snappy")
    assert len(samples(answer)[0]) == 1
    status, _, answer = server.exchange("/api/v1/read", body, {**READ, "X-Scope-OrgID": "other"})
    assert (status, samples(answer)) == (200, [[]])
    body = snappy(read_request([query(0, t, (EQ, "__name__", "m"))], [CHUNKS]))
    status, headers, answer = server.exchange("/api/v1/read", body, READ)
    assert headers["Content-Type"] == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
    assert "Content-Encoding" not in headers


def test_a_large_answer_is_whole_in_both_forms(server):
    t, rng = now_ms(), random.Random(3)
    rows = {f"{n:04}": [(t - 7_000_000 + i * 15_000 + rng.randrange(90), rng.random()) for i in range(450)] for n in range(1200)}
    names = sorted(rows)
    for at in range(0, len(names), 200):
        push(server, *(series({"__name__": "big", "n": n}, rows[n]) for n in names[at:at + 200]))
    whole = query(t - DAY, t, (EQ, "__name__", "big"))
    [got] = read_samples(server, whole)
    assert [(row[0]["n"], row[1]) for row in got] == [(n, rows[n]) for n in names]
    # By name in the order of names, each a few chunks long.
    streamed = read_chunks(server, whole)
    order = [labels["n"] for _, labels, *_ in streamed]
    assert order == sorted(order) and len(streamed) == 4 * len(names)
    for n in rng.sample(names, 20):
        assert [s for _, labels, *_, data in streamed if labels["n"] == n for s in xor_samples(data)] == rows[n]


@pytest.fixture
def peer(tmp_path):
    directory = tmp_path / "peer"
    directory.mkdir()
    running = Peer(directory, "native-histograms")
    yield running
    running.stop()


def odd_series(t):
    """Series whose chunks show every part of the formats; at most 120 samples, so that each is one chunk."""
    rng = random.Random(5)
    times = [t - 1_700_000 + i * 15_000 for i in range(110)]
    late = [at + rng.choice([0, 0, 0, 5, -3, 9000, -4000]) for at in times]
    yield "regular", [(at, float(i)) for i, at in enumerate(times)], []
    yield "late", [(at, i / 3) for i, at in enumerate(late)], []
    yield "odd", list(zip(times, [0.0, -0.0, math.inf, -math.inf, 1e300, 5e-324, 1 / 3, STALE, 1.0])), []
    yield "one", [(t, 42.0)], []
    yield "noise", [(at, rng.uniform(-1e9, 1e9)) for at in times], []
    def whole(i, at, hint):
        counts = [i * 3, i * 2 + 1, i // 2]
        return histogram(at, sum(counts) + i + i, 2.5 * i, schema=2, zero=i, threshold=2.0 ** -128,
                         positive=([(-2, 2), (3, 1)], counts), negative=([(0, 1)], [i]), hint=hint)
    yield "counter", [], [whole(i, at, 0) for i, at in enumerate(times[:40])]
    yield "part", [], [histogram(at, i + 0.5, i / 7, schema=-1, zero=0.25, threshold=0.3, positive=([(5, 1)], [i + 0.25]))
                       for i, at in enumerate(times[:40])]


def test_chunks_are_those_of_prometheus_byte_by_byte(server, peer):
    t = now_ms()
    # Within one range of the peer's chunks, which end every two hours.
    t = t // 7_200_000 * 7_200_000 - 1 if t % 7_200_000 < 1_800_000 else t
    rows = list(odd_series(t))
    for one in (server, peer):
        push(one, *(series({"__name__": "m", "kind": kind}, floats, (), hs) for kind, floats, hs in rows))
    ours, theirs = (read_chunks(one, query(t - DAY, t + DAY, (EQ, "__name__", "m"))) for one in (server, peer))
    assert [row[1] for row in ours] == [row[1] for row in theirs]
    for a, b in zip(ours, theirs):
        # Prometheus 2 leaves an empty byte behind a chunk of one sample.
        assert a[:-1] == b[:-1] and a[-1] == b[-1].removesuffix(b"\0" if a[1]["kind"] == "one" else b""), a[1]
    whole = query(t - DAY, t + DAY, (EQ, "__name__", "m"))
    def shown(one):
        [result] = read_samples(one, whole)
        # Only later versions spell histograms out, and none a minus before zero.
        return [(labels, [(at, repr(v + 0.0)) for at, v in floats]) for labels, floats, _ in result]
    assert shown(server) == shown(peer)


def test_gauges_and_resets_are_told(server):
    t = now_ms()
    counts = [(5, 0), (7, 0), (3, 0), (4, 2), (9, 1), (2, 3), (1, 3)]
    rows = [histogram(t - 9000 + i * 1000, n, 1.0, positive=([(0, 1)], [n]), hint=hint) for i, (n, hint) in enumerate(counts)]
    push(server, series({"__name__": "h"}, (), (), rows))
    got = read_chunks(server, query(0, t, (EQ, "__name__", "h")))
    # Kind, how many, and what the head says: nothing is known of the first, then resets (2 of 3), then gauges (3).
    assert [(kind, data[1], data[2] >> 6) for _, _, kind, _, _, data in got] == [(2, 2, 0), (2, 2, 2), (2, 1, 2), (2, 2, 3)]
    assert [h["count"] for h in stored_histograms(server, "h")] == [n for n, _ in counts]


def test_prometheus_answers_queries_from_it(server, tmp_path):
    t = now_ms()
    times = [t - 600_000 + i * 15_000 for i in range(40)]
    push(server, series({"__name__": "reads_total", "job": "a"}, [(at, i * 30.0) for i, at in enumerate(times)]),
         series({"__name__": "reads_total", "job": "b"}, [(at, i * 60.0) for i, at in enumerate(times)]),
         series({"__name__": "other"}, [(t, 1)]))
    directory = tmp_path / "reader"
    directory.mkdir()
    reader = Peer(directory, "native-histograms", config=f"remote_read: [{{url: '{server.url}/api/v1/read', read_recent: true}}]\n")
    try:
        until(lambda: reader.request("/-/ready")[0] == 200)
        def ask(expression):
            status, body = reader.request(f"/api/v1/query?query={expression}&time={t / 1000}")
            assert status == 200, body
            return [(row["metric"].get("job"), float(row["value"][1])) for row in json.loads(body)["data"]["result"]]
        assert ask("sum%20by(job)(rate(reads_total%5B5m%5D))") == [("a", pytest.approx(2)), ("b", pytest.approx(4))]
        assert ask("reads_total%7Bjob!~%22a%7Cx%22%7D")[0][0] == "b"
    finally:
        reader.stop()


def test_prometheus_remote_writes_native_histograms(server, tmp_path):
    with HistogramTarget() as target:
        directory = tmp_path / "writer"
        directory.mkdir()
        writer = Peer(directory, "native-histograms", config=
                      "global: {scrape_interval: 1s}\n"
                      f"scrape_configs: [{{job_name: target, static_configs: [{{targets: ['{target.address}']}}]}}]\n"
                      f"remote_write: [{{url: '{server.url}/api/v1/write', send_native_histograms: true, "
                      "queue_config: {batch_send_deadline: 1s}, metadata_config: {send_interval: 1s}}]\n")
        try:
            until(lambda: read_samples(server, query(0, 1 << 50, (EQ, "__name__", "native")))[0])
            until(lambda: server.api("metadata", metric="native")[1]["data"])
        finally:
            writer.stop()
    got = stored_histograms(server, "native")[0]
    del got["t"], got["hint"]
    assert got == {"count": 7, "sum": 12.5, "schema": 0, "threshold": 0.001, "zero": 1, "negative": {1: 2},
                   "positive": {0: 1, 1: 3}, "bounds": []}
    assert server.api("metadata", metric="native")[1]["data"] == {
        "native": [{"type": "histogram", "help": "of a test", "unit": ""}]}


class HistogramTarget:
    """Exposes one native histogram in protobuf."""

    def __enter__(self):
        import http.server
        import threading

        from remote_write import double, field, varint, zigzag

        def span(offset, length):
            return b"\x08" + zigzag(offset) + b"\x10" + varint(length)
        message = (b"\x08" + varint(7) + b"\x11" + double(12.5) + b"\x28" + zigzag(0) + b"\x31" + double(0.001)
                   + b"\x38" + varint(1) + field(9, span(1, 1)) + field(10, zigzag(2)) + field(12, span(0, 2))
                   + field(13, zigzag(1) + zigzag(2)))
        family = field(1, b"native") + field(2, b"of a test") + b"\x18" + varint(4) + field(4, field(7, message))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/vnd.google.protobuf; "
                                 "proto=io.prometheus.client.MetricFamily; encoding=delimited")
                self.end_headers()
                self.wfile.write(varint(len(family)) + family)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
