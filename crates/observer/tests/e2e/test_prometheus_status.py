"""What clients ask a Prometheus about itself, and the routes beside queries: shapes, faults, secrets."""
import json
import re
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from conftest import Server
from remote_write import HEADERS, series, snappy, write_request

CONFIG = """\
global:
  external_labels: { zone: eu }
remote_write:
  - url: http://127.0.0.1:9/api
    basic_auth: { username: me, password: hunter2 }
"""


@pytest.fixture
def configured(tmp_path):
    path = tmp_path / "config.yml"
    path.write_text(CONFIG)
    running = Server(tmp_path / "data", "--config", str(path))
    yield running
    running.stop()


def fill(server, *rows):
    now = int(time.time() * 1000)
    body = snappy(write_request([series(labels, [(now - 1000, value)]) for labels, value in rows]))
    assert server.request("/api/v1/write", body, HEADERS)[0] == 204


def test_the_configuration_is_shown_without_its_secrets(configured):
    _, answer = configured.api("status/config")
    assert "hunter2" not in answer["data"]["yaml"] and "<secret>" in answer["data"]["yaml"]
    _, flags = configured.api("status/flags")
    assert flags["data"]["storage.tsdb.retention.time"] == "15d"
    assert flags["data"]["config.file"].endswith("config.yml")


def test_the_process_tells_what_it_is(server):
    _, answer = server.api("status/runtimeinfo")
    info = answer["data"]
    assert info["reloadConfigSuccess"] is True and info["storageRetention"].startswith("15d")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", info["startTime"])
    _, build = server.api("status/buildinfo")
    assert build["data"]["version"].startswith("3.")
    _, features = server.api("features")
    assert features["data"]["api"]["query_stats"] is True
    _, own = server.api("status/self_metrics", metric_name_pattern="aio_ingest_samples.*")
    assert [family["name"] for family in own["data"]] == ["aio_ingest_samples_total"]
    assert server.api("status/self_metrics", metric_name_pattern="(")[0] == 400


@pytest.mark.parametrize("path, expected", [
    ("targets", {"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {}}),
    ("targets?state=active", {"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": None}),
    ("targets/metadata", []),
    ("scrape_pools", {"scrapePools": []}),
    ("alertmanagers", {"activeAlertmanagers": [], "droppedAlertmanagers": []}),
    ("notifications", []),
    ("rules", {"groups": []}),
    ("alerts", {"alerts": []}),
])
def test_what_is_not_there_is_well_formed(server, path, expected):
    status, body = server.request("/api/v1/" + path)
    assert (status, json.loads(body)) == (200, {"status": "success", "data": expected})


@pytest.mark.parametrize("path, part", [
    ("scrape_pools/config", "no scrapePool"),
    ("scrape_pools/config?scrapePool=x", "not found"),
    ("targets/relabel_steps?scrapePool=x", "no labels"),
    ("targets/relabel_steps?scrapePool=x&labels=%7B", "parsing labels"),
    ("targets/metadata?limit=x", "limit must be a number"),
    ("targets/metadata?match_target=%7B", "match_target"),
    ("search/label_values", "label"),
    ("search/metric_names?limit=0", "positive integer"),
    ("search/metric_names?sort_by=score", "requires search[]"),
    ("search/metric_names?sort_dir=asc", "only valid when sort_by"),
    ("search/label_names?fuzz_alg=x", "unsupported fuzz_alg"),
    ("search/label_names?case_sensitive=perhaps", "must be boolean"),
])
def test_faults_are_named(server, path, part):
    status, body = server.request("/api/v1/" + path)
    answer = json.loads(body)
    assert (status, answer["errorType"]) == (400, "bad_data")
    assert part in answer["error"]


def lines(server, path, **params):
    status, body = server.request(f"/api/v1/search/{path}?" + urllib.parse.urlencode(params, doseq=True))
    assert status == 200, body
    return [json.loads(line) for line in body.splitlines()]


def test_searches_are_ranked_and_cut(server):
    fill(server, *[({"__name__": name, "job": job}, 1) for name, job in
                   [("http_requests_total", "api"), ("node_http", "node"), ("up", "API-2")]])
    found, trailer = lines(server, "metric_names", **{"search[]": "http", "sort_by": "score", "include_score": "true"})
    assert [row["name"] for row in found["results"]] == ["http_requests_total", "node_http"]
    assert found["results"][0]["score"] == 1 and 0 < found["results"][1]["score"] < 1
    assert trailer == {"status": "success", "has_more": False}
    *batches, trailer = lines(server, "metric_names", limit=2, batch_size=1)
    assert ([[row["name"] for row in batch["results"]] for batch in batches], trailer["has_more"]) == (
        [["http_requests_total"], ["node_http"]], True)
    found, _ = lines(server, "label_values", label="job", **{"search[]": "api", "case_sensitive": "false"})
    assert [row["value"] for row in found["results"]] == ["API-2", "api"]
    empty, _ = lines(server, "label_names", **{"search[]": "nothing-like-it"})
    assert empty == {"results": []}


def test_federation_hands_on_the_newest_samples(configured):
    fill(configured, ({"__name__": "a", "x": 'q"\\'}, 1.5), ({"__name__": "b", "zone": "own", "instance": "i"}, 2))
    status, body = configured.request("/federate?" + urllib.parse.urlencode({"match[]": ['{__name__="a"}', "b"]}, True))
    assert status == 200
    text = re.sub(r" \d{13}$", " T", body.decode(), flags=re.M)
    assert text == ('# TYPE a untyped\na{x="q\\"\\\\",instance="",zone="eu"} 1.5 T\n'
                    '# TYPE b untyped\nb{instance="i",zone="own"} 2 T\n')
    assert configured.request("/federate?match[]=%7B%7D")[0] == 400
    assert configured.request("/federate?match[]=nothing") == (200, b"")
    check = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, timeout=60)
    assert b"error" not in check.stderr.lower(), check.stderr


def test_pages_of_other_origins_may_read(server):
    request = urllib.request.Request(server.url + "/api/v1/labels", headers={"Origin": "http://page"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    request = urllib.request.Request(server.url + "/api/v1/query", method="OPTIONS", headers={"Origin": "http://page"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (204, "GET, POST, OPTIONS")


def test_the_api_describes_itself(server):
    status, body = server.request("/api/v1/openapi.yaml")
    assert status == 200 and body.startswith(b"openapi: 3.1")
