"""Following logs over a WebSocket, as logcli and Grafana's live view do."""
import contextlib
import json
import urllib.parse

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from test_logs import now_ns, push


def follow(server, path="/loki/api/v1/tail", headers=None, **params):
    url = server.url.replace("http", "ws") + path + "?" + urllib.parse.urlencode(params)
    return connect(url, additional_headers=headers or {}, open_timeout=30, proxy=None)


def frame(socket):
    return json.loads(socket.recv(timeout=30))


def lines(frame):
    return [line[1] for stream in frame["streams"] for line in stream["values"]]


def test_lines_follow_those_that_were_there(server):
    t = now_ns()
    push(server, {"app": "a"}, [[str(t), "one"], [str(t + 1), "noise"], [str(t + 2), "one more", {"user": "u"}]])
    with follow(server, query='{app="a"} |= "one" | logfmt') as socket:
        assert sorted(lines(frame(socket))) == ["one", "one more"]
        push(server, {"app": "b"}, [[str(t + 3), "one of b"]])
        push(server, {"app": "a"}, [[str(t + 4), "noise"]])
        push(server, {"app": "a"}, [[str(t + 5), "one x=1", {"user": "v"}]])
        [stream] = frame(socket)["streams"]
        assert stream == {"stream": {"app": "a", "service_name": "a", "detected_level": "unknown", "user": "v", "x": "1"},
                          "values": [[str(t + 5), "one x=1"]]}


def test_nothing_is_missed_and_nothing_comes_twice(server):
    t = now_ns()
    want = []
    with follow(server, query='{app="a"}', limit=5000) as socket:
        for i in range(300):
            want.append(f"line {i}")
            push(server, {"app": "a"}, [[str(t + i), want[-1]]])
        got = []
        while len(got) < len(want):
            got += lines(frame(socket))
    assert got == want
    with follow(server, query='{app="a"}', limit=5000, start=str(t + 100)) as socket:
        push(server, {"app": "a"}, [[str(t + 1000), "last"]])
        got = []
        while "last" not in got:
            got += lines(frame(socket))
    assert got == want[100:] + ["last"]


def test_labels_are_told_apart_where_asked(server):
    t = now_ns()
    with follow(server, query='{app="a"} | logfmt', headers={"X-Loki-Response-Encoding-Flags": "categorize-labels"}) as socket:
        push(server, {"app": "a"}, [[str(t), "x=1", {"user": "u"}]])
        told = frame(socket)
    assert told["encodingFlags"] == ["categorize-labels"]
    assert told["streams"][0]["stream"] == {"app": "a", "service_name": "a"}
    assert told["streams"][0]["values"][0][2] == {
        "structuredMetadata": {"detected_level": "unknown", "user": "u"}, "parsed": {"x": "1"}}


def test_the_first_api_follows_in_its_own_shape(server):
    t = now_ns()
    with follow(server, "/api/prom/tail", query='{app="a"}', regexp="o.e") as socket:
        push(server, {"app": "a"}, [[str(t), "none of it"], [str(t + 1), "one"]])
        [stream] = frame(socket)["streams"]
    assert stream["labels"] == '{app="a", detected_level="unknown", service_name="a"}'
    assert [entry["line"] for entry in stream["entries"]] == ["none of it", "one"]


def closed_because(server, **params):
    with follow(server, **params) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=30)
    assert closed.value.rcvd.code == 1011
    return closed.value.rcvd.reason


def test_what_cannot_be_followed_is_refused(server):
    for params in ({"query": "{"}, {"query": '{app="a"}', "delay_for": "6"}, {"query": '{app="a"}', "limit": "x"}):
        with pytest.raises(InvalidStatus) as refused:
            follow(server, **params)
        assert refused.value.response.status_code == 400, params
    assert server.request("/loki/api/v1/tail?query=%7Bapp%3D%22a%22%7D") == (400, b"Bad Request\n")
    # These are told once there is a connection.
    assert closed_because(server, query='rate({app="a"}[1m])')
    with contextlib.ExitStack() as sockets:
        for _ in range(10):
            sockets.enter_context(follow(server, query='{app="a"}'))
        assert "max concurrent tail requests limit exceeded" in closed_because(server, query='{app="a"}')
        sockets.enter_context(follow(server, query='{app="a"}', headers={"X-Scope-OrgID": "other"}))


def test_the_server_says_goodbye(server):
    with follow(server, query='{app="a"}') as socket:
        server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
    assert closed.value.rcvd.reason == "the server stops"
