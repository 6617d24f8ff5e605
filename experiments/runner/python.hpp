// Figures and the report are drawn by Python. On some machines plain `python3` is not the one that has the
// packages, so candidates are asked in turn.
#pragma once

#include <string>
#include <vector>

namespace twostage {

// An interpreter that can import the modules: $TWOSTAGE_PYTHON alone when it is set, else python3 or
// /usr/bin/python3. InputError that says what to install when there is none.
std::string find_python(const std::vector<std::string>& modules);

// Runs a program to its end and returns its exit code. `quiet` drops what it prints.
int run_program(const std::vector<std::string>& arguments, bool quiet = false);

}  // namespace twostage
