#include "results/verdict/print/report.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "results/verdict/print/numbers.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/catalog/text_table.hpp"

namespace twostage {
namespace {

using Json = nlohmann::ordered_json;

// Levels lie close to one: show as many nines as there are.
std::string level(double x) {
  if (std::isnan(x)) return "";
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(1 - x))), 2, 8) - 1;
  return fmt::format("{:.{}f} %", 100 * x, digits);
}

std::vector<std::string> row(const Verdict& v) {
  const bool interval = !std::isnan(v.low) && !std::isnan(v.high);
  return {std::string(outcome_name(v.outcome)) + (v.post_hoc.empty() ? "" : ", post hoc"),
          plain_text(v.id),
          number(v.estimate),
          interval ? fmt::format("[{}, {}]", number(v.low), number(v.high)) : "",
          level(v.level),
          v.replicates > 0 ? fmt::format("{}", v.replicates) : ""};
}

Json json_of(const std::optional<PointTally>& tally) {
  if (!tally) return nullptr;
  return {{"shown", tally->shown},
          {"contradicted", tally->contradicted},
          {"open", tally->open},
          {"undecided", tally->undecided}};
}

}  // namespace

void print_verdicts(std::ostream& out, const std::vector<Verdict>& verdicts, std::size_t width) {
  using Align = TextTable::Align;
  TextTable table({{"verdict", Align::left},
                   {"claim", Align::text},
                   {"estimate", Align::right},
                   {"interval", Align::right},
                   {"level", Align::right},
                   {"replicates", Align::right}});
  for (const Verdict& v : verdicts) {
    table.row(row(v));
    const std::string post_hoc = v.post_hoc.empty() ? "" : "post hoc: " + v.post_hoc;
    for (const std::string* text : {&v.statement, &post_hoc, &v.evidence, &v.explanation})
      if (!text->empty()) table.note(plain_text(*text));
  }
  fmt::print(out, "{}", table.text(width));
}

std::string verdicts_json(std::string_view study, double alpha, const std::vector<Verdict>& verdicts,
                          const std::string& part) {
  Json out = {{"study", study}, {"alpha", alpha}, {"part", or_null(part)}, {"verdicts", Json::array()}};
  for (const Verdict& v : verdicts) {
    Json parts = Json::array();
    for (const VerdictPart& p : v.parts) {
      parts.push_back({{"point", p.point},
                       {"outcome", outcome_name(p.outcome)},
                       {"estimate", json_number(p.estimate)},
                       {"low", json_number(p.low)},
                       {"high", json_number(p.high)},
                       {"replicates", p.replicates},
                       {"note", p.note}});
      if (!std::isnan(p.predicted)) parts.back()["predicted"] = json_number(p.predicted);
    }
    out["verdicts"].push_back({{"id", v.id},
                               {"statement", v.statement},
                               {"explanation", v.explanation},
                               {"claim", v.claim},
                               {"outcome", outcome_name(v.outcome)},
                               {"post_hoc", or_null(v.post_hoc)},
                               {"estimate", json_number(v.estimate)},
                               {"low", json_number(v.low)},
                               {"high", json_number(v.high)},
                               {"level", json_number(v.level)},
                               {"replicates", v.replicates},
                               {"points", v.points},
                               {"evidence", v.evidence},
                               {"tally", json_of(v.tally)},
                               {"parts", std::move(parts)}});
  }
  // Names of files may hold what is no UTF-8.
  return plain_lines(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace twostage
