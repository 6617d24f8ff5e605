// Comma-separated values in tidy form: one row per element, a column for every dimension and variable. Each
// distinct list of dimensions is a table of its own (metrics over axes × replicate × arm, pairwise measures
// over axes × replicate × arm × arm_b). Numbers have the fewest digits that read back equal; missing values
// are NaN; text is quoted where RFC 4180 asks for it. A text that begins with = + - @, a tab or an end of
// line, which spreadsheets would run as a formula, gets an apostrophe in front, which they do not show.
// Numbers stay numbers.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "results/store/dataset.hpp"

namespace twostage {

using DimensionNames = std::vector<std::string>;

// The tables of a dataset in order of first appearance. Scalars are no table.
std::vector<DimensionNames> csv_tables(const Dataset& dataset);

// One table: the variables that lie over exactly `dimensions`, or the one that is named. Rows of results that
// were not run (the flag not_run of a variable `status`) are left out.
void write_csv(const Dataset& dataset, const DimensionNames& dimensions, std::ostream& out,
               std::string_view only = {});

// All tables, an empty line between them.
void write_csv(const Dataset& dataset, std::ostream& out);

}  // namespace twostage
