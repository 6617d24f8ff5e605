// Notes on points that are the same: what is certain is told, and nothing else.
#include "experiments/runner/study/same_points.hpp"

#include <gmock/gmock.h>

#include "experiments/runner/study/study_library.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::small_study;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> notes(const std::vector<Argument>& arguments) {
  return same_points(small_study(arguments));
}

TEST(SamePoints, UniformIsTheReferenceWhereThatIsUniform) {
  EXPECT_THAT(
      notes({{"sampler.kind", "reference,uniform"}}),
      ElementsAre("points sampler.kind = reference and uniform are the same: the reference is uniform"));
  EXPECT_THAT(notes({{"sampler.kind", "reference,uniform"}, {"reference", "random"}}), IsEmpty());
  EXPECT_THAT(
      notes({{"sampler.kind", "reference,uniform"}, {"reference", "uniform,random"}}),
      ElementsAre(AllOf(HasSubstr("reference and uniform are the same"), HasSubstr("reference = uniform"))));
  EXPECT_THAT(notes({{"sampler.kind", "optimal,uniform"}}), IsEmpty());
}

TEST(SamePoints, AreToldWithTheirShareOfTheOtherAxes) {
  EXPECT_THAT(notes({{"sampler.kind", "reference,uniform"}, {"reference", "uniform,random"}}),
              ElementsAre(HasSubstr("at 4 of 8 values of the other axes (the first: ")));
}

TEST(SamePoints, TheTiltThatDoesNothing) {
  EXPECT_THAT(notes({{"sampler.kind", "tempered"}, {"sampler.tilt", "0,0.5,1"}}), IsEmpty());
  EXPECT_THAT(notes({{"sampler.kind", "reference,policy-guided"}}), IsEmpty()) << "its tilt is 1";
}

TEST(SamePoints, KnobsWithoutEffect) {
  EXPECT_THAT(notes({{"reference_spread", "0.5,2"}}),
              ElementsAre(HasSubstr("a uniform reference has no spread")));
  EXPECT_THAT(notes({{"reference_spread", "0.5,2"}, {"reference", "random"}}), IsEmpty());
  EXPECT_THAT(notes({{"scale", "1,2"}}), ElementsAre(HasSubstr("the headroom sets the scale")));
  EXPECT_THAT(notes({{"scale", "1,2"}, {"headroom", "0"}}), IsEmpty());
  EXPECT_THAT(notes({{"scale", "0,1"}}), IsEmpty()) << "no truth at all, which no headroom can scale";
  EXPECT_THAT(notes({{"number", "1,2"}}), ElementsAre(HasSubstr("a world of its own")));
  EXPECT_THAT(notes({{"number", "1,2"}, {"instance", "fixed"}}), IsEmpty());
}

TEST(SamePoints, APenaltyThatNoArmHas) {
  std::string text = test::kSmallStudy;
  EXPECT_THAT(notes({{"penalty.lambda", "1,2"}}), IsEmpty());
  for (const char* arm : {"reward = { class = \"degree\" }\n", "policy = { class = \"tabular\" }\n"}) {
    const std::string line = arm;
    text.insert(text.find(line) + line.size(), "penalty = { kind = \"ridge\", lambda = 1 }\n");
  }
  const Study study = parse_study("small", text, "small.toml", "smoke", {{"penalty.lambda", "1,2"}});
  EXPECT_THAT(
      same_points(study),
      ElementsAre(
          "points penalty.lambda = 1 and 2 are the same: nothing that decides their numbers differs"));
}

TEST(SamePoints, VariantsWithEqualSettings) {
  std::string text = test::kSmallStudy;
  text.insert(text.find("[axes]"),
              "[[variants]]\nname = \"a\"\nbeta = 2\n[[variants]]\nname = \"b\"\n"
              "world = { family = \"tokens\", horizon = 3, degree = 1, headroom = 0.5, beta = 2.0 }\n"
              "[[variants]]\nname = \"c\"\nbeta = 3\n");
  EXPECT_THAT(same_points(parse_study("small", text, "small.toml", "smoke", {})),
              ElementsAre(HasSubstr("points variant = a and b are the same")));
}

TEST(SamePoints, NoStudyOfTheLibraryIsAccused) {
  for (const std::string& name : study_names())
    for (const std::string& note : same_points(load_study(name, "smoke", {})))
      ADD_FAILURE() << name << ": " << note;
}

TEST(SamePoints, OfSummariesByTheKindOfTheirReference) {
  const auto of = [](const std::string& kind, const std::string& knob, const std::string& values) {
    const std::string text =
        "name = \"texts\"\ntitle = \"t\"\nquestion = \"q\"\nworld = { family = \"summary\", horizon = 3, "
        "prompt_length "
        "= 4, headroom = 0.5, reference_text = \"" +
        kind +
        "\" }\npenalty = { kind = \"reference-kl\" }\n[[arms]]\nname = \"a\"\nalgorithm = \"rm+plan\"\n"
        "reward = { class = \"dense\" }\n[axes]\npairs = [20]\n[replicates]\nsmoke = 2\n";
    return same_points(parse_study("texts", text, "texts.toml", "smoke", {{knob, values}}));
  };
  for (const char* kind : {"copy", "salient", "hidden"})
    EXPECT_THAT(of(kind, "k", "1,2"),
                ElementsAre(HasSubstr("k counts where reference_text is 'function' alone")))
        << kind;
  EXPECT_THAT(of("function", "k", "1,2"), IsEmpty());
  for (const char* kind : {"copy", "function", "hidden"})
    EXPECT_THAT(of(kind, "salient", "1,2"), ElementsAre(HasSubstr("salient counts where"))) << kind;
  EXPECT_THAT(of("salient", "salient", "1,2"), IsEmpty());
  EXPECT_THAT(of("salient", "reference_length", "2,5"), ElementsAre(HasSubstr("as long as they are many")));
  EXPECT_THAT(of("copy", "reference_length", "2,5"), IsEmpty());
  EXPECT_THAT(of("copy", "reference_length", "0,3"), ElementsAre(HasSubstr("0 is the horizon")));
}

}  // namespace
}  // namespace twostage
