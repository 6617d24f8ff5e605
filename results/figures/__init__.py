"""Shared drawing kit of the studies: load a result file, estimate with intervals, style, save byte-stable.

A study's figure.py defines ``draw(data) -> Figure`` and hands it to ``main``.
"""

from .estimate import log_ratio_interval, mean_interval
from .panels import ratio_panel, regret_panel
from .phase import line_handle, predicted_ratio, winner_map
from .save import main
from .style import COLUMN, WIDE, arm_label, arm_style, figure, log_ticks, panel_title

__all__ = ["COLUMN", "WIDE", "arm_label", "arm_style", "figure", "line_handle", "log_ratio_interval", "log_ticks", "main",
           "mean_interval", "panel_title", "predicted_ratio", "ratio_panel", "regret_panel", "winner_map"]
