"""Deleting series, snapshots, and the figures of what is stored."""
import time
import urllib.parse

import conftest
from remote_write import HEADERS, series, snappy, write_request


def write(server, name, count, samples):
    rows = [series({"__name__": name, "s": str(i)}, samples) for i in range(count)]
    status, text = server.request("/api/v1/write", snappy(write_request(rows)), HEADERS)
    assert status == 204, text


def admin(server, action, **params):
    query = urllib.parse.urlencode(params, doseq=True)
    return server.request(f"/prometheus/api/v1/admin/tsdb/{action}?{query}", b"")


def values(server, expression):
    return {row["metric"]["s"]: [float(value) for _, value in row["values"]] for row in server.query(expression)}


def test_deleted_series_stay_away_and_new_samples_are_kept(server):
    now = int(time.time() * 1000)
    write(server, "m", 3, [(now - 7 * 3600_000, 1), (now - 60_000, 2), (now, 3)])
    assert admin(server, "delete_series", **{"match[]": ['m{s="1"}', 'm{s=~"2.*"}'],
                                            "start": (now - 70_000) / 1000, "end": now / 1000})[0] == 204
    left = {"0": [1, 2, 3], "1": [1], "2": [1]}
    assert values(server, "m[8h]") == left
    for end in (server.kill, server.stop):
        end()
        server.start()
        assert values(server, "m[8h]") == left
        assert admin(server, "clean_tombstones")[0] == 204
    assert admin(server, "delete_series", **{"match[]": "m"})[0] == 204
    assert values(server, "m[8h]") == {}
    write(server, "m", 1, [(now, 9)])
    assert values(server, "m[8h]") == {"0": [9]}
    assert server.api("label/s/values")[1]["data"] == ["0"]


def test_faults_of_admin_requests_are_named(server):
    for action, params, wanted in [
        ("delete_series", {}, b"no match[] parameter provided"),
        ("delete_series", {"match[]": "{"}, b"match[]"),
        ("delete_series", {"match[]": "m", "start": "x"}, b"start"),
        ("snapshot", {"skip_head": "maybe"}, b"skip_head"),
    ]:
        status, text = admin(server, action, **params)
        assert status == 400 and wanted in text, text
    assert server.request("/prometheus/api/v1/admin/tsdb/snapshot")[0] == 405


def test_a_server_starts_on_a_snapshot(server, tmp_path):
    now = int(time.time() * 1000)
    write(server, "m", 2, [(now - 60_000, 1), (now, 2)])
    status, answer = server.api("query", query="m")
    assert status == 200
    status, body = admin(server, "snapshot")
    assert status == 200
    name = conftest.json.loads(body)["data"]["name"]
    write(server, "m", 2, [(now + 1, 3)])
    copy = conftest.Server(server.data_dir / "metrics/snapshots" / name)
    try:
        assert values(copy, "m[1h]") == {"0": [1, 2], "1": [1, 2]}
        assert values(server, "m[1h]") == {"0": [1, 2, 3], "1": [1, 2, 3]}
    finally:
        copy.stop()


def test_figures_of_what_is_stored(server):
    now = int(time.time() * 1000)
    write(server, "requests", 7, [(now - 1000, 1), (now, 2)])
    write(server, "errors", 3, [(now, 1)])
    data = server.api("status/tsdb", limit=1)[1]["data"]
    assert data["headStats"] == {"numSeries": 10, "numLabelPairs": 9, "chunkCount": 10, "minTime": now - 1000,
                                 "maxTime": now}
    assert data["seriesCountByMetricName"] == [{"name": "requests", "value": 7}]
    assert data["labelValueCountByLabelName"] == [{"name": "s", "value": 7}]
    assert data["memoryInBytesByLabelName"] == [{"name": "__name__", "value": 74}]
    assert data["seriesCountByLabelValuePair"] == [{"name": "__name__=requests", "value": 7}]
    assert len(server.api("status/tsdb")[1]["data"]["seriesCountByMetricName"]) == 2
    for limit in ("0", "x", "10001"):
        assert server.api("status/tsdb", limit=limit)[0] == 400
    assert server.api("status/tsdb/blocks")[1]["data"] == {"blocks": []}
    server.kill()
    server.start()
    assert server.api("status/walreplay")[1]["data"] == {"min": 1, "max": 1, "current": 1}
