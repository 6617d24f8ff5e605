#include "results/dataset/content_hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>

#include "results/file/sha256.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

// FIPS 180-4, the examples of the standard.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, PiecesGiveTheHashOfTheWhole) {
  Sha256 hash;
  hash.update("abcdbcdecdefdefgefghfghighij");
  hash.update("hijkijkljklmklmnlmnomnopnopq");
  EXPECT_EQ(hash.hex(), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// The canonical form spelled out by hand for a dataset of one dimension and one variable, each with
// attributes.
TEST(ContentHash, FollowsItsWrittenDefinition) {
  const auto number = [](std::uint64_t n) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(n >> (8 * i));
    return bytes;
  };
  const auto text = [&](const std::string& s) { return number(s.size()) + s; };
  Dataset d;
  d.dimensions = {{"x", std::vector<std::int64_t>{7, -1}, {{"units", std::string("1")}}}};
  d.variables = {{"y",
                  {"x"},
                  std::vector<double>{0.5, std::numeric_limits<double>::quiet_NaN()},
                  {{"limit", 0.5}, {"flag_values", std::vector<std::uint8_t>{1, 255}}}}};
  d.attributes = {{"compiler", std::string("none of the content")}, {"seed", std::int64_t{3}}};
  const std::string form = text("twostage content 2") +  //
                           number(1) + text("x") + text("int64") + number(2) + number(7) +
                           number(~std::uint64_t{0}) +                                                   //
                           number(1) + text("units") + text("text") + number(1) + text("1") +            //
                           number(1) + text("y") + number(1) + text("x") + text("double") + number(2) +  //
                           number(0x3fe0000000000000) + number(0x7ff8000000000000) +                     //
                           number(2) + text("flag_values") + text("uint8") + number(2) + "\x01\xff" +    //
                           text("limit") + text("double") + number(1) + number(0x3fe0000000000000) +     //
                           number(1) + text("seed") + text("int64") + number(1) + number(3);
  EXPECT_EQ(content_hash(d), sha256(form));
}

TEST(ContentHash, IsBlindToOrderProvenanceAndTheKindOfNaN) {
  const Dataset d = sample();
  Dataset other = d;
  std::ranges::reverse(other.variables);
  std::ranges::reverse(other.dimensions);
  for (const char* name :
       {"compiler", "content_hash", "flags", "history", "libraries", "schema_version", "source"})
    other.attributes[name] = std::string("another");
  auto& regret = std::get<std::vector<double>>(other.variables.back().data);
  regret[3] = std::bit_cast<double>(0xfff8000000000123);
  EXPECT_EQ(content_hash(other), content_hash(d));
}

TEST(ContentHash, SeesEveryChangeOfContent) {
  const std::string original = content_hash(sample());
  const auto differs = [&](const std::function<void(Dataset&)>& change) {
    Dataset d = sample();
    change(d);
    EXPECT_NE(content_hash(d), original);
  };
  differs([](Dataset& d) { std::get<std::vector<double>>(d.variables[0].data)[5] = 0.0; });  // was -0.0
  differs([](Dataset& d) { std::get<std::vector<std::uint8_t>>(d.variables[1].data)[0] = 1; });
  differs([](Dataset& d) { std::get<std::vector<std::int64_t>>(d.variables[2].data)[0] = 0; });
  differs([](Dataset& d) { std::get<std::vector<std::string>>(d.variables[5].data)[0] += " "; });
  differs([](Dataset& d) { std::get<std::vector<std::int64_t>>(d.dimensions[0].coordinate)[0] = 9; });
  differs([](Dataset& d) { d.dimensions[4].coordinate = std::vector<std::int64_t>{0, 1, 2, 3, 4}; });
  differs([](Dataset& d) { d.variables[0].name = "regrets"; });
  differs([](Dataset& d) { d.dimensions[3].name = "arms"; });
  differs([](Dataset& d) { d.variables.pop_back(); });
  differs([](Dataset& d) { d.variables[0].attributes["units"] = std::string("nats"); });
  differs([](Dataset& d) { d.variables[1].attributes["flag_meanings"] = std::string("failed ok"); });
  differs([](Dataset& d) { d.variables[1].attributes.erase("flag_values"); });
  differs([](Dataset& d) { d.variables[0].attributes["compiler"] = std::string("of a variable: content"); });
  differs([](Dataset& d) { d.dimensions[0].attributes.clear(); });
  differs([](Dataset& d) { d.attributes["seed"] = std::int64_t{2}; });
  differs([](Dataset& d) { d.attributes["title"] = std::string("The gap stays"); });
}

}  // namespace
}  // namespace twostage
