"""Titles follow the data: who is ahead, where, and whether that can be told at all."""

from support import np, result, spread

import figures as kit

# DPO half as bad as RM + RL in every cell: whatever the study hoped for, DPO is ahead.
axes = dict(horizon=[1, 2, 4], pairs=[100, 400])
dpo_wins = result(spread([2, 1, 1, 2]), axes)
title = kit.along(dpo_wins, "horizon", "H")
assert title == "DPO ahead", title
assert kit.along(result(spread([1, 2, 2, 1]), axes), "horizon", "H") == "RM + RL ahead"

# Fewer than 20 replicates give no verdict, so they give no title.
assert "ahead" not in kit.along(result(spread([2, 1, 1, 2], 19), axes), "horizon", "H")

# The gap is 1, 2, 4 over the horizon: equal at its beginning, and growing.
gap = np.array([1.0, 2.0, 4.0])[:, None, None, None]
regret = spread([1, 1, 1, 1])[None, None] * np.where(np.isin(np.arange(4), [1, 2]), gap, 1.0)
grows = result(regret, axes)
assert kit.along(grows, "horizon", "H") == "RM + RL ahead above H = 1, more with H"
falls = result(regret[::-1], axes)
assert kit.along(falls, "horizon", "H") == "RM + RL ahead below H = 4, less with H"
mixed = result(np.concatenate([regret[1:2], 1 / regret[1:2], regret[:1]]), axes)
assert kit.along(mixed, "horizon", "H") == "RM + RL ahead in 2 of 4 points, DPO in 2, equal in 2"

# Solvers stop 1e-9 apart in every replicate: that is equal, however narrow the interval.
rounding = result(spread([1, 1, 1 + 1e-9, 1]), axes)
assert kit.along(rounding, "horizon", "H") == "equal everywhere"
assert not kit.ahead(rounding.regret.sel(arm="dpo"), rounding.regret.sel(arm="rm+plan")).any()
# The rounding rule is relative: a difference of 1 % of tiny regrets, the same in every replicate, does count.
tiny = result(1e-12 * spread([1, 1, 1.01, 1]), axes)
assert (kit.ahead(tiny.regret.sel(arm="dpo"), tiny.regret.sel(arm="rm+plan")) == 1).all()

# Noise of one standard deviation around equality decides nothing: 6 points, simultaneous 99 %.
noise = np.exp(np.random.default_rng(1).normal(size=(3, 2, 40, 4)))
assert kit.along(result(noise, axes), "horizon", "H") == "none of 6 points is decided"

# Curves: arms that agree to rounding are one.
assert kit.class_decides(grows.sel(pairs=100)) == "four arms, two curves: the class decides"
apart = result(spread([1, 2, 3, 4]), axes)
assert kit.class_decides(apart.sel(pairs=100)) == "four arms, four curves"
crossed = result(spread([1, 1, 2, 2]), axes)  # two curves, but the stages decide
assert kit.class_decides(crossed.sel(pairs=100)) == "four arms, two curves"

# Winner maps say how often theory was right, over decided points alone.
two = dict(x=[1, 2], y=[1, 2, 3])
cells = result(spread([1, 2], 40), two, arms=["rm+plan", "dpo"])
assert kit.WinnerMap(cells, "x", "y").title() == "theory right in 6 of 6 decided points"
wrong = cells.assign(predicted_regret=1 / cells.predicted_regret)
assert kit.WinnerMap(wrong, "x", "y").title() == "theory right in 0 of 6 decided points"
few = result(spread([1, 2], 3), two, arms=["rm+plan", "dpo"])
assert kit.WinnerMap(few, "x", "y").title() == "who wins: none of 6 points is decided"
