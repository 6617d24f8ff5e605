"""What policies write: one row a prompt, the most likely texts of the best policy and of the arms beside each other.

A bar is as long as the text is likely, and as dark as it is good. What is drawn comes from the file of one replicate
(``twostage explain rouge-l --save FILE``; experiments/runner/REPLICATE_FORMAT.md).
"""

import heapq

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator

from . import profile, style
from .routes import NARROWEST, arms_to_draw, left_out

_TEXTS, _PROMPTS = 5, 3


def letters(tokens):
    """``a``, ``b``, … for the tokens 0, 1, …, as they stand in the file."""
    return "".join(chr(ord("a") + int(token)) for token in tokens.split())


class Texts:
    """The graph of a replicate whose prompts are texts: what may be written after each of them."""

    def __init__(self, data):
        self.edges = {}
        for edge, source in enumerate(data.edge_source.values):
            self.edges.setdefault(int(source), []).append(edge)
        self.successor, self.token = data.edge_successor.values, data.edge_action.values
        self.reward = data.true_reward.values
        self.last = int(data.layer_offsets.values[-2])  # from here on a text is complete

    def likeliest(self, log_policy, prompt, count):
        """[(text, probability, true reward)] of the most likely texts, best first: of each state, backwards, the likeliest ends."""
        ends = {}  # {state: [(log-probability, text, reward)] of what may follow}
        for state in sorted(self.reached(prompt), reverse=True):  # successors are numbered after their sources
            if state >= self.last:
                ends[state] = [(0.0, "", 0.0)]
                continue
            follow = [(log_policy[edge] + likely, chr(ord("a") + int(self.token[edge])) + text, self.reward[edge] + reward)
                      for edge in self.edges[state] for likely, text, reward in ends[int(self.successor[edge])]]
            ends[state] = heapq.nlargest(count, follow, key=lambda end: end[0])
        return [(text, float(np.exp(likely)), reward) for likely, text, reward in ends[prompt]]

    def reached(self, prompt):
        """The states that a text after this prompt may be in."""
        found, layer = {prompt}, {prompt}
        while layer:
            layer = {int(self.successor[edge]) for state in layer for edge in self.edges.get(state, [])}
            found |= layer
        return found

    def range_of(self, prompt):
        """The least and the most that a text after this prompt is worth."""
        low, high = {prompt: 0.0}, {prompt: 0.0}
        for state in sorted(self.edges):
            if state not in low:
                continue
            for edge in self.edges[state]:
                there = int(self.successor[edge])
                low[there] = min(low.get(there, np.inf), low[state] + self.reward[edge])
                high[there] = max(high.get(there, -np.inf), high[state] + self.reward[edge])
        ends = [state for state in low if state >= self.last]
        return min(low[s] for s in ends), max(high[s] for s in ends)


def _shade(colour, share):
    """From a light tone of the colour to the colour itself."""
    return tuple(1 - (0.25 + 0.75 * share) * (1 - channel) for channel in to_rgb(colour))


def _bars(ax, texts, worth, colour):
    low, high = worth
    for place, (text, likely, reward) in enumerate(texts):
        share = (reward - low) / (high - low) if high > low else 1.0
        ax.barh(place, likely, height=0.72, color=_shade(colour, share), edgecolor=colour, linewidth=0.6)
        ax.annotate(f"{100 * share:.0f} %", (likely, place), xytext=(3, 0), textcoords="offset points", va="center",
                    fontsize="small")
    ax.set(ylim=(_TEXTS - 0.5, -0.5), yticks=range(len(texts)))
    ax.set_yticklabels([text for text, _, _ in texts], family="monospace")
    ax.grid(False)


def draw(data):
    texts = Texts(data)
    weight = data.measured_weight if "measured_weight" in data else data.rho
    prompts = [p for p in range(data.sizes["prompt"]) if float(weight[p]) > 0][:_PROMPTS]
    arms = arms_to_draw(data)
    panels = [("the best policy", data.optimal_log_policy.values, style.INK)]
    for arm in arms:
        panels.append((style.arm_label(arm), data.log_policy.sel(arm=arm).values, style.arm_style(arm)["color"]))
    profile.figure()
    plt.close("all")
    fig, axes = plt.subplots(len(prompts), len(panels), squeeze=False, sharex=True,
                             figsize=(max(2.3 * len(panels), NARROWEST), 1.75 * len(prompts) + 0.5))
    likeliest = 0.0
    for row, prompt in enumerate(prompts):
        worth = texts.range_of(prompt)
        for ax, (name, log_policy, colour) in zip(axes[row], panels):
            written = texts.likeliest(log_policy, prompt, _TEXTS)
            likeliest = max(likeliest, written[0][1])
            _bars(ax, written, worth, colour)
            if row == 0:
                ax.set_title(name, loc="left")
            if row == len(prompts) - 1:
                ax.set_xlabel("probability")
        read, wanted = letters(str(data.prompt_text.values[prompt])), letters(str(data.reference_text.values[prompt]))
        axes[row][0].set_ylabel(f"reads {read}\nwanted {wanted or 'nothing'}", rotation=0, ha="right", va="center", labelpad=6)
    axes[0][0].set_xlim(0, 1.3 * likeliest)  # of all panels; room for the numbers beside the bars
    axes[0][0].xaxis.set_major_locator(MaxNLocator(3))
    fig.notes = [f"{data.sizes['pair']} pairs. The {_TEXTS} likeliest texts of each policy after the first prompts that are measured; tokens are letters. Per "
                 "cent, and shade: what a text is worth, between the worst and the best text there." + left_out(data, arms)]
    return fig
