"""Command line: ``picture.py REPLICATE.h5 FILE.png|svg|pdf``. Draws one replicate, for worlds that have a picture."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import matplotlib.pyplot as plt  # noqa: E402
import owned  # noqa: E402
from figures import routes, save, style, summaries  # noqa: E402
from opened import opened  # noqa: E402


def main(argv):
    parser = argparse.ArgumentParser(prog="picture.py", description=__doc__)
    parser.add_argument("replicate", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(argv)
    data = opened(options.replicate)
    style.learn_arms(data)
    fig = summaries.draw(data) if "prompt_text" in data else routes.draw(data)
    try:
        save.save_as(fig, data, options.out)
    except OSError as error:
        print(f"twostage: '{options.out}': {error.strerror}", file=sys.stderr)
        return 1
    plt.close("all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
