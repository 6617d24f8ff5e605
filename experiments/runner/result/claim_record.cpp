#include "experiments/runner/result/claim_record.hpp"

#include <algorithm>

#include "experiments/runner/study/study_reader.hpp"
#include "results/file/atomic_write.hpp"
#include "results/file/regular_file.hpp"
#include "results/file/sha256.hpp"
#include "results/file/store_error.hpp"
#include "results/store/workplace.hpp"

namespace twostage {
namespace {

std::string text_of(const ClaimRecord& record) {
  std::string out =
      "alpha = " + to_text(record.alpha) + "\nintervals = " + std::to_string(record.intervals) + "\n";
  for (Claim claim : record.claims) {
    claim.explanation.clear();
    out += claim_text(claim);
  }
  return out;
}

std::size_t count_intervals(const std::vector<Claim>& claims) {
  return static_cast<std::size_t>(
      std::ranges::count_if(claims, [](const Claim& claim) { return !claim.interval.empty(); }));
}

}  // namespace

std::string claim_record(const Study& study) {
  return text_of({study.alpha, count_intervals(study.claims), study.claims});
}

ClaimRecord read_claim_record(const std::string& text, const std::string& source) {
  const Node document = read_toml(text, source);
  const Node::Table& top = *document.table();
  check_keys(top, {"alpha", "intervals", "claims"}, "a record of claims");
  ClaimRecord record;
  Study places;
  for (const Member& member : top) {
    const auto number = [&] {
      const Value value = to_value(member.node, member.key);
      if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
      if (const auto* real = std::get_if<double>(&value)) return *real;
      fail_at(member.node.place, member.key, member.key + " must be a number");
    };
    if (member.key == "alpha") record.alpha = number();
    if (member.key == "intervals") record.intervals = static_cast<std::size_t>(std::max(0.0, number()));
    if (member.key != "claims") continue;
    if (!member.node.list()) fail_at(member.node.place, member.key, "claims must be a list");
    for (const Node& claim : *member.node.list()) record.claims.push_back(read_claim(places, claim));
  }
  if (record.intervals < count_intervals(record.claims))
    fail_at(document.place, "intervals", "the record has more interval claims than it says");
  return record;
}

std::string common_claims(const std::string& a, const std::string& b) {
  ClaimRecord record = read_claim_record(a, "record of claims");
  const ClaimRecord other = read_claim_record(b, "record of claims");
  std::erase_if(record.claims, [&](const Claim& claim) {
    const auto there = std::ranges::find(other.claims, claim.id, &Claim::id);
    return there == other.claims.end() || claim_text(*there) != claim_text(claim) ||
           (!claim.interval.empty() && record.alpha != other.alpha);
  });
  record.intervals = std::max(record.intervals, other.intervals);
  return text_of(record);
}

std::string claim_record_of(const std::filesystem::path& parts, bool any_batch, const std::string& now) {
  const std::filesystem::path path = parts / Workplace::kClaims;
  if (!any_batch) {
    atomic_write(path, now);
    return now;
  }
  if (!std::filesystem::exists(path)) return text_of({});
  std::string text = read_text_file(path);
  try {
    read_claim_record(text, path.string());
  } catch (const InputError& error) {
    throw StoreError(path,
                     std::string("is no record of claims (") + error.what() + "); start over with --force");
  }
  return text;
}

std::string stored_claims(const std::filesystem::path& path, const Dataset& data) {
  if (!data.has_variable(kClaimsVariable)) return "";
  const auto* texts = std::get_if<std::vector<std::string>>(&data.variable(kClaimsVariable).data);
  if (!texts || texts->size() != 1) throw StoreError(path, "its record of claims is no text");
  try {
    read_claim_record(texts->front(), path.string() + " (claims)");
  } catch (const InputError& error) {
    throw StoreError(path, std::string("its record of claims is damaged: ") + error.what());
  }
  const auto hash = data.attributes.find("claims_hash");
  if (hash == data.attributes.end() || hash->second != Attribute(sha256(texts->front())))
    throw StoreError(path, "its record of claims does not match its claims_hash");
  return texts->front();
}

void store_claims(Dataset& data, const std::string& record) {
  std::erase_if(data.variables, [](const Variable& v) { return v.name == kClaimsVariable; });
  data.variables.push_back(
      {kClaimsVariable,
       {},
       std::vector<std::string>{record},
       {{"long_name", std::string("the claims that the run began with")},
        {"definition",
         std::string("Claims of the study as they stood before its first batch, without explanations, with "
                     "alpha and the number of interval claims that shared it. A verdict on a claim that is "
                     "not among them as it stands is post hoc.")}}});
}

}  // namespace twostage
