"""What was acknowledged survives the end of the process at any moment, exactly once."""
import os

import conftest
import crash
import pytest

# More by hand: OBSERVER_CRASH_SEEDS=100:200.
FIRST, LAST = map(int, os.environ.get("OBSERVER_CRASH_SEEDS", "0:8").split(":"))


@pytest.fixture
def busy_server(tmp_path):
    """Cuts and merges blocks, writes and merges chunks of lines all the time."""
    config = tmp_path / "busy.yml"
    config.write_text("metrics: { block_range: 2s }\nlogs: { chunk_age: 200ms }\n")
    running = conftest.Server(tmp_path / "data", "--config", config)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.mark.parametrize("seed", range(FIRST, LAST))
def test_what_is_stored_survives_while_files_are_written_and_merged(busy_server, seed):
    harness = crash.Harness(busy_server, seed)
    harness.round(crash.ENDINGS[seed % len(crash.ENDINGS)])
    for _ in range(2):
        harness.round()

    def lacks_deletions(signal):
        return not any(writer.deleted for writer in harness.writers if writer.signal == signal)
    for _ in range(8):  # a round may be too short for one
        if any(map(lacks_deletions, ("metrics", "logs"))):
            harness.round(crash.TERMINATE)
    assert not any(map(lacks_deletions, ("metrics", "logs")))


@pytest.mark.parametrize("seed", range(FIRST, LAST))
def test_all_three_signals_survive(server, seed):
    harness = crash.Harness(server, seed)
    harness.round(crash.ENDINGS[seed % len(crash.ENDINGS)])
    for _ in range(2):
        harness.round()
    assert all(writer.acknowledged for writer in harness.writers), "a writer got nothing through"
