"""kill -9 of any process, at any moment, under load. `make storm` lets it blow for longer, with other seeds.

ROOST_STORM_S: seconds; ROOST_STORM_SEED: a seed to repeat.
"""
import os
import random

from storm import Storm

SECONDS = float(os.environ.get("ROOST_STORM_S", "20"))
SEED = os.environ.get("ROOST_STORM_SEED") or str(random.randrange(1 << 32))


def test_storm(victim):
    service = victim(init=("--frontends", "2", "--shards", "2"))
    storm = Storm(service, SEED)
    storm.run(SECONDS)
    faults = storm.check()
    said = storm.ledger.answers
    print(f"seed={SEED} killed={len(storm.killer.done)} answers={said} messages={len(storm.ledger.worlds)} pause={storm.ledger.pause_s:.1f}s")
    assert not faults, f"seed {SEED}, killed {storm.killer.done}:\n" + "\n".join(faults[:40])
    assert said["OK"] > 50 and len(storm.killer.done) > 3
