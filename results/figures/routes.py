"""The ways that policies take through a maze: one row a start, the best policy and the arms beside each other.

An arrow is a move from one cell to the next, as wide as the policy makes it often. What is drawn comes from the file of
one replicate (``twostage explain maze --save FILE``; experiments/runner/REPLICATE_FORMAT.md).
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from . import profile, style

NARROWEST = 6.6  # inches: a note below has room for its lines
_WALL, _SELDOM, _WIDEST, _MOST = "#4A4A4A", 0.02, 4.5, 3


class Maze:
    """The grid, as far as the moves of a replicate show it: cells are numbered row by row from the top."""

    def __init__(self, data):
        said = dict(part.split(" = ", 1) for part in data.attrs["cell"].split(", ") if " = " in part)
        layout = said.get("layout", "")
        self.width = len(layout.split("/")[0]) if layout else int(said["width"])
        self.height = len(layout.split("/")) if layout else int(said["height"])
        self.cell = data.state_label.values
        self.source, self.successor = data.edge_source.values, data.edge_successor.values
        self.reward = data.true_reward.values
        self.starts = self.cell[: data.sizes["prompt"]]
        self.goals = self._goals(data)
        self.free = {int(c) for c in self.cell}
        if layout:
            self.free = {i for i, letter in enumerate(layout.replace("/", "")) if letter != "#"}

    def _goals(self, data):
        """{cell: what the best way there earns}: cells that are never left."""
        stays = self.cell[self.source] == self.cell[self.successor]
        moves = {int(c) for c in self.cell[self.source[~stays]]}
        cells = {int(c) for c in self.cell[self.source[stays]]} - moves
        reward = self.reward
        return {c: max(reward[e] for e in range(len(reward)) if self.cell[self.successor[e]] == c and not stays[e])
                for c in sorted(cells) if any((self.cell[self.successor] == c) & ~stays)}

    def place(self, cell):
        return cell % self.width + 0.5, self.height - cell // self.width - 0.5

    def traffic(self, log_policy, start):
        """{(cell, next cell): how often a way from the start takes that move}, share that reach a goal, mean reward."""
        mass = np.zeros(len(self.cell))
        mass[start] = 1
        moves, ends = {}, 0.0
        flow = np.zeros(len(self.source))
        for e in range(len(self.source)):  # layer by layer: an edge comes after those that lead to its state
            flow[e] = mass[self.source[e]] * np.exp(log_policy[e])
            mass[self.successor[e]] += flow[e]
            here, there = int(self.cell[self.source[e]]), int(self.cell[self.successor[e]])
            if here != there:
                moves[here, there] = moves.get((here, there), 0) + flow[e]
                if there in self.goals:
                    ends += flow[e]
        return moves, ends, float(flow @ self.reward)


def _ground(ax, maze, start):
    for cell in range(maze.width * maze.height):
        x, y = maze.place(cell)
        colour = "white" if cell in maze.free else _WALL
        ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor=style.BAND, linewidth=0.6))
    best = max(maze.goals.values(), default=0)
    for cell, worth in maze.goals.items():
        x, y = maze.place(cell)
        colour = "#D9EAD3" if worth == best else "#F3E3E3"
        ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor=style.BAND, linewidth=0.6))
        ax.text(x + 0.46, y + 0.44, f"{worth:+.2g}", ha="right", va="top", fontsize="small", zorder=4)
    x, y = maze.place(int(maze.starts[start]))
    ax.plot([x], [y], marker="o", color=style.INK, markersize=profile.scaled(6), zorder=4)
    ax.set(xlim=(0, maze.width), ylim=(0, maze.height), aspect="equal", xticks=[], yticks=[])
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(True)


def _moves(ax, maze, moves, colour):
    for (here, there), often in sorted(moves.items()):
        if often < _SELDOM:
            continue
        a, b = np.array(maze.place(here)), np.array(maze.place(there))
        ahead = b - a
        aside = 0.13 * np.array([ahead[1], -ahead[0]])  # moves to and fro lie beside each other
        ax.add_patch(FancyArrowPatch(a + 0.2 * ahead + aside, b - 0.16 * ahead + aside, arrowstyle="-|>", color=colour,
                                     mutation_scale=4 + 5 * min(1, often), linewidth=0.4 + _WIDEST * min(1, often),
                                     shrinkA=0, shrinkB=0, joinstyle="miter", capstyle="butt", zorder=3))


def arms_to_draw(data):
    """At most three with a policy on edges, least regret first; of several that return one policy, the best known."""
    out = []
    known = ["rm+plan", "dpo"]
    for arm in sorted(data.arm.values, key=lambda arm: known.index(arm) if arm in known else len(known)):
        gap = [float(data.policy_gap.sel(arm=arm, arm_b=other)) for other in out]
        if np.isfinite(data.log_policy.sel(arm=arm)).all() and not any(g < 1e-8 for g in gap):
            out.append(arm)
    return sorted(out, key=lambda arm: float(data.regret.sel(arm=arm)))[:_MOST]


def left_out(data, drawn):
    """A sentence on the arms that are not drawn, or nothing."""
    rest = [style.arm_label(arm) for arm in data.arm.values if arm not in drawn]
    if not rest:
        return ""
    return f" Not drawn, being here already, without a policy on tokens, or further behind: {'; '.join(rest)}."


def draw(data):
    maze = Maze(data)
    arms = arms_to_draw(data)
    panels = [("the best policy", data.optimal_log_policy.values, style.INK)]
    for arm in arms:
        panels.append((style.arm_label(arm), data.log_policy.sel(arm=arm).values, style.arm_style(arm)["color"]))
    starts = min(len(maze.starts), 3)
    profile.figure()
    plt.close("all")
    fig, axes = plt.subplots(starts, len(panels), squeeze=False, figsize=(max(2.2 * len(panels), NARROWEST), 2.45 * starts + 0.4))
    for row in range(starts):
        for ax, (name, log_policy, colour) in zip(axes[row], panels):
            moves, reached, earned = maze.traffic(log_policy, row)
            _ground(ax, maze, row)
            _moves(ax, maze, moves, colour)
            if row == 0:
                ax.set_title(name, loc="left")
            ax.set_xlabel(f"earns {earned:+.2f}; {100 * reached:.0f} % reach a goal", fontsize="small")
    pairs = data.sizes["pair"]
    fig.notes = [f"{pairs} pairs. Dot: the start. Signed numbers: goals, and what they are worth; green: the best. Dark: walls, and "
                 "what no way reaches. The wider an arrow, the more frequent the move." + left_out(data, arms)]
    return fig
