"""Shared drawing kit of the studies: estimates with intervals, style, titles from the data, labels, byte-stable files.

A study's figure.py defines ``draw(data) -> Figure``; ``draw.py`` is the command line that calls it.
"""

from .estimate import ahead, average, finished, in_regime, log_ratio_interval, mean_interval, steadier
from .labels import direct_labels, note, note_replicates, panel_title, reading_key
from .panels import last, level, points, prediction_line, ratio_panel, regret_panel, regret_scale
from .phase import WinnerMap, predicted_ratio
from .profile import figure, scaled, stacked
from .scale import log_ticks, plain, value_ticks
from .style import ALL, BAND, INK, NEITHER, SIMPLE, arm_label, arm_style, ramp, shades, symbol
from .words import along, class_decides, enough, number, slope


class CannotDraw(Exception):
    """A figure script's word for a run that it was not made for; the message completes "cannot draw this run: ..."."""
