"""What the tests of the figures share: the kit on the path, results made by hand, exit code 77 when modules are missing."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "results"))
try:
    import matplotlib  # noqa: F401, the kit imports it
    import numpy as np
    import xarray
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

ARMS = ["rm+plan", "dense-rm+plan", "dpo", "planned-dpo"]


def result(regret, axes, arms=ARMS, study="made-up", **more):
    """A result as `kit.finished` leaves it: `regret` broadcast to axes x replicate x arm, predictions equal to it."""
    dims = [*axes, "replicate", "arm"]
    shape = [*(len(values) for values in axes.values()), np.shape(regret)[-2], len(arms)]
    regret = np.broadcast_to(np.asarray(regret, float), shape)
    data = xarray.Dataset(
        dict(status=(dims, np.zeros(shape, np.uint8)), regret=(dims, regret.copy()),
             predicted_regret=(dims, regret.copy()), regime=(dims, np.zeros(shape, np.uint8)),
             kappa=(dims, np.full(shape, 0.01)), parameter_count=(dims, np.full(shape, 5.0))),
        coords=dict(axes, arm=arms),
        attrs=dict(study=study, title="RM + RL wins", question="Who wins?", config_hash="0" * 64))
    return data.assign(more)


def spread(mean, replicates=40):
    """Positive numbers of this mean that vary by a tenth, the same for every arm: a column of replicates."""
    wave = 1 + 0.1 * np.sin(np.arange(replicates))
    return np.asarray(mean) * (wave / wave.mean())[:, None]
