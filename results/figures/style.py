"""One look for every figure: fonts that survive column width, Okabe-Ito colours, one style per arm.

The colour says which search space an arm has (blue: policies optimal for simple verifiers; orange-red: all
policies), the marker says how it gets there, so that arms that must coincide stay visible on top of
each other.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import matplotlib.ticker

COLUMN = 3.4  # inches, one column of a two-column paper
WIDE = 7.0    # inches, both columns

_BLUE, _SKY, _RED, _GREEN, _PURPLE, _GREY, _ORANGE = (
    "#0072B2", "#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#6E6E6E", "#E69F00")

_ARMS = {
    "rm+plan": dict(color=_BLUE, marker="o", label="RM + RL, simple verifier"),
    "planned-dpo": dict(color=_SKY, marker="s", markerfacecolor="none", markersize=7,
                        label=r"DPO over $\Pi(R_{\mathrm{sim}})$"),
    "dpo": dict(color=_RED, marker="D", label="DPO"),
    "dense-rm+plan": dict(color=_ORANGE, marker="^", markerfacecolor="none", markersize=7,
                          label="RM + RL, rich verifier"),
    "rm+project": dict(color=_PURPLE, marker="v", markerfacecolor="none", markersize=10,
                       label="RM + RL, small generator"),
    "known-rm": dict(color=_BLUE, marker="o", label="RM + RL, $c$ known"),
    "sparse-rm": dict(color=_GREEN, marker="s", label="RM + RL, $\\ell_1$ finds the support"),
    "linear-rm": dict(color=_ORANGE, marker="^", label="RM + RL, $c$ unknown"),
    "first-token-dpo": dict(color=_PURPLE, marker="v", label="DPO, second token known"),
    "sft": dict(color=_GREY, marker="x", label="SFT on chosen"),
}

_RC = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "errorbar.capsize": 2,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
}


def figure(columns=1, width=WIDE, height=2.6, **kwargs):
    """A new figure in the house style: (figure, list of axes)."""
    plt.rcdefaults()
    plt.rcParams.update(_RC)
    fig, axes = plt.subplots(1, columns, figsize=(width, height), squeeze=False, **kwargs)
    return fig, list(axes[0])


def arm_style(arm):
    """Colour and marker of an arm (unknown arms: grey), without its label."""
    return {k: v for k, v in _ARMS.get(arm, dict(color=_GREY, marker=".")).items() if k != "label"}


def arm_label(arm, short=False):
    """The name readers know an arm by; `short` without its class, where that is on an axis."""
    label = _ARMS.get(arm, {}).get("label", arm)
    return label.split(",")[0] if short else label


def log_ticks(axis, subs=(1, 2, 5)):
    """Plain numbers at 1, 2, 5 of each decade, for log axes that span little more than one."""
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=subs))
    axis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axis.set_minor_locator(matplotlib.ticker.NullLocator())


def panel_title(ax, letter, text):
    ax.set_title(f"{letter}  {text}")
