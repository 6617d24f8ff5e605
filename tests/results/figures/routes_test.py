"""The ways of policies through a maze, on a corridor made by hand."""

from support import np, xarray

from figures.routes import Maze, arms_to_draw, draw, left_out

# A corridor of three cells, S . G, and two moves. From the start one can only go right; from the middle back (-1 in all)
# or into the goal (worth 1, less 2 x .1 for the moves).
#   layer 0: cell 0 | layer 1: cell 1 | layer 2: cells 0, 2
def corridor(to_goal):
    log_policy = np.log([[1.0, 1 - to_goal, to_goal]])
    return xarray.Dataset(
        {
            "state_label": ("state", [0, 1, 0, 2]),
            "edge_source": ("edge", [0, 1, 1]),
            "edge_successor": ("edge", [1, 2, 3]),
            "true_reward": ("edge", [-0.1, -0.1, 0.9]),
            "optimal_log_policy": ("edge", log_policy[0]),
            "log_policy": (("arm", "edge"), np.repeat(log_policy, 3, axis=0)),
            "policy_gap": (("arm", "arm_b"), [[0, 1, 0], [1, 0, 1], [0, 1, 0]]),
            "regret": ("arm", [0.1, 0.2, 0.1]),
            "rho": ("prompt", [1.0]),
            "chosen": (("pair", "step"), [[0, 2]]),
        },
        coords={"arm": ["a", "rm+plan", "dpo"], "arm_b": ["a", "rm+plan", "dpo"]},
        attrs={"cell": "family = maze, height = 1, layout = S.G, prompts = 1, width = 9", "study": "corridor", "config_hash": "0"},
    )


maze = Maze(corridor(0.75))
assert (maze.width, maze.height) == (3, 1), "a layout says how large the maze is, whatever width says"
assert maze.place(0) == (0.5, 0.5) and maze.place(2) == (2.5, 0.5)
assert list(maze.starts) == [0]

moves, reached, earned = maze.traffic(np.log([1.0, 0.25, 0.75]), 0)
assert np.isclose(moves[0, 1], 1) and np.isclose(moves[1, 0], 0.25) and np.isclose(moves[1, 2], 0.75)
assert np.isclose(earned, -0.1 + 0.25 * -0.1 + 0.75 * 0.9)

# Two moves are too few to see that a goal is not left; with a third it shows.
assert maze.goals == {} and reached == 0
longer = corridor(0.75).drop_dims("edge").drop_dims("state")
longer = longer.assign(
    state_label=("state", [0, 1, 0, 2, 1, 2]),
    edge_source=("edge", [0, 1, 1, 2, 3]),
    edge_successor=("edge", [1, 2, 3, 4, 5]),
    true_reward=("edge", [-0.1, -0.1, 0.9, -0.1, 0.0]),
    optimal_log_policy=("edge", np.log([1.0, 0.25, 0.75, 1.0, 1.0])),
    log_policy=(("arm", "edge"), np.log([[1.0, 0.25, 0.75, 1.0, 1.0]] * 3)),
)
maze = Maze(longer)
assert maze.goals == {2: 0.9}
moves, reached, earned = maze.traffic(longer.optimal_log_policy.values, 0)
assert np.isclose(reached, 0.75) and np.isclose(earned, -0.1 + 0.25 * -0.2 + 0.75 * 0.9)
assert (2, 2) not in moves, "to stay is no move"

# Of arms that return one policy the better known is drawn.
assert arms_to_draw(longer) == ["dpo", "rm+plan"]
assert left_out(longer, ["dpo", "rm+plan"]).endswith("further behind: a.") and left_out(longer, ["a", "dpo", "rm+plan"]) == ""
figure = draw(longer)
texts = [ax.get_title(loc="left") for ax in figure.axes]
assert texts == ["the best policy", "DPO", "RM + RL, simple verifier"], texts
assert all(ax.get_xlabel() == "earns +0.53; 75 % reach a goal" for ax in figure.axes)
