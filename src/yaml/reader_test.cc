#include "yaml/reader.h"

#include <gtest/gtest.h>

namespace trimtab::yaml {
namespace {

TEST(DocumentTest, KnowsPlaces) {
  const auto document = parse("a: 1\nb:\n  - x\n  - {y: 'z'}\n", "f.yaml").value();
  const Node* b = document.root.find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->items[1].find("y")->position.line, 4);
  EXPECT_EQ(b->items[1].find("y")->position.column, 9);
  EXPECT_TRUE(b->items[1].find("y")->quoted);
}

TEST(DocumentTest, RefusesWhatIsAmbiguousOrTooLarge) {
  EXPECT_NE(parse("a: 1\na: 2\n", "f").error().message.find("stands twice"), std::string::npos);
  EXPECT_FALSE(parse("a: [1\n", "f"));
  EXPECT_FALSE(parse("", "f"));
  EXPECT_FALSE(parse("a: 1\n---\nb: 1\n", "f"));
  EXPECT_EQ(parse_all("a: 1\n---\nb: 1\n", "f").value().size(), 2U);
  EXPECT_EQ(parse(std::string(100, '[') + std::string(100, ']'), "f").error().code, Code::kExhausted);
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i)
      bomb += std::string(i > 0 ? "," : "") + "*" + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  EXPECT_EQ(parse(bomb, "f").error().code, Code::kExhausted);
  EXPECT_FALSE(parse("a: *nowhere\n", "f"));
}

TEST(ReaderTest, CollectsEveryFaultWithItsPlace) {
  const auto document = parse("name: x\nwindow: 60\nmaximum: 3\nratio: 512Mi\nflag: yes\n", "app.yaml").value();
  Faults faults;
  MappingReader reader(document.root, "spec", faults);
  reader.text("name");
  reader.duration("window", Duration{});
  reader.number("ratio");
  reader.boolean("flag", false);
  reader.number("maximun", 0);
  reader.text("missing");
  reader.finish();
  std::vector<std::string> lines;
  for (const auto& error : faults.all())
    lines.push_back(error.to_string());
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0],
            "\"60\" is not a duration, app.yaml:2:9 (spec.window), write it with its unit: 250ms, 90s, 5m, 1h30m, 2d");
  EXPECT_NE(lines[1].find("app.yaml:4:8 (spec.ratio)"), std::string::npos);
  EXPECT_NE(lines[4].find("did you mean \"maximun\"?"), std::string::npos);
  EXPECT_FALSE(faults.result());
}

TEST(ReaderTest, NamesEveryKnownFieldOnceInTheOrderAsked) {
  const auto document = parse("something: 1\n", "f").value();
  Faults faults;
  MappingReader reader(document.root, "", faults);
  reader.take("values");
  reader.number("min", 0);
  reader.text_list("values");
  reader.finish();
  EXPECT_EQ(faults.all().front().hint, "known fields: values, min");
}

}  // namespace
}  // namespace trimtab::yaml
