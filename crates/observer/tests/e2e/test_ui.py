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
    done = subprocess.run(["npm", "run", "--silent", "e2e", f"e2e/{script}.test.mjs"], cwd=pathlib.Path(ROOT) / "web",
                          env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_chart_a_log_line_and_a_waterfall_are_seen(tmp_path):
    demo = Server(tmp_path / "data", "--demo")
    # The past is told from its beginning: once the last minute is there, all of it is.
    until(lambda: demo.query('sum(rate(http_server_request_duration_seconds_count{job="shop/frontend"}[1m]))')
          and demo.logs('{service_name="payment"} |= "refused"'))
    browse("ui", demo.url)
    demo.stop()


@pytest.mark.parametrize("kept", [True, False], ids=["told_of_it", "cut_off_by_the_proxy"])
def test_the_first_minute_below_a_path(tmp_path, kept):
    """Opened at once, through a proxy that has nothing but the path."""
    (tmp_path / "c.yml").write_text("server: {external_url: 'http://127.0.0.1/tools/observer'}\n" if kept else "")
    demo = Server(tmp_path / "data", "--demo", "--config", tmp_path / "c.yml")
    proxy = Proxy(demo.url, "/tools/observer", kept)
    browse("first", proxy.url + "/tools/observer")
    proxy.stop()
    demo.stop()
