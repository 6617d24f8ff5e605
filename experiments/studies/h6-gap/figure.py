"""Every point of every family in a row: parameter counts, the ratio that theory works out from the classes, the measured one."""

import figures as kit
import numpy as np
import tomllib

AXES = ["variant"]
ARMS = ["rm+plan", "dpo"]
NEEDS = ["predicted_regret", "parameter_count"]
FAMILIES = {"bandit": "o", "two-token": "s", "walk": "^", "tokens": "D", "maze": "v", "summary": "P"}
TOLERANCE = 0.1


def family_of(data):
    """The family of each variant, from the configuration that the result holds."""
    stated = tomllib.loads(str(data.configuration.item()))
    of = {v["name"]: v.get("world", stated["world"])["family"] for v in stated["variants"]}
    return [of[str(name)] for name in data.variant.values]


def ratio_of(data, name):
    means = kit.average(data[name])
    return (means.sel(arm="dpo") / means.sel(arm="rm+plan")).values


def look(family, winner):
    colour = kit.SIMPLE if winner > 0 else kit.ALL if winner < 0 else kit.NEITHER
    return dict(color=colour, marker=FAMILIES.get(family, "x"), markersize=kit.scaled(4))


def rows(ax, data, families, predicted, measured, signs):
    """A row for each point, families apart, each with its counts, its prediction as a bar and its measurement."""
    counts = kit.average(data.parameter_count)
    by_counts = ratio_of(data, "parameter_count")
    y, at, labels = 0.0, [], []
    for i, name in enumerate(data.variant.values):
        y += 0.6 if i and families[i] != families[i - 1] else 0
        at.append(y)
        verifier, generator = (round(float(counts.isel(variant=i).sel(arm=arm))) for arm in ("rm+plan", "dpo"))
        labels.append(f"{str(name).replace('-', ' ').replace('two token', 'two-token')}  {verifier} : {generator}")
        y += 1
    at = np.array(at)
    ax.axvline(1, color=kit.INK, linewidth=kit.scaled(0.6))
    ax.plot(by_counts, at, linestyle="none", marker="x", color="#9A9A9A", markersize=kit.scaled(3.5))
    ax.plot(predicted, at, linestyle="none", marker="|", color=kit.INK, markersize=kit.scaled(8), markeredgewidth=kit.scaled(1.2))
    for i, family in enumerate(families):
        estimate = tuple(np.atleast_1d(part[i]) for part in measured)
        kit.points(ax, at[i:i + 1], estimate, horizontal=True, **look(family, signs[i]))
    ax.set(xscale="log", xlabel="mean regret, DPO : RM + RL", ylim=(at[-1] + 0.7, -0.7))
    ax.set_yticks(at, labels)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")
    kit.log_ticks(ax.xaxis)


def scatter(ax, families, predicted, measured, signs):
    numbers = np.concatenate([predicted, *measured])
    numbers = numbers[np.isfinite(numbers)]
    ends = np.array([numbers.min() / 1.3, numbers.max() * 1.3])
    ax.fill_between(ends, ends * (1 - TOLERANCE), ends * (1 + TOLERANCE), color=kit.BAND, linewidth=0)
    ax.plot(ends, ends, color=kit.INK, linewidth=kit.scaled(0.6))
    for i, family in enumerate(families):
        kit.points(ax, predicted[i:i + 1], tuple(np.atleast_1d(part[i]) for part in measured), **look(family, signs[i]))
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, xlabel="ratio predicted from the classes", ylabel="measured ratio")
    for axis in (ax.xaxis, ax.yaxis):
        kit.log_ticks(axis)


def draw(data):
    families = family_of(data)
    predicted = ratio_of(data, "predicted_regret")
    dpo, simple = (kit.steadier(data).regret.sel(arm=arm) for arm in ("dpo", "rm+plan"))
    measured = tuple(part.values for part in kit.log_ratio_interval(dpo, simple))
    signs = kit.ahead(dpo, simple).values
    fig, (left, right) = kit.figure(columns=2, height=4.2, ratios=[1.1, 1])
    rows(left, data, families, predicted, measured, signs)
    kit.panel_title(left, "a", "parameters of verifier : generator")
    scatter(right, families, predicted, measured, signs)
    far = np.nanmax(np.abs(np.log(measured[0] / predicted)))
    enough = kit.enough(data, "dpo", "rm+plan")
    kit.panel_title(right, "b", f"off by {100 * (np.exp(far) - 1):.0f} % at most" if enough else "measured over predicted")
    kit.note(fig, "Bars: the ratio that theory works out from the classes. Crosses: the ratio of the counts. Marks: measured, with 95 % "
             "intervals; blue where RM + RL has the smaller regret, vermilion where DPO has, grey where they are one policy.")
    kit.note(fig, "b: the band is 10 % to either side; " + ", ".join(
        f"{kit.symbol(dict(marker=FAMILIES[f]))} {f}" for f in dict.fromkeys(families) if f in FAMILIES) + ".")
    return fig
