"""The web app in a real browser, on the demo's data."""
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import ROOT, Server, until
from proxy import Proxy

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


def browse(script, url):
    environment = {**os.environ, "OBSERVER_URL": url, "CHROMIUM": CHROMIUM}
    done = subprocess.run(["npm", "run", "--silent", script], cwd=pathlib.Path(ROOT) / "web",
                          env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def demo_with(tmp_path):
    started = []

    def start(config=""):
        (tmp_path / "c.yml").write_text(config)
        started.append(Server(tmp_path / "data", "--demo", "--config", tmp_path / "c.yml"))
        return started[0]
    yield start
    started[0].stop()


def test_a_chart_a_log_line_and_a_waterfall_are_seen(demo_with):
    demo = demo_with()
    # The past is told from its beginning: once the last minute is there, all of it is.
    until(lambda: demo.query('sum(rate(http_server_request_duration_seconds_count{job="shop/frontend"}[1m]))')
          and demo.logs('{service_name="payment"} |= "refused"'))
    browse("e2e", demo.url)


@pytest.mark.parametrize("kept", [True, False], ids=["told_of_it", "cut_off_by_the_proxy"])
def test_the_first_minute_below_a_path(demo_with, kept):
    """Opened at once, through a proxy that has nothing but the path."""
    demo = demo_with("server: {external_url: 'http://127.0.0.1/tools/observer'}\n" if kept else "")
    proxy = Proxy(demo.url, "/tools/observer", kept)
    try:
        browse("e2e:first", proxy.url + "/tools/observer")
    finally:
        proxy.stop()
