"""Texts that others wrote, on their way into a page or a figure: the rule of sim/catalog/plain_text.hpp.

A character that acts on what shows it instead of being shown is spelled out as \\u001b: controls, the marks that
reverse the direction of writing, separators of lines.
"""

import re

_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def plain_lines(text):
    """A text of several lines, whose ends and tabs stay."""
    return _ACTS.sub(lambda c: f"\\u{ord(c[0]):04x}", text)


def plain_text(text):
    """On one line: tabs and ends of lines become spaces."""
    return plain_lines(re.sub("[\t\n\r]", " ", text))
