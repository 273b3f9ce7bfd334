// The demonstration's documents are valid as ./run fills them in.
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "engine/study_document.h"
#include "packs/application_document.h"
#include "platform/local/local_settings.h"
#include "platform/local/stack.h"

namespace trimtab::platform {
namespace {

std::string read(const std::string& file) {
  std::ifstream stream(std::string(TRIMTAB_SOURCE_DIR) + "/examples/shop/" + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string filled_in(std::string text) {
  text = std::regex_replace(text, std::regex("@STATE@|@ROOT@"), "/srv/trimtab");
  text = std::regex_replace(text, std::regex("@MODE@"), "recommend");
  for (int port = 18081; text.find("_PORT@") != std::string::npos; ++port) {
    text = std::regex_replace(text, std::regex("@[A-Z0-9_]+_PORT@"), std::to_string(port),
                              std::regex_constants::format_first_only);
  }
  return text;
}

TEST(ShopDocuments, TheApplicationIsValidAndCanBeRun) {
  const std::string text = filled_in(read("application.yaml.in"));
  ASSERT_FALSE(std::regex_search(text, std::regex("@[A-Z]")));
  const packs::PackLibrary packs = packs::PackLibrary::embedded().value();
  const auto application = packs::read_application(text, "application.yaml", packs);
  ASSERT_TRUE(application) << application.error().to_string();
  EXPECT_TRUE(application->space.validate(application->baseline));
  const auto settings = read_local_settings(*application);
  ASSERT_TRUE(settings) << settings.error().to_string();
  EXPECT_GT(settings->slots.size(), static_cast<std::size_t>(settings->replicas));
  const Stack stack = Stack::create(*application, packs).value();
  const auto rendered = stack.render(application->baseline);
  ASSERT_TRUE(rendered) << rendered.error().to_string();
  // What is written on the command line is recognised on it: otherwise no change could ever be verified.
  const proc::CommandLine command = replica_command(*settings, *rendered, settings->slots.front());
  EXPECT_EQ(stack.recognise(command.arguments, command.environment, rendered->limits), application->baseline);
}

TEST(ShopDocuments, TheProxyKnowsEverySlot) {
  const std::string proxy = read("haproxy.cfg.in");
  for (const char* server : {"server shop-1 ", "server shop-2 ", "server shop-3 "}) {
    EXPECT_NE(proxy.find(server), std::string::npos) << server;
  }
}

TEST(ShopDocuments, TheStudyIsValid) {
  const packs::PackLibrary packs = packs::PackLibrary::embedded().value();
  const auto study = engine::read_study(read("study.yaml"), "study.yaml", packs,
                                        [](const std::string& name) -> Result<std::string> { return read(name); });
  ASSERT_TRUE(study) << study.error().to_string();
  EXPECT_TRUE(study->problem.space.validate(study->problem.baseline));
}

}  // namespace
}  // namespace trimtab::platform
