"""Bad requests of every kind, put to Debian's Prometheus and to ours: the same status, the same errorType, and the same
words for what is wrong. Where Prometheus 3 or we differ from that 2.42, both answers are asserted, with the reason.
"""
import http.client
import json
import time
import urllib.parse

import pytest

import conftest
from remote_write import HEADERS, field, series, snappy, varint, write_request
from test_promql_peer import Peer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
READ = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Read-Version": "0.1.0"}
NOW = int(time.time()) * 1000


def get(path, **params):
    return "GET", f"/api/v1/{path}" + ("?" + urllib.parse.urlencode(params, doseq=True) if params else ""), None, {}


def raw(path):
    """A query that no library would encode like that."""
    return "GET", f"/api/v1/{path}", None, {}


def post(path, body=b"", headers=None):
    return "POST", f"/api/v1/{path}", body, headers or {}


def of(method, path):
    return method, path, None, {}


def write(labels, t_ms=NOW, value=1.0, headers=HEADERS):
    return post("write", snappy(write_request([series(labels, [(t_ms, value)])])), headers)


def read(*matchers, accept=b"", headers=READ):
    """Matchers are kind, name and value."""
    encoded = b"".join(field(3, b"\x08" + varint(kind) + field(2, name) + field(3, value)) for kind, name, value in matchers)
    return post("read", snappy(field(1, b"\x08\x00\x10" + varint(NOW) + encoded) + accept), headers)


def bad(words):
    return 400, "bad_data", words


def execution(words):
    return 422, "execution", words


def text(status, words):
    return status, "text", words


OK = (200, "success", "")
NO_CONTENT = text(204, "")
NO_METHOD = text(405, "Method Not Allowed")
RANGE = {"query": "m", "start": 1, "end": 10, "step": 1}
PARSE = 'invalid parameter "query": '
EMPTY = bad(": parse error: no expression found in input")
NO_TIME = 'cannot parse "x" to a valid timestamp'
NO_DURATION = 'cannot parse "x" to a valid duration'


def time_fault(name):
    """Prometheus 3 begins the middle one with a small letter."""
    return bad(f'invalid parameter "{name}": ... time value for \'{name}\': {NO_TIME}')


def without(name):
    return get("query_range", **{key: value for key, value in RANGE.items() if key != name})


def ranged(**changed):
    return get("query_range", **{**RANGE, **changed})


SAME = [
    # Queries
    (get("query"), EMPTY), (get("query", query=""), EMPTY), (get("format_query"), EMPTY), (without("query"), EMPTY),
    (get("query_exemplars"), EMPTY),
    (get("query", query="{"), bad(PARSE + "1:2: parse error: unexpected end of input inside braces")),
    (get("query", query="{}"), bad("vector selector must contain at least one non-empty matcher")),
    (get("query", query='{x=""}'), bad("vector selector must contain at least one non-empty matcher")),
    (get("query", query="m[5m] + 1"), bad("binary expression must contain only scalar and instant vector types")),
    (get("query", query="rate(m)"), bad("expected type range vector in call to function \"rate\", got instant vector")),
    (get("query", query="nope(m)"), bad('1:1: parse error: unknown function with name "nope"')),
    (get("query", query="sum by (a"), bad("1:10: parse error: unclosed left parenthesis")),
    (get("query", query='"unterminated'), bad("unterminated quoted string")),
    (get("query", query="m[0s]"), bad("duration must be greater than 0")),
    (get("query", query='m{a=~"("}'), bad("1:3: parse error: error parsing regexp: missing closing ): `")),
    (get("query", query="1 2"), bad("parse error: unexpected number")),
    (get("query", query="count_values(1, m)"), bad("expected type string in aggregation parameter, got scalar")),
    (raw("query?query=%ff"), bad("unexpected character: ")), (raw("query?query=%00"), bad("unexpected character: '\\x00'")),
    (get("query", query='label_replace(m,"a","x","a",".*")'), execution("vector cannot contain metrics with the same labelset")),
    (get("query", query="m / on() m"), execution("many-to-many matching not allowed: matching labels must be unique on one side")),
    (get("query", query='label_replace(m,"a","x","a","(")'), execution("invalid regular expression in label_replace(): (")),
    # Times and durations
    (get("query", query="m", time="x"), time_fault("time")),
    (get("query", query="m", time="2020-13-01T00:00:00Z"), bad('cannot parse "2020-13-01T00:00:00Z" to a valid timestamp')),
    (get("query", query="m", timeout="x"), bad(f'invalid parameter "timeout": {NO_DURATION}')),
    (get("query", query="m", timeout="1ns"), bad('cannot parse "1ns" to a valid duration')),
    (get("query", query="m", timeout="1e30"), bad('cannot parse "1e30" to a valid duration. It overflows int64')),
    (get("query", query="m", timeout="0"), (503, "timeout", "query timed out in ")),
    (get("query", query="m", timeout="-1"), (503, "timeout", "query timed out in ")),
    (ranged(timeout="x"), bad(f'invalid parameter "timeout": {NO_DURATION}')),
    (ranged(timeout="0.000000001"), (503, "timeout", "query timed out in ")),
    # Ranges
    (get("query_range"), bad('invalid parameter "start": cannot parse "" to a valid timestamp')),
    (without("start"), bad('invalid parameter "start": cannot parse "" to a valid timestamp')),
    (without("end"), bad('invalid parameter "end": cannot parse "" to a valid timestamp')),
    (without("step"), bad('invalid parameter "step": cannot parse "" to a valid duration')),
    (ranged(start="x"), bad(f'invalid parameter "start": {NO_TIME}')), (ranged(end="x"), bad(f'invalid parameter "end": {NO_TIME}')),
    (ranged(step="x"), bad(f'invalid parameter "step": {NO_DURATION}')),
    (ranged(step="1x"), bad('invalid parameter "step": cannot parse "1x" to a valid duration')),
    (ranged(step="1e30"), bad('"step": cannot parse "1e30" to a valid duration. It overflows int64')),
    (ranged(step="+Inf"), bad('"step": cannot parse "+Inf" to a valid duration. It overflows int64')),
    (ranged(end=0), bad('invalid parameter "end": end timestamp must not be before start time')),
    (ranged(step=0), bad("zero or negative query resolution step widths are not accepted. Try a positive integer")),
    (ranged(step=-1), bad("zero or negative query resolution step widths are not accepted. Try a positive integer")),
    (ranged(end=11002), bad("exceeded maximum resolution of 11,000 points per timeseries")),
    (ranged(query="m[5m]"), bad('invalid expression type "range vector" for range query, must be Scalar or instant Vector')),
    (ranged(query='"a"'), bad('invalid expression type "string" for range query, must be Scalar or instant Vector')),
    # Series and labels
    (get("series"), bad("no match[] parameter provided")),
    (get("series", **{"match[]": ""}), bad(": parse error: unexpected end of input")),
    (get("series", **{"match[]": "{"}), bad('invalid parameter "match[]": 1:2: parse error: unexpected end of input inside braces')),
    (get("series", **{"match[]": "{}"}), bad("match[] must contain at least one non-empty matcher")),
    (get("series", **{"match[]": '{x=~".*"}'}), bad("match[] must contain at least one non-empty matcher")),
    (get("series", **{"match[]": ["m", "{}"]}), bad("match[] must contain at least one non-empty matcher")),
    (get("series", **{"match[]": "m[5m]"}), bad('invalid parameter "match[]": 1:2: parse error: unexpected ')),
    (get("series", **{"match[]": "sum(m)"}), bad('invalid parameter "match[]": 1:4: parse error: unexpected ')),
    (get("series", **{"match[]": "m"}, start="x"), time_fault("start")), (get("series", **{"match[]": "m"}, end="x"), time_fault("end")),
    (get("series", **{"match[]": "m"}, start=10, end=1), OK),
    *[(get(path, **params), wanted) for path in ("labels", "label/a/values") for params, wanted in [
        ({"match[]": "{"}, bad("1:2: parse error: unexpected end of input inside braces")),
        ({"match[]": "{}"}, bad("match[] must contain at least one non-empty matcher")),
        ({"start": "x"}, time_fault("start")), ({"end": "x"}, time_fault("end")), ({"start": 10, "end": 1}, OK)]],
    (raw("label/%ff/values"), bad("invalid label name: ")), (raw("label/a"), text(404, "404 page not found")),
    (get("query_exemplars", query="{", start=1, end=2), bad("1:2: parse error: unexpected end of input inside braces")),
    (get("query_exemplars", query="m", start="x", end=2), time_fault("start")),
    (get("query_exemplars", query="m", start=1, end="x"), time_fault("end")),
    (get("query_exemplars", query="m", start=2, end=1), bad("end timestamp must not be before start timestamp")),
    (get("format_query", query="{"), bad(PARSE + "1:2: parse error: unexpected end of input inside braces")),
    # The rest of the API
    (get("metadata", limit="x"), bad("limit must be a number")), (get("metadata", limit="-1"), OK),
    (get("targets/metadata", match_target="{"), bad('invalid parameter "match_target": 1:2: parse error: ')),
    (get("targets/metadata", limit="x"), bad("limit must be a number")), (get("rules", type="x"), bad('not supported value "x"')),
    # Paths and methods
    *[(of("GET", path), text(404, "404 page not found")) for path in
      ("/api/v1/nope", "/api/v1/status/nope", "/api/v2/query", "/nope")],
    (post("nope"), text(404, "404 page not found")),
    *[(of(method, f"/api/v1/{path}"), NO_METHOD) for method, path in [
        ("DELETE", "query"), ("PUT", "query"), ("PATCH", "query_range"), ("PUT", "series"), ("PUT", "labels"),
        ("POST", "label/a/values"), ("POST", "metadata"), ("POST", "targets"), ("POST", "rules"), ("POST", "alerts"),
        ("POST", "status/config"), ("PUT", "format_query"), ("GET", "write"), ("PUT", "write"), ("GET", "read"),
        ("GET", "admin/tsdb/snapshot"), ("DELETE", "admin/tsdb/snapshot"), ("GET", "admin/tsdb/delete_series"),
        ("GET", "admin/tsdb/clean_tombstones"), ("TRACE", "query")]],
    (of("POST", "/federate"), NO_METHOD),
    (of("GET", "/-/reload"), text(405, "Only POST or PUT requests allowed")),
    (of("GET", "/-/quit"), text(405, "Only POST or PUT requests allowed")),
    # Forms
    (post("query", b"query=%zz", FORM), EMPTY), (post("query", b"query=1;time=2", FORM), EMPTY),
    (raw("query?query=%zz"), EMPTY), (raw("query?query=1;time=2"), EMPTY), (raw("query?query=1&%zz=1"), OK),
    (post("query?query=1", b"query=%zz", FORM), OK), (post("query", b"query=1", {}), EMPTY),
    *[(post("query", b"query=1", {"Content-Type": kind}), EMPTY) for kind in
      ("text/plain", ";;;", "application/json", "multipart/form-data", "multipart/form-data; boundary=x")],
    (post("query", b'--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n1\r\n--x--\r\n',
          {"Content-Type": "multipart/form-data; boundary=x"}), OK),
    (post("query", b'--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n1\r\n',
          {"Content-Type": "multipart/form-data; boundary=x"}), EMPTY),
    (post("series", b"match[]=%zz", FORM), bad('error parsing form values: invalid URL escape "%zz"')),
    (raw("series?match[]=%zz"), bad('error parsing form values: invalid URL escape "%zz"')),
    (raw("series?match[]=m;x"), bad("error parsing form values: invalid semicolon separator in query")),
    (post("labels", b"match[]=%zz", FORM), OK), (raw("labels?match[]=%zz"), OK), (raw("label/a/values?match[]=%zz"), OK),
    # Remote write and read
    (post("write", b"", HEADERS), text(400, "snappy: corrupt input")), (post("write", b"xx", HEADERS), text(400, "snappy: corrupt input")),
    (post("write", snappy(b"\xff\xff"), HEADERS), text(400, "")), (post("write", b"\x0a\x00", {}), text(400, "snappy: corrupt input")),
    (write({"__name__": "m", "a": "b"}, value=2.0), text(400, "duplicate sample for timestamp")),
    (write({"__name__": "old"}, NOW - 400 * 86_400_000), text(400, "out of bounds")),
    (post("read", b"", READ), text(400, "snappy: corrupt input")), (post("read", b"xx", READ), text(400, "snappy: corrupt input")),
    (post("read", snappy(b"\xff\xff"), READ), text(400, "")),
    (read((0, b"__name__", b"m"), accept=b"\x10\x07"), text(400, "server does not support any of the requested response types")),
    # Admin and federation
    (post("admin/tsdb/delete_series"), bad("no match[] parameter provided")),
    (post("admin/tsdb/delete_series?match[]={"), bad('invalid parameter "match[]": 1:2: parse error: ')),
    (post("admin/tsdb/delete_series?match[]=%zz"), bad('error parsing form values: invalid URL escape "%zz"')),
    (post("admin/tsdb/delete_series?match[]=m&start=x"), time_fault("start")),
    (post("admin/tsdb/delete_series?match[]=m&end=x"), time_fault("end")),
    (post("admin/tsdb/delete_series?match[]=m&start=9&end=1"), NO_CONTENT),
    (post("admin/tsdb/snapshot?skip_head=x"), bad('invalid parameter "skip_head": unable to parse boolean')),
    (post("admin/tsdb/nope"), text(404, "404 page not found")),
    (of("GET", "/federate?match[]={"), text(400, "1:2: parse error: unexpected end of input inside braces")),
    (of("GET", "/federate?match[]="), text(400, ": parse error: unexpected end of input")),
    (of("GET", "/federate?match[]=%zz"), text(400, 'error parsing form values: invalid URL escape "%zz"')),
]

V3 = "as Prometheus 3"
LIMIT = bad('invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax')
BELOW_ZERO = bad('invalid parameter "limit": limit must be non-negative')
MATCHERS = {"match[]": "m"}
# Why, the request, our answer, that of 2.42.
DIFFERENT = [
    *[(V3, get(path, **params, limit=limit), ours, OK) for path, params in
      [("query", {"query": "m"}), ("series", MATCHERS), ("labels", {}), ("label/a/values", {})]
      for limit, ours in [("x", LIMIT), ("-1", BELOW_ZERO)]],
    (V3, get("query", query="m", lookback_delta="x"), bad(NO_DURATION), OK),
    (V3, get("metadata", limit_per_metric="x"), bad("limit_per_metric must be a number"), OK),
    (V3, get("status/tsdb", limit="x"), bad("limit must be a positive number"), OK),
    (V3, get("status/tsdb", limit="0"), bad("limit must be a positive number"), OK),
    (V3, get("query", query="topk(NaN, m)"), execution("Parameter value is NaN"), execution("Scalar value NaN overflows int64")),
    (V3, ranged(query="{"), bad(PARSE + "1:2: parse error: "), bad("1:2: parse error: ")),
    (V3, get("parse_query"), EMPTY, text(404, "404 page not found")),
    (V3, get("label/a.b/values"), OK, bad('invalid label name: "a.b"')),
    (V3, get("query", query='label_replace(m,"1a","x","a",".*")'), OK, execution("invalid destination label name")),
    (V3, get("query", query='label_join(m,"1a","x","a")'), OK, execution("invalid destination label name")),
    (V3, get("query", query='count_values("1a",m)'), OK, execution('invalid label name "1a"')),
    (V3, of("DELETE", "/api/v1/series"), NO_METHOD, (500, "internal", "not implemented")),
    (V3, write({"__name__": "m", "a": "b"}, headers={**HEADERS, "Content-Type": "text/plain"}), text(415, "text/plain"), NO_CONTENT),
    (V3, write({"__name__": "m", "a": "b"}, headers={**HEADERS, "Content-Encoding": "gzip"}), text(415, "gzip"), NO_CONTENT),
    (V3, write({"__name__": "ahead"}, NOW + 86_400_000), text(400, "out of bounds"), NO_CONTENT),
    ("late samples are taken unless that is switched off", write({"__name__": "m", "a": "b"}, NOW - 1), NO_CONTENT,
     text(400, "out of ")),
    ("no number is no time", get("query", query="m", time="NaN"), bad('cannot parse "NaN" to a valid timestamp'), OK),
    ("no number is no time", get("query", query="m", time="Inf"), bad('cannot parse "Inf" to a valid timestamp'), OK),
    ("no number is no time", ranged(start="NaN"), bad('"start": cannot parse "NaN" to a valid timestamp'), bad("exceeded maximum resolution")),
    ("no number is no duration", ranged(step="NaN"), bad('"step": cannot parse "NaN" to a valid duration'), bad("zero or negative")),
    ("steps are whole milliseconds", ranged(step="0.0001"), bad("zero or negative"), bad("exceeded maximum resolution")),
    ("a time range cannot be looked back over", get("query", query="m", lookback_delta="-1"), bad("must not be negative"), OK),
    ("what selects everything is too much to delete by mistake", post("admin/tsdb/delete_series?match[]={}"),
     bad("match[] must contain at least one non-empty matcher"), NO_CONTENT),
    ("and to hand on", of("GET", "/federate?match[]={}"), text(400, "match[] must contain at least one non-empty matcher"), text(200, "")),
    ("the caller's fault is told as such", read((2, b"a", b"(")), text(400, "missing closing )"), text(500, "missing closing )")),
    ("the caller's fault is told as such", read((9, b"a", b"x")), text(400, "type 9"), text(500, "invalid matcher type")),
    ("whoever may GET may HEAD", of("HEAD", "/api/v1/labels"), text(200, ""), text(405, "")),
    ("there are no redirects to cleaned paths", of("GET", "/api/v1/query/"), text(404, "404 page not found"), text(301, "")),
    ("nor for capital letters", of("GET", "/api/v1/Query?query=1"), text(404, "404 page not found"), text(301, "")),
    ("doubled slashes are one", of("GET", "//api/v1/query?query=1"), OK, text(301, "")),
    ("what is not there has no options", of("OPTIONS", "/api/v1/nope"), text(404, "404 page not found"), NO_CONTENT),
]


class AdminPeer(Peer):
    """As ours, it lets callers delete."""

    FLAGS = ("--web.enable-admin-api",)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    directory = tmp_path_factory.mktemp("peer")
    peer = AdminPeer(directory, "exemplar-storage")
    ours = conftest.Server(tmp_path_factory.mktemp("ours") / "data")
    conftest.until(lambda: peer.request("/-/ready")[0] == 200)
    body = snappy(write_request(series({"__name__": "m", "a": a}, [(NOW, 1.0)]) for a in "bc"))
    for server in (ours, peer):
        status, answer = server.request("/api/v1/write", body, HEADERS)
        assert status == 204, answer
    yield ours, peer
    ours.stop()
    peer.stop()


def answer(server, method, path, body, headers):
    """Status, errorType (of a good answer its status, of another format `text`) and message."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.request(method, path, body, headers)
    got = connection.getresponse()
    content = got.read()
    connection.close()
    try:
        found = json.loads(content)
        return got.status, found.get("errorType", found["status"]), found.get("error", "")
    except (ValueError, TypeError):
        return got.status, "text", content.decode(errors="replace")


def matches(found, wanted):
    """Words may leave something out: `...`."""
    at = 0
    for part in wanted[2].split("..."):
        at = found[2].find(part, at)
        if at < 0:
            return False
        at += len(part)
    return found[:2] == wanted[:2]


def told(request):
    method, path, body, headers = request
    return f"{method} {path} {(body or b'')[:40]} {headers.get('Content-Type', '')}"


def test_faults_are_told_as_prometheus_tells_them(servers):
    differences = []
    for request, wanted in SAME:
        for name, server in zip(("ours", "theirs"), servers):
            if not matches(found := answer(server, *request), wanted):
                differences.append(f"{told(request)}\n    {name}: {found}\n    wanted: {wanted}")
    assert not differences, "\n".join(differences)


def test_where_faults_are_told_otherwise_it_is_meant(servers):
    differences = []
    for why, request, ours, theirs in DIFFERENT:
        for name, server, wanted in zip(("ours", "theirs"), servers, (ours, theirs)):
            if not matches(found := answer(server, *request), wanted):
                differences.append(f"{told(request)} ({why})\n    {name}: {found}\n    wanted: {wanted}")
    assert not differences, "\n".join(differences)
