"""Remote write 2.0: what is good is kept, and the sender hears how much that was."""
import resource
import time

import pytest

from remote_read import stored_histograms
from remote_write import HEADERS_2, STALE, Symbols, field, histogram, sample, snappy


def now_ms():
    return int(time.time() * 1000)


def push(server, table, *all_series, headers=HEADERS_2):
    """Status, what was written (samples, histograms, exemplars; None where the answer does not say) and the text."""
    status, headers, body = server.exchange("/api/v1/write", snappy(table.request(all_series)), headers)
    names = [f"X-Prometheus-Remote-Write-{what}-Written" for what in ("Samples", "Histograms", "Exemplars")]
    written = [headers.get(name) for name in names]
    return status, written if None in written else [int(count) for count in written], body.decode()


def one_of(count, t):
    return histogram(t, count, 1.0, positive=([(0, 1)], [count]))


def test_a_series_comes_with_all_it_has(server):
    t, table = now_ms(), Symbols()
    both = table.series({"job": "a", "__name__": "d_count"}, [(t - 1000, 1), (t, 2, t - 5000)],
                        exemplars=[({"trace_id": "abc"}, 0.5, t)], metadata=(3, "how long", "s"))
    native = table.series({"__name__": "native"}, histograms=[one_of(3, t)], metadata=(3, "", "bytes"))
    assert push(server, table, both, native) == (204, [2, 1, 1], "")
    assert server.query("d_count")[0]["metric"] == {"__name__": "d_count", "job": "a"}
    assert [(h["t"], h["count"]) for h in stored_histograms(server, "native")] == [(t, 3)]
    [found] = server.api("query_exemplars", query="d_count", start=0, end=4e9)[1]["data"]
    assert [e["labels"] for e in found["exemplars"]] == [{"trace_id": "abc"}]
    assert server.api("metadata")[1]["data"] == {"d": [{"type": "histogram", "help": "how long", "unit": "s"}],
                                                 "native": [{"type": "histogram", "help": "", "unit": "bytes"}]}


def test_the_good_part_of_a_request_is_kept(server):
    t, table = now_ms(), Symbols()
    kept = table.series({"__name__": "kept"}, [(t, 1), (t, 2), (t - 7_200_000, 3), (t + 3_600_000, 4)],
                        [one_of(1, t - 1), histogram(t - 2, 9, 1.0), one_of(2, t - 1)])
    bad = [table.series(labels, [(t, 1)]) for labels in (
        [("job", "no name")], [("__name__", "bad"), ("", "empty")], [("__name__", "bad"), ("a", "1"), ("a", "2")],
        [("__name__", "bad"), ("a", b"\xff\xfe")])]
    nothing = table.series({"__name__": "nothing"})
    outside = field(1, b"\x01\x63") + field(2, sample(t, 1))
    status, written, text = push(server, table, *bad, kept, nothing, outside)
    assert (status, written) == (400, [1, 1, 0]), text
    for why in ("duplicate sample", "out of order", "out of bounds", "count is 9", "is missing", "is empty", "twice",
                "not UTF-8", "neither a sample nor a histogram", "99 lies outside"):
        assert why in text, text
    assert [row["metric"] for row in server.query('{__name__=~".+"}')] == [{"__name__": "kept"}]


def test_the_same_again_is_written_again(server):
    t, table = now_ms(), Symbols()
    stale = table.series({"__name__": "m"}, [(t, 1), (t + 1, STALE)], [one_of(1, t - 1)], [({"a": "b"}, 1, t)])
    assert push(server, table, stale) == push(server, table, stale) == (204, [2, 1, 1], "")
    assert server.query("m") == []


def test_what_cannot_be_read_writes_nothing_and_says_so(server):
    t, table = now_ms(), Symbols()
    good = snappy(table.request([table.series({"__name__": "m"}, [(t, 1)])]))
    for body, status in [(good[:-3], 400), (snappy(field(4, b"first") + field(5, b"")), 400), (b"\xff" * 40, 400)]:
        got, headers, text = server.exchange("/api/v1/write", body, HEADERS_2)
        assert got == status, text
        assert headers["X-Prometheus-Remote-Write-Samples-Written"] == "0"
    for headers in ({**HEADERS_2, "Content-Encoding": "gzip"},
                    {**HEADERS_2, "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v3.Request"}):
        assert server.request("/api/v1/write", good, headers)[0] == 415
    assert server.query('{__name__=~".+"}') == []


def test_a_failure_of_ours_writes_nothing_and_asks_to_be_retried(server):
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    start = now_ms()
    for i in range(1000):
        table = Symbols()
        rows = [table.series({"__name__": "m", "n": str(n)}, [(start + i, i)], [], [({"a": "b"}, 1, start + i)]) for n in range(9)]
        status, written, text = push(server, table, *rows, field(1, b"\x01\x63") + field(2, sample(1, 1)))
        if status != 400:
            break
        assert written == [9, 0, 9], text
    assert (status, written) == (503, [0, 0, 0]) and "write-ahead log" in text


def test_tenants_and_prefixes_are_those_of_1_0(server):
    t, table = now_ms(), Symbols()
    body = snappy(table.request([table.series({"__name__": "m"}, [(t, 1)])]))
    for path in ("/api/v1/write", "/prometheus/api/v1/write", "/api/v1/push"):
        assert server.request(path, body, {**HEADERS_2, "X-Scope-OrgID": "other"})[0] == 204
    assert server.query("m") == []
    status, answer = server.request("/api/v1/query?query=m", None, {"X-Scope-OrgID": "other"})
    assert status == 200 and b'"__name__":"m"' in answer


@pytest.mark.parametrize("missing", [b"", None])
def test_a_table_without_symbols_names_what_is_missing(server, missing):
    body = field(5, b"\x0a\x02\x01\x02" + field(2, sample(now_ms(), 1)))
    status, text = server.request("/api/v1/write", snappy(body if missing is None else field(4, missing) + body), HEADERS_2)
    assert status == 400 and b"outside of the table" in text
