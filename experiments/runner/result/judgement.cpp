#include "experiments/runner/result/judgement.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/claim_record.hpp"
#include "experiments/runner/result/result_file.hpp"
#include "results/verdict/print/report.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/catalog/text_table.hpp"

namespace twostage {
namespace {

// As check_study holds claims against, before there are results.
Background background_of(const Study& study, const std::string& claim_record) {
  return {claimable_shape(study, columns_of(study)), same_arms(study),
          claim_record.empty() ? ClaimRecord{} : read_claim_record(claim_record, "record of claims")};
}

}  // namespace

Judgement judge_file(const std::filesystem::path& path) {
  const ResultFile file = read_result(path);
  const Dataset& data = file.data;
  Judgement out;
  out.study = file.study;
  const Background background = background_of(out.study, stored_claims(path, data));
  out.part = part_text(completeness(out.study, data, path));
  out.verdicts = judge(data, out.study.claims, out.study.alpha, &background);
  return out;
}

void print_heading(std::ostream& out, const Study& study, const std::string& part, std::size_t width) {
  fmt::print(out, "{}\n", wrapped(plain_text(study.name + ": " + study.title), width, "", 2));
  if (!part.empty()) fmt::print(out, "{}\n", wrapped("from a part of the results: " + part, width, "", 2));
}

void print(std::ostream& out, const Judgement& judgement, std::size_t width) {
  print_heading(out, judgement.study, judgement.part, width);
  print_verdicts(out, judgement.verdicts, width);
}

std::string json(const Judgement& judgement) {
  return verdicts_json(judgement.study.name, judgement.study.alpha, judgement.verdicts, judgement.part);
}

}  // namespace twostage
