// Verdicts as a plain table for a terminal and as JSON for the HTML report.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "results/verdict/verdict.hpp"

namespace twostage {

// Aligned columns outcome (with ", post hoc" where it is), claim, estimate, interval, level, replicates;
// below each its statement, why it is post hoc, evidence and, if it has one, explanation. In lines of at most
// `width` places (text_table.hpp).
void print_verdicts(std::ostream& out, const std::vector<Verdict>& verdicts, std::size_t width);

// {"study", "alpha", "part", "verdicts": [{"id", "statement", "explanation", "claim", "outcome", "post_hoc",
// "estimate", "low", "high", "level", "replicates", "points", "evidence", "tally", "parts": [...]}]}; the
// tally {"shown", "contradicted", "open", "undecided"} is that of points(...), else null; parts of a claim
// about winners have "predicted" too. "part" says how much of the study the results are, null when they are
// whole; "post_hoc" why the claim did not stand before the numbers, null when it did. Numbers have six
// digits; null = missing or infinite.
std::string verdicts_json(std::string_view study, double alpha, const std::vector<Verdict>& verdicts,
                          const std::string& part = "");

}  // namespace twostage
