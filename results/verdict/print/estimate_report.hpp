// Tables of estimates as text, CSV and JSON. Numbers have four digits for people and six for programs, as
// those of verdicts.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "results/verdict/estimates.hpp"

namespace twostage {

// Above each table its estimand; columns axes, replicates, estimate, lower, upper, and where there is
// anything to say left out and note.
void print_estimates(std::ostream& out, const EstimateTable& table, std::size_t width);

// One table for all estimands, a row for each and each point: the axes, estimand, replicates, left_out,
// estimate, lower, upper, status, note. An axis without a value is empty, a missing number NaN. status: ok,
// unbounded (an end is infinite), no_interval.
void write_estimates_csv(std::ostream& out, const EstimateTable& table);

// {"study", "level", "where", "part", "rows": [...]} with the same names in each row; missing and infinite
// numbers are null. "part" says how much of the study the results are, null when they are whole.
std::string estimates_json(std::string_view study, const EstimateTable& table, const std::string& part = "");

}  // namespace twostage
