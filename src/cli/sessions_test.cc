// Sessions of the command line from tests/golden/cli/*.txt, against a server with fixed answers. A session is lines
// "$ arguments", each followed by what was printed ("2> " before standard error) and "[exit code]".
// TRIMTAB_UPDATE_GOLDEN=1 writes what is printed now; look at the difference before it is committed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "net/router.h"

namespace trimtab::cli {
namespace {

using nlohmann::json;

const char* const kToken = "golden-token";

net::Response answer(int status, const json& body) {
  net::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = body.dump();
  return response;
}

json application() {
  return {{"name", "shop"},
          {"mode", "recommend"},
          {"phase", "observing"},
          {"paused", false},
          {"status", "observes: waits for 2 more windows"},
          {"waiting_for", {"2 more windows at the present configuration"}},
          {"data_trouble", ""},
          {"healthy", true},
          {"replicas", 2},
          {"slos", {{{"name", "p95 <= 250"}, {"value", 112.4}, {"holds", true}}}},
          {"load", {{"now", 41.5}, {"expected", 60}}},
          {"cost", {{"currency", "EUR"}, {"current", 42.1}, {"baseline", 50}, {"saving", 7.9}}},
          {"open_recommendation", nullptr},
          {"decision", nullptr},
          {"parameters",
           {{{"name", "jvm.heap"},
             {"live", 512},
             {"baseline", 512},
             {"min", 96},
             {"max", 1024},
             {"unit", "MiB"},
             {"mode", "recommend"},
             {"effect", "restart"}}}}};
}

json recommendation(const std::string& state) {
  return {
      {"id", "01R"},
      {"application", "shop"},
      {"created", "2026-11-24T08:00:00Z"},
      {"state", state},
      {"kind", "exploit"},
      {"summary", "Lower the CPU limit to 0.8 cores"},
      {"confidence", 0.97},
      {"changes",
       {{{"parameter", "container.cpu_limit"},
         {"unit", "cores"},
         {"current", 0.9},
         {"proposed", 0.8},
         {"edited", nullptr},
         {"skipped", false},
         {"effective", 0.8},
         {"effect", "live"},
         {"why", "at most 0.4 cores were used"}}}},
      {"predictions",
       {{{"metric", "p95"},
         {"unit", "ms"},
         {"current", 112},
         {"mean", 118},
         {"low", 105},
         {"high", 140},
         {"at_load", 60}}}},
      {"bindings", {{{"kind", "step"}, {"subject", "container.cpu_limit"}, {"text", "at most 0.1 in one decision"}}}},
      {"evidence", {{"statements", {"12 windows between 20 and 60 requests/s"}}}},
      {"cost", {{"currency", "EUR"}, {"current", 42.1}, {"proposed", 38.4}, {"saving", 3.7}}},
      {"history",
       {{{"at", "2026-11-24T08:00:00Z"},
         {"state", "proposed"},
         {"actor", "trimtab"},
         {"action", "proposed"},
         {"reason", ""}}}}};
}

json error_body(const std::string& code, const std::string& message, const std::string& hint) {
  return {{"error", {{"code", code}, {"message", message}, {"field", ""}, {"hint", hint}}}};
}

net::Response decide(const net::Request& request) {
  const auto* authorization = request.headers.find("Authorization");
  if (!authorization || *authorization != std::string("Bearer ") + kToken)
    return answer(401, error_body("unauthenticated", "the token is not known", ""));
  const json body = json::parse(request.body);
  if (body["action"] == "edit" && body["edits"] != json{{"jvm.heap", 512.0}, {"jvm.gc", "G1"}})
    return answer(400, error_body("invalid_input", "these are other edits: " + body["edits"].dump(), ""));
  if (body["action"] == "expire")
    return answer(409, error_body("conflict", "the recommendation is already kept", "look at it again"));
  return answer(200, recommendation(body["action"] == "approve" ? "approved" : "proposed"));
}

net::Router fixed_answers() {
  net::Router router;
  router.add("GET", "/api/v1/applications",
             [](const net::Request&) { return answer(200, {{"applications", {application()}}}); });
  router.add("GET", "/api/v1/applications/:name", [](const net::Request& request) {
    if (request.path.at("name") == "shop") return answer(200, application());
    return answer(404, error_body("not_found", "application " + request.path.at("name") + " is not enrolled",
                                  "see: trimtab app list"));
  });
  router.add("PUT", "/api/v1/applications/:name/mode", [](const net::Request&) { return answer(200, application()); });
  router.add("PUT", "/api/v1/applications/:name/paused",
             [](const net::Request&) { return answer(200, application()); });
  router.add("GET", "/api/v1/recommendations",
             [](const net::Request&) { return answer(200, {{"recommendations", {recommendation("proposed")}}}); });
  router.add("GET", "/api/v1/recommendations/:id",
             [](const net::Request&) { return answer(200, recommendation("proposed")); });
  router.add("POST", "/api/v1/recommendations/:id/decision", decide);
  return router;
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> found;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) found.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) found.push_back(word);
  return found;
}

std::string play(const std::string& line) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams streams{in, out, err, false, false, 100, {}};
  const int code = run(words(line), streams);
  std::string text = out.str();
  std::istringstream errors(err.str());
  for (std::string one; std::getline(errors, one);)
    text += "2> " + one + "\n";
  return text + "[" + std::to_string(code) + "]\n";
}

class Sessions : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    const net::Router router = fixed_answers();
    server_ =
        net::HttpServer::start({}, [router](const net::Request& request) { return router.handle(request); }).value();
    setenv("TRIMTAB_SERVER", ("http://127.0.0.1:" + std::to_string(server_->port())).c_str(), 1);
    token_file_ = std::filesystem::temp_directory_path() / ("trimtab-golden-" + std::to_string(getpid()));
    std::ofstream(token_file_) << kToken << "\n";
    setenv("TRIMTAB_TOKEN_FILE", token_file_.c_str(), 1);
  }
  void TearDown() override { std::filesystem::remove(token_file_); }

 private:
  std::unique_ptr<net::HttpServer> server_;
  std::filesystem::path token_file_;
};

TEST_P(Sessions, PrintWhatTheyDid) {
  std::ifstream file(GetParam());
  std::string expected;
  std::string printed;
  for (std::string line; std::getline(file, line);) {
    expected += line + "\n";
    if (line.starts_with("#")) printed += line + "\n";
    if (line.starts_with("$ ")) printed += line + "\n" + play(line.substr(2));
  }
  if (std::getenv("TRIMTAB_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(GetParam()) << printed;
    return;
  }
  EXPECT_EQ(printed, expected);
}

std::vector<std::filesystem::path> session_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(TRIMTAB_SOURCE_DIR "/tests/golden/cli"))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Files, Sessions, testing::ValuesIn(session_files()),
                         [](const auto& file) { return file.param.stem().string(); });

}  // namespace
}  // namespace trimtab::cli
