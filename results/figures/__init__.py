"""Shared drawing kit of the studies: load a result file, estimate with intervals, style, save byte-stable.

A study's figure.py defines ``draw(data) -> Figure`` and hands it to ``main``.
"""

from .estimate import log_ratio_interval, mean_interval, quantile_band
from .save import main
from .style import COLUMN, WIDE, arm_label, arm_style, figure, note, panel_title

__all__ = ["COLUMN", "WIDE", "arm_label", "arm_style", "figure", "log_ratio_interval", "main", "mean_interval",
           "note", "panel_title", "quantile_band"]
