"""Titles are claims: what a panel says of its data is computed from them, and says less where they tell less."""

import numpy as np

from .estimate import FEWEST, ahead, average, equal, log_ratio_interval


def tally(signs, names=("DPO", "RM + RL"), same=None):
    """How often who is ahead, from the signs of `ahead`: "RM + RL ahead in 12 of 15 points, DPO in 3, equal in 3".

    `same`: the points at which the two are equal, which count apart.
    """
    signs = np.asarray(signs).ravel()
    same = np.zeros(signs.size, bool) if same is None else np.asarray(same).ravel()
    over, under = names
    wins = {under: int((signs > 0).sum()), over: int((signs < 0).sum())}
    points = signs.size - int(same.sum())
    if points == 0:
        return "equal everywhere"
    if not any(wins.values()):
        return f"none of {points} points is decided" if points > 1 else "not decided"
    first, second = sorted(wins, key=wins.get, reverse=True)
    rest = (f", {second} in {wins[second]}" if wins[second] else "") + (f", equal in {same.sum()}" if same.any() else "")
    return f"{first} ahead in {wins[first]} of {points} points{rest}"


def along(data, axis, symbol, over="dpo", under="rm+plan", names=("DPO", "RM + RL")):
    """Who is ahead over an axis and whether more so along it: "RM + RL ahead above H = 1, more with H"."""
    a, b = data.regret.sel(arm=over), data.regret.sel(arm=under)
    signs, same = ahead(a, b), equal(a, b)
    if int((a.notnull() & b.notnull()).sum("replicate").max()) < FEWEST:
        return f"regret ratio over {symbol}"
    told = signs.where(~same)
    if bool((told == 0).any()) or len(np.unique(told.values[np.isfinite(told.values)])) != 1:
        return tally(signs, names, same)
    sign = int(np.sign(np.nanmax(told.values)) or -1)
    winner = names[1] if sign > 0 else names[0]
    return f"{winner} ahead{_but_where(same, axis, symbol)}{_trend(a, b, axis, symbol, sign)}"


def _but_where(same, axis, symbol):
    """Where they are equal, if that is one end of the axis: " above H = 1"."""
    if not bool(same.any()):
        return ""
    others = [dim for dim in same.dims if dim != axis]
    whole = same.all(others).values
    values = same[axis].values
    if not np.array_equal(whole, same.any(others).values):
        return " or equal"
    if whole[0] and not whole[1:].any():
        return f" above {symbol} = {values[0]:g}"
    if whole[-1] and not whole[:-1].any():
        return f" below {symbol} = {values[-1]:g}"
    return " or equal"


def _trend(a, b, axis, symbol, sign):
    """Whether the advantage at one end of the axis is, by intervals of 99 %, larger than at the other, for every n."""
    if a.sizes[axis] < 2:
        return ""
    ratio, low, high = (np.log(v) * sign for v in log_ratio_interval(a, b, level=2.5758293035489004))
    low, high = (low, high) if sign > 0 else (high, low)
    first, last = dict(indexers={axis: 0}), dict(indexers={axis: -1})
    if bool((low.isel(**last) > high.isel(**first)).all()):
        return f", more with {symbol}"
    if bool((high.isel(**last) < low.isel(**first)).all()):
        return f", less with {symbol}"
    return ""


def curves(regret):
    """How many different curves the arms draw: arms whose means agree to rounding at every point are one."""
    found = []
    for arm in regret.arm.values:
        if not any(bool(equal(regret.sel(arm=arm), regret.sel(arm=other)).all()) for other in found):
            found.append(arm)
    return len(found)


def slope(values, axis):
    """Log-log slope of a mean over an axis, NaN when it cannot be told."""
    mean = average(values)
    x, y = np.log(mean[axis].values.astype(float)), np.log(mean.values)
    keep = np.isfinite(y)
    return float(np.polyfit(x[keep], y[keep], 1)[0]) if keep.sum() >= 2 else np.nan


def enough(data, *arms):
    """Whether each point has the replicates that can decide something."""
    count = data.regret.sel(arm=list(arms)).notnull().all("arm").sum("replicate")
    return bool((count >= FEWEST).all())


NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def number(n):
    return NUMBERS[n] if 0 <= n < len(NUMBERS) else str(n)


def class_decides(data):
    """Title of a panel of the four arms of the two routes: how many curves they draw, and whether the class says which."""
    different = curves(data.regret)
    said = f"{number(data.sizes['arm'])} arms, {number(different)} curve{'s' if different != 1 else ''}"
    pairs = (("dpo", "dense-rm+plan"), ("rm+plan", "planned-dpo"))
    together = all(bool(equal(data.regret.sel(arm=a), data.regret.sel(arm=b)).all()) for a, b in pairs)
    return f"{said}: the class decides" if together and different == 2 else said
