// pack, schema and doctor as a person runs them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "engine/study_document.h"
#include "net/http_server.h"

namespace trimtab::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran run_line(const std::vector<std::string>& arguments) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams streams{.in = in, .out = out, .err = err, .stop = {}};
  const int code = run(arguments, streams);
  return {code, out.str(), err.str()};
}

std::string golden(const std::string& name) {
  return std::string(TRIMTAB_SOURCE_DIR) + "/tests/golden/documents/" + name;
}

TEST(PackVerbTest, ListsShowsAndValidates) {
  EXPECT_THAT(run_line({"pack", "list"}).out, HasSubstr("OpenJDK HotSpot"));
  const json listed = json::parse(run_line({"pack", "list", "-o", "json"}).out);
  EXPECT_GE(listed["packs"].size(), 3U);
  EXPECT_THAT(run_line({"pack", "show", "jvm"}).out, HasSubstr("-Xmx${value}m"));
  const json shown = json::parse(run_line({"pack", "show", "jvm", "-o", "json"}).out);
  EXPECT_EQ(shown["parameters"][0]["unit"], "MiB");
  const Ran unknown = run_line({"pack", "show", "jvn"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("known: container"));
  const Ran faulty = run_line({"pack", "validate", golden("pack_several.yaml")});
  EXPECT_EQ(faulty.code, 2);
  EXPECT_THAT(faulty.out, HasSubstr("did you mean \"aggregate\"?"));
  const Ran sound = run_line({"pack", "validate", std::string(TRIMTAB_SOURCE_DIR) + "/packs/jvm.yaml"});
  EXPECT_EQ(sound.code, 0);
  EXPECT_EQ(sound.out, "1 pack: no faults\n");
}

TEST(SchemaVerbTest, PrintsASchemaForEveryKind) {
  for (const char* kind : {"Application", "space", "Study", "PACK"}) {
    const Ran ran = run_line({"schema", kind});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(json::parse(ran.out)["type"], "object");
  }
  EXPECT_EQ(run_line({"schema", "Nothing"}).code, 2);
}

// The fields the Study decoder says it knows, where an unknown one stands.
std::set<std::string> known_fields(const std::string& text) {
  const auto library = packs::PackLibrary::embedded().value();
  const auto nothing = [](const std::string& name) -> Result<std::string> { return fail(not_found(name)); };
  const auto study = engine::read_study(text, "s.yaml", library, nothing);
  std::string all = study ? "" : study.error().to_string();
  const std::string mark = "unknown_field_x\"";
  const std::string lead = "known fields: ";
  const auto begin = all.find(lead, all.find(mark));
  std::set<std::string> names;
  if (begin == std::string::npos) return names;
  std::stringstream list(all.substr(begin + lead.size(), all.find(';', begin) - begin - lead.size()));
  for (std::string name; std::getline(list, name, ',');)
    names.insert(name.substr(name.find_first_not_of(' ')));
  return names;
}

TEST(SchemaVerbTest, TheStudySchemaNamesTheFieldsThatTheDecoderKnows) {
  const json schema = json::parse(run_line({"schema", "Study"}).out);
  const std::vector<std::pair<const char*, const char*>> cases{
      {"/properties", "kind: Study\nunknown_field_x: 1\n"},
      {"/properties/trial/properties", "kind: Study\ntrial: {unknown_field_x: 1}\n"},
      {"/properties/trial/properties/load/properties", "kind: Study\ntrial: {load: {unknown_field_x: 1}}\n"},
      {"/properties/trial/properties/load/properties/metrics/items/properties",
       "kind: Study\ntrial: {load: {metrics: [{unknown_field_x: 1}]}}\n"},
      {"/properties/trial/properties/measure/properties", "kind: Study\ntrial: {measure: {unknown_field_x: 1}}\n"},
      {"/properties/budget/properties", "kind: Study\nbudget: {unknown_field_x: 1}\n"},
  };
  for (const auto& [pointer, text] : cases) {
    std::set<std::string> described;
    for (const auto& [name, value] : schema.at(json::json_pointer(pointer)).items())
      described.insert(name);
    EXPECT_EQ(known_fields(text), described) << pointer;
  }
}

TEST(DoctorVerbTest, ListsEveryFaultOfADocument) {
  const Ran ran = run_line({"doctor", golden("application_several.yaml"), "--offline"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.out, HasSubstr("58:30 cadence.step"));
  EXPECT_THAT(ran.out, HasSubstr("did you mean \"costs\"?"));
  EXPECT_THAT(ran.err, HasSubstr("has 6 faults"));
  const json document =
      json::parse(run_line({"doctor", golden("application_several.yaml"), "--offline", "-o", "json"}).out);
  EXPECT_EQ(document["checks"].size(), 6U);
}

TEST(DoctorVerbTest, KnowsEveryKindAndRefusesOthers) {
  EXPECT_EQ(run_line({"doctor", golden("application_complete.yaml"), "--offline"}).code, 0);
  EXPECT_EQ(run_line({"doctor", golden("space_discrete.yaml")}).code, 0);
  EXPECT_EQ(run_line({"doctor", std::string(TRIMTAB_SOURCE_DIR) + "/packs/jvm.yaml"}).code, 0);
  EXPECT_EQ(run_line({"doctor", std::string(TRIMTAB_SOURCE_DIR) + "/packs"}).code, 3);
  const auto file = std::filesystem::path(testing::TempDir()) / "trimtab_doctor_unknown.yaml";
  std::ofstream(file) << "kind: Cheese\n";
  const Ran ran = run_line({"doctor", file.string()});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.out, HasSubstr("unknown kind \"Cheese\""));
  std::filesystem::remove(file);
}

// A server that answers as Prometheus does: every query has `value`, those that contain `empty` have nothing.
class PrometheusDoctorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = net::HttpServer::start({}, [this](const net::Request& request) { return answer(request); });
    ASSERT_TRUE(started) << started.error().to_string();
    server_ = *std::move(started);
  }
  void TearDown() override { server_.reset(); }

  [[nodiscard]] Ran doctor() const {
    return run_line({"doctor", golden("application_complete.yaml"), "--prometheus",
                     "http://127.0.0.1:" + std::to_string(server_->port())});
  }

  std::string value_ = "0.5";
  std::string empty_ = "no query contains this";

 private:
  [[nodiscard]] net::Response answer(const net::Request& request) const {
    const auto form = net::parse_target("/?" + request.body)->query;
    net::Response response;
    const bool range = form.contains("start");
    std::string points;
    if (range) {
      const double step = std::stod(form.at("step"));
      for (double at = std::stod(form.at("start")); at <= std::stod(form.at("end")) + step / 2; at += step)
        points += fmt::format("{}[{:.3f},\"{}\"]", points.empty() ? "" : ",", at, value_);
    }
    const std::string series = range ? fmt::format(R"({{"metric":{{}},"values":[{}]}})", points)
                                     : fmt::format(R"({{"metric":{{}},"value":[{},"{}"]}})", form.at("time"), value_);
    const bool nothing = form.at("query").contains(empty_);
    response.body = fmt::format(R"({{"status":"success","data":{{"resultType":"{}","result":[{}]}}}})",
                                range ? "matrix" : "vector", nothing ? "" : series);
    return response;
  }

  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(PrometheusDoctorTest, IsContentWhenEveryQueryHasPlausibleData) {
  const Ran ran = doctor();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("0.5 ms"));
  EXPECT_THAT(ran.out, Not(HasSubstr("failed")));
}

TEST_F(PrometheusDoctorTest, AQueryWithoutDataFails) {
  empty_ = "histogram_quantile";
  const Ran ran = doctor();
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("do the labels match?"));
  EXPECT_THAT(ran.err, HasSubstr("checks failed"));
}

TEST_F(PrometheusDoctorTest, ValuesThatCannotBeInTheirUnitFail) {
  value_ = "536870912";  // bytes where MiB are stated
  const Ran ran = doctor();
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("is the query in bytes?"));
}

TEST(DoctorVerbTest, AnUnreachablePrometheusIsUnavailable) {
  const Ran ran = run_line({"doctor", golden("application_complete.yaml"), "--prometheus", "http://127.0.0.1:1"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_THAT(ran.err, HasSubstr("error: "));
}

}  // namespace
}  // namespace trimtab::cli
