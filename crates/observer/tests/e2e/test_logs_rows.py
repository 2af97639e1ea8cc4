"""The rows of the Loki API beside queries: volumes, what there is to filter by, deletions, the first API's shapes."""
import contextlib
import json
import time
import urllib.parse

from conftest import Server
from test_logs import now_ns, push


def ask(server, path, method=None, **params):
    status, body = server.request(f"{path}?" + urllib.parse.urlencode(params))
    return status, json.loads(body) if status == 200 else body.decode()


def lines(server, query, **params):
    return sorted(line for s in server.logs(query, **params) for _, line in s["values"])


def fill(server, t):
    for app, pod, size in (("a", "1", 10), ("a", "2", 20), ("b", "1", 70)):
        assert push(server, {"app": app, "pod": pod}, [[str(t), "x" * size]])[0] == 204


def test_volumes_are_exact(server):
    t = now_ns() - 60 * 10**9
    fill(server, t)
    level = len("detected_levelunknown")
    _, found = ask(server, "/loki/api/v1/index/volume", query='{app=~".+"}')
    rows = [(row["metric"], row["value"][1]) for row in found["data"]["result"]]
    assert rows == [({"app": "b"}, str(70 + level)), ({"app": "a"}, str(30 + 2 * level))]
    _, found = ask(server, "/loki/api/v1/index/volume", query="{}", targetLabels="app,pod", limit=1)
    assert [row["metric"] for row in found["data"]["result"]] == [{"app": "b", "pod": "1"}]
    _, found = ask(server, "/loki/api/v1/index/volume", query="{}", targetLabels="app", aggregateBy="labels")
    assert [(row["metric"], row["value"][1]) for row in found["data"]["result"]] == [({"app": ""}, str(100 + 3 * level))]
    step = 30
    start, end = t // 10**9 - 100, t // 10**9 + 50
    _, found = ask(server, "/loki/api/v1/index/volume_range", query='{app="b"}', start=start, end=end, step=step)
    [row] = found["data"]["result"]
    # A single point is told as such.
    assert found["data"]["resultType"] == "vector"
    after = (t // 10**9 // step + 1) * step
    assert row["value"] == [after - 0.001 if after < end else end, str(70 + level)]
    assert ask(server, "/loki/api/v1/index/volume", query='{app="a"} |= "x"')[0] == 400
    assert ask(server, "/loki/api/v1/index/volume", query='{app="a"}', aggregateBy="x")[0] == 400


def test_what_there_is_to_filter_by(server):
    t = now_ns()
    push(server, {"app": "a", "id": "17", "pod": "3"}, [
        [str(t), '{"took":"5ms","user":{"id":7}}', {"trace": "x"}], [str(t + 1), "took=7ms size=5KB"]])
    push(server, {"app": "a", "id": "18", "pod": "3"}, [[str(t + 2), "plain"]])
    _, found = ask(server, "/loki/api/v1/detected_labels")
    assert found == {"detectedLabels": [{"label": "app", "cardinality": 1}, {"label": "pod", "cardinality": 1},
                                        {"label": "service_name", "cardinality": 1}]}
    _, found = ask(server, "/loki/api/v1/detected_fields", query='{app="a"}')
    fields = {field.pop("label"): field for field in found["fields"]}
    assert found["limit"] == 1000 and set(fields) == {"detected_level", "size", "took", "trace", "user_id"}
    assert fields["took"] == {"type": "duration", "cardinality": 2, "parsers": ["json", "logfmt"], "jsonPath": ["took"]}
    assert fields["user_id"] == {"type": "int", "cardinality": 1, "parsers": ["json"], "jsonPath": ["user", "id"]}
    assert fields["trace"] == {"type": "string", "cardinality": 1, "parsers": None}
    _, found = ask(server, "/loki/api/v1/detected_field/took/values", query='{app="a"} |= "took"')
    assert found == {"values": ["5ms", "7ms"], "limit": 1000}
    assert ask(server, "/loki/api/v1/detected_fields", query='rate({app="a"}[5m])')[0] == 400
    assert ask(server, "/loki/api/v1/detected_fields", query='{app="a"}', line_limit="0")[0] == 400
    status, limits = ask(server, "/loki/api/v1/drilldown-limits")
    assert limits["limits"]["volume_enabled"] and limits["limits"]["max_query_series"] == 500


def delete(server, method="POST", **params):
    import urllib.error
    import urllib.request
    request = urllib.request.Request(server.url + "/loki/api/v1/delete?" + urllib.parse.urlencode(params), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers.get("X-Delete-Request-ID")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_deletions_hold_at_once_and_after_a_restart(server):
    t = now_ns() - 10 * 10**9
    push(server, {"app": "a"}, [[str(t), "keep"], [str(t + 1), "secret one"], [str(t + 2), "secret two"]])
    push(server, {"app": "b"}, [[str(t), "secret of b"]])
    start = t // 10**9 - 5
    status, first = delete(server, query='{app="a"} |= "secret"', start=start)
    assert status == 204 and first
    assert lines(server, '{app=~"a|b"}') == ["keep", "secret of b"]
    status, second = delete(server, method="PUT", query='{app="b"}', start=start, end=int(time.time()))
    assert lines(server, '{app=~"a|b"}') == ["keep"]
    _, listed = ask(server, "/loki/api/v1/delete")
    assert [(row["request_id"], row["query"]) for row in listed] == [
        (first, '{app="a"} |= "secret"'), (second, '{app="b"}')]
    assert delete(server, method="DELETE", request_id="nothing")[0] == 404
    server.kill()
    server.start()
    assert lines(server, '{app=~"a|b"}') == ["keep"]
    # What comes later is not deleted.
    push(server, {"app": "a"}, [[str(t + 3), "secret again"]])
    assert lines(server, '{app="a"}') == ["keep", "secret again"]
    # Whatever a pipeline lets pass, also after a restart.
    push(server, {"app": "c"}, [[str(t + i), json.dumps({"status": 200 + i, "user": "u%d" % i})] for i in range(6)])
    assert delete(server, query='{app="c"} | json | status >= 204 or user="u1"', start=start)[0] == 204
    assert delete(server, query='{app="a"} |= "again" or "never"', start=start)[0] == 204
    for _ in range(2):
        left = lines(server, '{app=~"a|c"}')
        assert [line if line == "keep" else json.loads(line)["user"] for line in left] == ["keep", "u0", "u2", "u3"]
        server.kill()
        server.start()
    fault = delete(server, query='{app="c"} | regexp "("', start=start)
    assert fault[0] == 400 and fault[1].startswith("invalid query expression"), fault
    for fault, params in (
        ("query not set", {}),
        ("invalid query expression", {"query": "{"}),
        ("start time not set", {"query": '{app="a"}'}),
        ("invalid start time: require unix seconds or RFC3339 format", {"query": '{app="a"}', "start": "yesterday"}),
        ("deletes in the future are not allowed", {"query": '{app="a"}', "start": 1, "start": start, "end": start + 9999}),
        ("start time can't be greater than or equal to end time", {"query": '{app="a"}', "start": start, "end": start}),
    ):
        assert delete(server, **params) == (400, fault + "\n")


def test_the_first_api_is_still_there(server):
    t = now_ns()
    push(server, {"app": "a"}, [[str(t), "one"], [str(t + 1), "two"]])
    _, found = ask(server, "/api/prom/query", query='{app="a"}', regexp="o.e")
    [stream] = found["streams"]
    assert stream["labels"] == '{app="a", detected_level="unknown", service_name="a"}'
    assert [entry["line"] for entry in stream["entries"]] == ["one"]
    assert ask(server, "/api/prom/label")[1] == {"values": ["app", "service_name"]}
    assert ask(server, "/api/prom/label/app/values")[1] == {"values": ["a"]}
    assert ask(server, "/api/prom/series", match="{}")[1]["data"] == [{"app": "a", "service_name": "a"}]
    assert ask(server, "/api/prom/query", query='rate({app="a"}[5m])')[0] == 400


def test_what_was_skipped_is_told(server):
    t = now_ns()
    push(server, {"app": "a"}, [[str(t), "one level=info"], [str(t + 1), "two traceID=4bf92f3577b34da6a3ce929d0e0e4736"]])
    query = urllib.parse.urlencode({"query": '{app="a"} | trace_id="4bf92f3577b34da6a3ce929d0e0e4736"'})
    _, body = server.request("/loki/api/v1/query_range?" + query)
    data = json.loads(body)["data"]
    assert [v[1] for s in data["result"] for v in s["values"]] == ["two traceID=4bf92f3577b34da6a3ce929d0e0e4736"]
    assert all("trace_id" not in s["stream"] for s in data["result"])
    stats = data["stats"]
    assert stats["summary"]["totalLinesProcessed"] == 2 and stats["summary"]["totalPostFilterLines"] == 1
    assert set(stats["planner"]) == {"skippedByTerms", "skippedByIds", "skippedByLevels", "countedOnly", "keptLines"}


def test_patterns_find_their_lines(server):
    t = now_ns() // 10**10 * 10**10 - 60 * 10**9
    push(server, {"app": "a"}, [[str(t + i * 10**9), f"level=info user {i} came by /path/{i}"] for i in range(40)])
    push(server, {"app": "a"}, [[str(t + i), f'level=error cannot reach "db-{i}": timeout'] for i in range(3)])
    status, found = ask(server, "/loki/api/v1/patterns", query='{app="a"}', step="20s")
    assert status == 200 and found["status"] == "success"
    start = t // 10**9 // 20 * 20
    rows = {(row["pattern"], row["level"]): row["samples"] for row in found["data"]}
    came = rows[("level=info user <_> came by <_>", "info")]
    assert sum(count for _, count in came) == 40 and came[0][0] == start
    assert rows[('level=error cannot reach "<_>": timeout', "error")] == [[start, 3]]
    assert lines(server, '{app="a"} |> `level=error cannot reach "<_>": timeout`') == [
        f'level=error cannot reach "db-{i}": timeout' for i in range(3)]
    assert ask(server, "/loki/api/v1/patterns", query='{app="a"} |= "x"')[0] == 400


def test_limits_are_set_by_tenant_and_trace_ids_shown(tmp_path):
    """Limits have Loki's names; a reload puts them into effect."""
    config = tmp_path / "limits.yml"
    config.write_text("""
logs:
  trace_ids: show
  limits: { max_line_size: 1KB, max_entries_limit_per_query: 10 }
tenants:
  roomy: { logs: { limits: { max_line_size: 2KB } } }
""")
    server = Server(tmp_path / "data", "--config", config)
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        check_limits(server, config)


def check_limits(server, config):
    t, long = now_ns(), "x" * 1500
    status, text = push(server, {"app": "a"}, [[str(t), long]])
    assert status == 400 and b"max entry size '1024' bytes exceeded" in text
    roomy = {"X-Scope-OrgID": "roomy"}
    assert push(server, {"app": "a"}, [[str(t), long]], headers=roomy)[0] == 204
    assert "(11 > 10)" in ask(server, "/loki/api/v1/query_range", query='{app="a"}', limit="11")[1]
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert push(server, {"app": "a"}, [[str(t), f"trace_id={trace} done"], [str(t + 1), "no id"]])[0] == 204
    found = {line: s["stream"].get("trace_id") for s in server.logs('{app="a"}') for _, line in s["values"]}
    assert found == {f"trace_id={trace} done": trace, "no id": None}
    config.write_text("{}")
    assert server.request("/-/reload", b"")[0] == 200
    assert push(server, {"app": "a"}, [[str(t + 2), long]])[0] == 204
    assert len(server.logs('{app="a"} |= "done"', limit="100")) == 1


def test_a_query_tells_what_it_would_read(server):
    t = now_ns() - 10**9
    push(server, {"app": "a"}, [[str(t), "connection refused by 4bf92f3577b34da6a3ce929d0e0e4736"]])
    assert server.request("/loki/flush", b"")[0] == 204
    push(server, {"app": "a"}, [[str(t + 1), "fresh"]])
    explain = "/loki/api/v1/explain"

    def selection(query):
        _, told = ask(server, explain, query=query)
        [found] = told["data"]["selections"]
        return found

    found = selection('{app="a"} |= " refused by 4bf92f3577b34da6a3ce929d0e0e4736"')
    assert found["lookup"] == 'word "refused" and id by 4 of its pieces' and found["reads"] == "lines"
    assert (found["chunks"]["inRange"], found["chunks"]["left"], found["linesInMemory"]) == (1, 1, 1)
    chunks = selection('{app="a"} |= " accepted "')["chunks"]
    assert (chunks["inRange"], chunks["skippedByTerms"], chunks["left"]) == (1, 1, 0)
    chunks = selection('rate({app="a"} |= "deadbeefdeadbeef0123456789abcdef" [1m])')["chunks"]
    assert (chunks["skippedByIds"], chunks["left"], chunks["lineBytes"]) == (1, 0, 0)
    assert selection('sum by (app) (rate({app="a"}[1m]))')["reads"] == "columns"
    _, told = ask(server, explain, query='rate({app="a"}[1m]) / (1 + rate({app="b"} |= "x" [2m] offset 1m))')
    assert [s["log"] for s in told["data"]["selections"]] == ['{app="a"}', '{app="b"} |= "x"']
    assert ask(server, explain, query="vector(1)")[1]["data"] == {"query": "vector(1.000000)", "selections": []}
    assert ask(server, explain, query="{")[0] == 400


def test_what_operators_ask_of_a_loki(server):
    for path, text in (("services", b"ingester => Running"), ("log_level", b"Current log level is"), ("config", b""),
                       ("ring", b"ring"), ("memberlist", b"memberlist")):
        status, body = server.request(f"/loki/{path}")
        assert status == 200 and text in body, path
    assert server.request("/loki/api/v1/rules") == (404, b"no rule groups found\n")
