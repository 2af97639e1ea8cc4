"""The web app in a real browser, on the demo's data."""
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import ROOT, Server, until

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture
def demo(tmp_path):
    running = Server(tmp_path / "data", "--demo")
    yield running
    running.stop()


def test_a_chart_a_log_line_and_a_waterfall_are_seen(demo):
    # The past is told from its beginning: once the last minute is there, all of it is.
    until(lambda: demo.query('sum(rate(http_server_request_duration_seconds_count{job="shop/frontend"}[1m]))')
          and demo.logs('{service_name="payment"} |= "refused"'))
    environment = {**os.environ, "OBSERVER_URL": demo.url, "CHROMIUM": CHROMIUM}
    done = subprocess.run(["npm", "run", "--silent", "e2e"], cwd=pathlib.Path(ROOT) / "web", env=environment,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
