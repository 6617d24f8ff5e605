#include "results/verdict/report.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::array<std::string, 6>;

std::string number(double x) {
  return std::isnan(x) ? "" : fmt::format("{:.4g}", x);
}

// Levels lie close to one: show as many nines as there are.
std::string level(double x) {
  if (std::isnan(x)) return "";
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(1 - x))), 2, 8) - 1;
  return fmt::format("{:.{}f} %", 100 * x, digits);
}

Row row(const Verdict& v) {
  const bool interval = !std::isnan(v.low) && !std::isnan(v.high);
  return {std::string(outcome_name(v.outcome)) + (v.post_hoc.empty() ? "" : ", post hoc"),
          plain_text(v.id),
          number(v.estimate),
          interval ? fmt::format("[{}, {}]", number(v.low), number(v.high)) : "",
          level(v.level),
          v.replicates > 0 ? fmt::format("{}", v.replicates) : ""};
}

// In lines of at most 110 characters, each but the first after `indent`, which counts.
std::string wrapped(const std::string& text, const std::string& indent) {
  constexpr std::size_t width = 110;
  std::istringstream words(text);
  std::string out;
  std::size_t column = indent.size();
  for (std::string word; words >> word;) {
    if (!out.empty()) {
      const bool fits = column + 1 + word.size() <= width;
      out += fits ? " " : "\n" + indent;
      column = fits ? column + 1 : indent.size();
    }
    out += word;
    column += word.size();
  }
  return out;
}

// Six digits: what lies beyond is libm's (in quantiles), not the study's.
Json rounded(double x) {
  if (!std::isfinite(x)) return nullptr;
  return std::stod(fmt::format("{:.6g}", x));
}

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json json_of(const std::optional<CellTally>& tally) {
  if (!tally) return nullptr;
  return {{"shown", tally->shown},
          {"contradicted", tally->contradicted},
          {"open", tally->open},
          {"undecided", tally->undecided}};
}

}  // namespace

void print_verdicts(std::ostream& out, const std::vector<Verdict>& verdicts) {
  std::vector<Row> rows{{"verdict", "claim", "estimate", "interval", "level", "replicates"}};
  for (const Verdict& v : verdicts) rows.push_back(row(v));
  std::array<std::size_t, 6> width{};
  for (const Row& r : rows)
    for (std::size_t c = 0; c < r.size(); ++c) width[c] = std::max(width[c], r[c].size());

  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& r = rows[i];
    std::string line = fmt::format("{:<{}}  {:<{}}", r[0], width[0], r[1], width[1]);
    for (std::size_t c = 2; c < r.size(); ++c) line += fmt::format("  {:>{}}", r[c], width[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print(out, "{}\n", line);
    if (i == 0) continue;
    const std::string indent(width[0] + 2, ' ');
    const Verdict& v = verdicts[i - 1];
    const std::string post_hoc = v.post_hoc.empty() ? "" : "post hoc: " + v.post_hoc;
    for (const std::string* text : {&v.statement, &post_hoc, &v.evidence, &v.explanation})
      if (!text->empty()) fmt::print(out, "{}{}\n", indent, wrapped(plain_text(*text), indent));
  }
}

std::string verdicts_json(std::string_view study, double alpha, const std::vector<Verdict>& verdicts,
                          const std::string& part) {
  Json out = {{"study", study}, {"alpha", alpha}, {"part", or_null(part)}, {"verdicts", Json::array()}};
  for (const Verdict& v : verdicts) {
    Json parts = Json::array();
    for (const VerdictPart& p : v.parts) {
      parts.push_back({{"cell", p.cell},
                       {"outcome", outcome_name(p.outcome)},
                       {"estimate", rounded(p.estimate)},
                       {"low", rounded(p.low)},
                       {"high", rounded(p.high)},
                       {"replicates", p.replicates},
                       {"note", p.note}});
      if (!std::isnan(p.predicted)) parts.back()["predicted"] = rounded(p.predicted);
    }
    out["verdicts"].push_back({{"id", v.id},
                               {"statement", v.statement},
                               {"explanation", v.explanation},
                               {"claim", v.claim},
                               {"outcome", outcome_name(v.outcome)},
                               {"post_hoc", or_null(v.post_hoc)},
                               {"estimate", rounded(v.estimate)},
                               {"low", rounded(v.low)},
                               {"high", rounded(v.high)},
                               {"level", rounded(v.level)},
                               {"replicates", v.replicates},
                               {"cells", v.cells},
                               {"evidence", v.evidence},
                               {"tally", json_of(v.tally)},
                               {"parts", std::move(parts)}});
  }
  // Names of files may hold what is no UTF-8.
  return plain_lines(out.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace twostage
