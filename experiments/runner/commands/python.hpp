// Figures and the report are drawn by Python. On some machines plain `python3` is not the one that has the
// packages, so candidates are asked in turn. They run isolated (`python3 -I`): neither the working directory
// nor the user's PYTHONPATH, start-up file or own site packages stand before the packages of the interpreter,
// so a numpy.py that lies about is not what draws. Packages of one's own belong into a virtual environment,
// named by TWOSTAGE_PYTHON.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace twostage {

// An interpreter that has the modules: $TWOSTAGE_PYTHON alone when it is set, else python3 or
// /usr/bin/python3. InputError that says what to install when there is none. A module that is there and
// broken is left to the script, whose import says what is wrong with it.
std::string find_python(const std::vector<std::string>& modules);

// The command that runs a script of ours by this interpreter, with `results/` as the first place of its
// modules.
std::vector<std::string> python_command(const std::string& python, const std::filesystem::path& script,
                                        const std::vector<std::string>& arguments);

// Runs a program to its end and returns its exit code. `quiet` drops what it prints.
int run_program(const std::vector<std::string>& arguments, bool quiet = false);

}  // namespace twostage
