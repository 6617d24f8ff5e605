// Coordinates with named values: bytes in the file, words for people.
#include <gmock/gmock.h>

#include <sstream>

#include "results/dataset/content_hash.hpp"
#include "results/dataset/csv.hpp"
#include "results/dataset/describe.hpp"
#include "results/store/store.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Bytes = std::vector<std::uint8_t>;

Dataset tuned() {
  Dataset d;
  d.dimensions = {
      {"tune", Bytes{1, 0}, {{"flag_values", Bytes{0, 1}}, {"flag_meanings", std::string("false true")}}}};
  d.variables = {{"regret", {"tune"}, std::vector<double>{0.5, 0.25}, {}}};
  return d;
}

TEST(NamedCoordinates, RoundTrip) {
  const Folder folder;
  write_dataset(folder / "a.h5", tuned());
  const Dataset back = read_dataset(folder / "a.h5");
  EXPECT_EQ(std::get<Bytes>(back.dimension("tune").coordinate), (Bytes{1, 0}));
  EXPECT_THAT(words(back.dimension("tune")), ElementsAre("true", "false"));
  EXPECT_EQ(content_hash(back), content_hash(read_dataset(folder / "a.h5")));
}

TEST(NamedCoordinates, AreWordsForPeople) {
  std::ostringstream csv, text;
  write_csv(tuned(), main_table(tuned()), csv);
  EXPECT_EQ(csv.str(), "tune,regret\ntrue,0.5\nfalse,0.25\n");
  describe(tuned(), text, 80);
  EXPECT_THAT(text.str(), HasSubstr("true, false"));
}

TEST(NamedCoordinates, WithoutANameAreTheirNumber) {
  Dataset d = tuned();
  d.dimensions[0].attributes["flag_values"] = Bytes{0};
  EXPECT_THAT(words(d.dimensions[0]), ElementsAre("1", "false"));
  d.dimensions[0].attributes = {};
  EXPECT_THAT(words(d.dimensions[0]), ElementsAre("1", "0"));
}

TEST(NamedCoordinates, NumbersHaveNoWords) {
  EXPECT_THAT(words({"pairs", std::vector<std::int64_t>{1, 2}}), IsEmpty());
  EXPECT_THAT(words({"edge", Index{3}}), IsEmpty());
  EXPECT_THAT(words({"arm", std::vector<std::string>{"dpo"}}), ElementsAre("dpo"));
}

// Another order, other names: another content.
TEST(NamedCoordinates, AreContent) {
  Dataset other = tuned();
  other.dimensions[0].coordinate = Bytes{0, 1};
  EXPECT_NE(content_hash(other), content_hash(tuned()));
  other = tuned();
  other.dimensions[0].coordinate = std::vector<std::int64_t>{1, 0};
  EXPECT_NE(content_hash(other), content_hash(tuned()));
}

}  // namespace
}  // namespace twostage
