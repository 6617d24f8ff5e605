// Comma-separated values in tidy form: one rectangular table, one row per element, a column for every
// dimension and variable. What pandas.read_csv and R's read.csv make of it has the types of the file:
//   - numbers have the fewest digits that read back equal; those that are no whole numbers by their type have
//   a
//     point or an exponent, so that a column of them is one of floats even if all are whole; NaN is missing;
//   - named values (status, regime, axes of true and false) are their names, not_run where there is none,
//   since a CSV file has no
//     place to say what their codes mean;
//   - text is quoted where RFC 4180 asks for it. A text that begins with = + - @, a tab or an end of line,
//     which spreadsheets would run as a formula, gets an apostrophe in front, which they do not show.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "results/dataset/dataset.hpp"

namespace twostage {

std::string csv_field(const std::string& text);
std::string csv_field(std::int64_t number);
std::string csv_field(double number);

struct CsvTable {
  std::vector<std::string> dimensions;
  std::vector<std::string> variables;  // each over some of them, in any order; repeated along the others
};

// The long table of a dataset: every variable that lies over some of the main dimensions (those of `status`:
// of a result axes x replicate x arm) and, if it is a text, over one of them at least. Without `status` the
// main dimensions are those of the first variable that has the most.
CsvTable main_table(const Dataset& dataset);

// The variables that the long table does not have, one table for each list of dimensions, in order of first
// appearance: pairwise measures, and the texts of the file, which have none.
std::vector<CsvTable> other_tables(const Dataset& dataset);

// Without a dimension the table has one row. Rows of results that were not run (the flag not_run of `status`)
// are left out.
void write_csv(const Dataset& dataset, const CsvTable& table, std::ostream& out);

}  // namespace twostage
