"""What was acknowledged survives the end of the process at any moment, exactly once."""
import os

import crash
import pytest

# More by hand: OBSERVER_CRASH_SEEDS=100:200.
FIRST, LAST = map(int, os.environ.get("OBSERVER_CRASH_SEEDS", "0:8").split(":"))


@pytest.mark.parametrize("seed", range(FIRST, LAST))
def test_all_three_signals_survive(server, seed):
    harness = crash.Harness(server, seed)
    harness.round(crash.ENDINGS[seed % len(crash.ENDINGS)])
    for _ in range(2):
        harness.round()
    assert all(writer.acknowledged for writer in harness.writers), "a writer got nothing through"
