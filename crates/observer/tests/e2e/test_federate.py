"""Another Prometheus scrapes ours by `/federate`, as protobuf and as text."""
import json
import time

import pytest

from conftest import until
from importing import Prometheus
from remote_write import HEADERS, histogram, series, snappy, write_request

SCRAPE = """
scrape_configs:
  - job_name: federate
    scrape_interval: 1s
    scrape_timeout: 1s
    honor_labels: true
    metrics_path: /federate
    params: { "match[]": ['{__name__=~".+"}'] }
    static_configs: [{ targets: ["ADDRESS"] }]
"""


class Scraper(Prometheus):
    """Asks for protobuf, as one that keeps native histograms does."""

    def __init__(self, directory, address):
        self.address_of_ours = address
        super().__init__(directory)

    def start(self):
        self.config.write_text(self.config.read_text() + SCRAPE.replace("ADDRESS", self.address_of_ours))
        super().start()


@pytest.fixture
def scraper(server, tmp_path):
    running = Scraper(tmp_path / "peer", server.url.removeprefix("http://"))
    yield running
    running.kill()


def found(peer, query):
    status, body = peer.request(f"/api/v1/query?query={query}")
    assert status == 200, body
    return json.loads(body)["data"]["result"]


def test_a_prometheus_reads_floats_and_native_histograms(server, scraper):
    t = int(time.time() * 1000)
    native = histogram(t, 6.0, 12.5, schema=3, zero=1.0, threshold=0.001, positive=([(0, 2)], [3.0, 2.0]))
    rows = [series({"__name__": "up.time", "instance": "i", "job": "j"}, [(t, 1.5)]),
            series({"__name__": "native", "instance": "i", "job": "j"}, histograms=[native])]
    assert server.request("/api/v1/write", snappy(write_request(rows)), HEADERS)[0] == 204
    until(lambda: found(scraper, "native") and found(scraper, "up_time"), seconds=60)
    [row] = found(scraper, "native")
    assert row["metric"] == {"__name__": "native", "instance": "i", "job": "j"}
    assert (row["histogram"][1]["count"], row["histogram"][1]["sum"]) == ("6", "12.5")
    assert [bucket[3] for bucket in row["histogram"][1]["buckets"]] == ["1", "3", "2"]
    assert [row["value"][1] for row in found(scraper, "up_time")] == ["1.5"]


def test_names_are_spelled_as_the_reader_can_read_them(server):
    t = int(time.time() * 1000)
    assert server.request("/api/v1/write", snappy(write_request([series({"__name__": "up.time"}, [(t, 1.5)])])), HEADERS)[0] == 204
    for accept, line in (("*/*", 'up_time{instance=""} 1.5'),
                         ("text/plain;escaping=allow-utf-8", '{"up.time",instance=""} 1.5'),
                         ("text/plain;escaping=values", 'U__up_2e_time{instance=""} 1.5')):
        status, body = server.request("/federate?match[]=%7B__name__%3D~%22.%2B%22%7D", headers={"Accept": accept})
        assert (status, body.decode().splitlines()[1]) == (200, f"{line} {t}")
