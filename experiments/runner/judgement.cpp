#include "experiments/runner/judgement.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "experiments/runner/batches.hpp"
#include "experiments/runner/claim_record.hpp"
#include "experiments/runner/run.hpp"
#include "results/store/store.hpp"
#include "results/verdict/report.hpp"

namespace twostage {

Judgement judge_file(const std::filesystem::path& path) {
  const Dataset data = read_dataset(path);
  Judgement out;
  out.study = stored_study(path, data);
  const Background background = background_of(out.study, stored_claims(path, data));
  out.part = part_text(coverage(out.study, data, path));
  out.verdicts = judge(data, out.study.claims, out.study.alpha, out.study.name,
                       static_cast<std::uint64_t>(out.study.seed), &background);
  return out;
}

void print(std::ostream& out, const Judgement& judgement) {
  fmt::print(out, "{}: {}\n", judgement.study.name, judgement.study.title);
  if (!judgement.part.empty()) fmt::print(out, "from a part of the results: {}\n", judgement.part);
  print_verdicts(out, judgement.verdicts);
}

std::string json(const Judgement& judgement) {
  return verdicts_json(judgement.study.name, judgement.study.alpha, judgement.verdicts, judgement.part);
}

}  // namespace twostage
