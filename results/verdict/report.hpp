// Verdicts as a plain table for a terminal and as JSON for the HTML report.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "results/verdict/verdict.hpp"

namespace twostage {

// Aligned columns outcome, claim, estimate, interval, level, replicates; below each its statement, evidence
// and, if it has one, explanation.
void print_verdicts(std::ostream& out, const std::vector<Verdict>& verdicts);

// {"study", "alpha", "verdicts": [{"id", "statement", "explanation", "claim", "outcome", "estimate", "low",
// "high", "level", "replicates", "cells", "evidence", "tally", "parts": [...]}]}; the tally {"shown",
// "contradicted", "open", "undecided"} is that of cells(...), else null; parts of a claim about winners have
// "predicted" too. Numbers have six digits; null = missing or infinite.
std::string verdicts_json(std::string_view study, double alpha, const std::vector<Verdict>& verdicts);

}  // namespace twostage
