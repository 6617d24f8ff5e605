// table: estimates with their intervals, point by point.
#include <iostream>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/judgement.hpp"
#include "experiments/runner/result/result_file.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/verdict/print/estimate_report.hpp"

namespace twostage {

int table_command(const TableArguments& arguments) {
  const ResultFile file = read_result(arguments.file);
  const EstimateTable table =
      estimates(file.data, {arguments.estimands, arguments.by, arguments.where, arguments.level});
  const std::string part = part_text(completeness(file.study, file.data, file.path));
  if (arguments.format == "json") {
    std::cout << estimates_json(file.study.name, table, part);
  } else if (arguments.format == "csv") {
    if (!part.empty()) say("from a part of the results: {}\n", part);
    write_estimates_csv(std::cout, table);
  } else {
    print_heading(std::cout, file.study, part, output_width());
    print_estimates(std::cout, table, output_width());
  }
  return 0;
}

}  // namespace twostage
