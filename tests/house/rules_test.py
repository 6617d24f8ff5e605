"""What does not belong into sim, held against the code: sim/README.md says it, and the promise of equal bits rests on it.

rules_test.py SOURCE_DIR. In sim: no transcendental functions, distributions, threads, files, printing or HDF5 of the standard
library or of others, and Eigen in no header that a file of another folder comes to include. In theory: no std:: functions either.
Anywhere: no type is defined in two headers (a program that links both would be ill-formed, and no compiler says so).
"""

import pathlib
import re
import sys

FUNCTIONS = r"\bstd::(exp2?|expm1|log(1p|2|10)?|pow|cbrt|hypot|sinh?|cosh?|tanh?|a(sin|cos|tan)h?|atan2|erfc?|[lt]gamma)\b"
HEADERS = r"<(random|thread|mutex|future|fstream|filesystem|iostream|cstdio|print|hdf5)(\.h)?>"
SUMS = r"\bstd::(reduce|transform_reduce)\b"
RULES = {"sim": [FUNCTIONS, HEADERS, SUMS], "theory": [FUNCTIONS, SUMS]}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', flags=re.M)


TYPE = re.compile(r"^(?:namespace ([\w:]+) \{|(\}  // namespace)|(?:template <.*> )?(?:struct|class|enum class) (\w+)[^;]*\{)", flags=re.M)


def types_of(text):
    """Names of the types that a header defines, with their namespaces."""
    inside = []
    for match in TYPE.finditer(text):
        space, end, name = match.groups()
        if name:
            yield "::".join([*inside, name])
        elif end:
            inside.pop()
        else:
            inside.append(space)


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def faults_of(root):
    faults = []
    for part, rules in RULES.items():
        for path in sorted((root / part).rglob("*.[ch]pp")):
            text = without_comments(path.read_text())
            for rule in rules:
                if found := re.search(rule, text):
                    faults.append(f"{path.relative_to(root)} uses {found.group()}")
    includes = {p.relative_to(root).as_posix(): INCLUDE.findall(p.read_text()) for p in sorted(root.glob("sim/**/*.[ch]pp"))}
    for name, of in includes.items():
        if not name.endswith(".hpp") or not any(other.startswith("Eigen/") for other in of):
            continue
        reach = {name}
        while more := {f for f, to in includes.items() if f not in reach and not reach.isdisjoint(to)}:
            reach |= more
        folder = name.rpartition("/")[0]
        faults += [f"{f} comes to include Eigen, by {name}" for f in sorted(reach) if f.rpartition("/")[0] != folder]
    defined = {}
    for part in ("sim", "theory", "experiments", "results"):
        for path in sorted((root / part).rglob("*.hpp")):
            for name in types_of(path.read_text()):
                defined.setdefault(name, []).append(path.relative_to(root).as_posix())
    faults += [f"{name} is defined in {' and '.join(paths)}" for name, paths in defined.items() if len(paths) > 1]
    return faults


def test_of_the_test():
    """One of each fault, built here, is found out; a comment and a number of ours are none."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for path, text in {
            "sim/a/one.hpp": "#include <Eigen/Core>\n",
            "sim/a/two.cpp": '#include "sim/a/one.hpp"\n// std::exp is not used\nnum::exp(1), std::expected\n',
            "sim/b/three.hpp": '#include "sim/a/one.hpp"\n',
            "sim/b/four.cpp": '#include "sim/b/three.hpp"\n#include <thread>\nstd::log1p(x)\n',
            "theory/five.cpp": "std::pow(x, 2)\n",
            "sim/c/six.hpp": "namespace a {\nstruct Six {\n};\nnamespace b {\nclass Seven final {\n};\n}  // namespace b\n}  // namespace a\n",
            "theory/seven.hpp": "namespace a {\nstruct Six;\nclass Seven {\n};\nnamespace b {\nstruct Seven {};\n}  // namespace b\n}  // namespace a\n",
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        assert faults_of(root) == [
            "sim/b/four.cpp uses std::log1p",
            "sim/b/four.cpp uses <thread>",
            "theory/five.cpp uses std::pow",
            "sim/b/four.cpp comes to include Eigen, by sim/a/one.hpp",
            "sim/b/three.hpp comes to include Eigen, by sim/a/one.hpp",
            "a::b::Seven is defined in sim/c/six.hpp and theory/seven.hpp",
        ], faults_of(root)


def main():
    test_of_the_test()
    faults = faults_of(pathlib.Path(sys.argv[1]))
    print("\n".join(faults) or "nothing is where it does not belong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
