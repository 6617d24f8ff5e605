#include "experiments/runner/judgement.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "experiments/runner/batches.hpp"
#include "experiments/runner/claim_record.hpp"
#include "experiments/runner/result_file.hpp"
#include "experiments/runner/run.hpp"
#include "results/verdict/report.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {

Judgement judge_file(const std::filesystem::path& path) {
  const ResultFile file = read_result(path);
  const Dataset& data = file.data;
  Judgement out;
  out.study = file.study;
  const Background background = background_of(out.study, stored_claims(path, data));
  out.part = part_text(coverage(out.study, data, path));
  out.verdicts = judge(data, out.study.claims, out.study.alpha, &background);
  return out;
}

void print(std::ostream& out, const Judgement& judgement) {
  fmt::print(out, "{}\n", plain_text(judgement.study.name + ": " + judgement.study.title));
  if (!judgement.part.empty()) fmt::print(out, "from a part of the results: {}\n", judgement.part);
  print_verdicts(out, judgement.verdicts);
}

std::string json(const Judgement& judgement) {
  return verdicts_json(judgement.study.name, judgement.study.alpha, judgement.verdicts, judgement.part);
}

}  // namespace twostage
