#include "kubernetes/access.h"

#include <filesystem>
#include <fstream>

#include "kubernetes/credentials.h"
#include "kubernetes/quantity.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace trimtab::kubernetes {
namespace {

using ::testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return at; }
  Instant at{1'700'000'000'000'000};
};

class AccessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("trimtab-access-" + std::to_string(::getpid()) + "-" +
                                                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  static Result<Access> load(std::vector<std::string> files, const std::string& context = {}) {
    AccessOptions options;
    options.kubeconfig_files = std::move(files);
    options.context = context;
    return load_access(options);
  }
  std::filesystem::path folder_;
};

constexpr const char* kConfig = R"(
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443/", certificate-authority-data: Q0E=, tls-server-name: api.example}
contexts:
- name: dev
  context: {cluster: c, user: u, namespace: shop}
- name: prod
  context: {cluster: gone, user: u}
users:
- name: u
  user: {tokenFile: token, as: robot}
)";

TEST_F(AccessTest, ReadsAContext) {
  write("token", "secret-1\n");
  const auto access = load({write("config", kConfig)});
  ASSERT_TRUE(access) << access.error().to_string();
  EXPECT_EQ(access->server, "https://10.0.0.1:6443");
  EXPECT_EQ(access->ca_pem, "CA");
  EXPECT_EQ(access->default_namespace, "shop");
  EXPECT_EQ(access->token_file, (folder_ / "token").string());
  EXPECT_EQ(access->impersonate_user, "robot");
}

TEST_F(AccessTest, TheFirstFileThatDefinesANameWins) {
  const std::string first = write("first", "clusters: [{name: c, cluster: {server: 'https://first'}}]\n");
  const auto access = load({first, (folder_ / "missing").string(), write("config", kConfig)});
  ASSERT_TRUE(access) << access.error().to_string();
  EXPECT_EQ(access->server, "https://first");
}

TEST_F(AccessTest, AWrongContextSaysWhichThereAre) {
  const auto access = load({write("config", kConfig)}, "prd");
  ASSERT_FALSE(access);
  EXPECT_EQ(access.error().code, Code::kNotFound);
  EXPECT_THAT(access.error().hint, HasSubstr("prod"));
  EXPECT_EQ(load({write("config", kConfig)}, "prod").error().code, Code::kNotFound);
}

TEST_F(AccessTest, DamagedFilesAreRefused) {
  EXPECT_EQ(load({write("a", "[1, 2]")}).error().code, Code::kInvalidInput);
  EXPECT_FALSE(load({write("b", "a: [")}));
  EXPECT_EQ(load({}).error().code, Code::kNotFound);
  std::string broken = kConfig;
  broken.replace(broken.find("Q0E="), 4, "Q0E");
  EXPECT_EQ(load({write("c", broken)}).error().code, Code::kInvalidInput);
}

TEST_F(AccessTest, APodUsesItsServiceAccount) {
  write("ca.crt", "CA");
  write("token", "t");
  write("namespace", "trimtab");
  AccessOptions options;
  options.service_host = "fd00::1";
  options.service_port = "443";
  options.service_account_directory = folder_.string();
  const auto access = load_access(options);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->server, "https://[fd00::1]:443");
  EXPECT_EQ(access->default_namespace, "trimtab");
}

TEST_F(AccessTest, TokenFilesAreReadAgain) {
  FixedClock clock;
  Access access;
  access.token_file = write("token", "one");
  Credentials credentials(access, clock);
  EXPECT_EQ(*credentials.identity()->headers.find("Authorization"), "Bearer one");
  write("token", "two");
  EXPECT_EQ(*credentials.identity()->headers.find("Authorization"), "Bearer one");
  clock.at = clock.at + std::chrono::seconds(61);
  EXPECT_EQ(*credentials.identity()->headers.find("Authorization"), "Bearer two");
  write("token", "three");
  EXPECT_TRUE(credentials.renew());
  EXPECT_EQ(*credentials.identity()->headers.find("Authorization"), "Bearer three");
}

TEST_F(AccessTest, PluginsAreRunUntilTheirCredentialExpires) {
  FixedClock clock;
  Access access;
  access.exec = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                           .command = "/bin/sh",
                           .arguments = {"-c", R"(echo x >> $COUNT; n=$(wc -l < $COUNT); )"
                                               R"(echo '{"status":{"token":"t'$n'","expirationTimestamp":)"
                                               R"("2023-11-14T22:14:20Z"}}')"},
                           .environment = {{"COUNT", (folder_ / "count").string()}},
                           .install_hint = "install it",
                           .provide_cluster_info = true};
  Credentials credentials(access, clock);
  const auto first = credentials.identity();
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(*first->headers.find("Authorization"), "Bearer t1");
  EXPECT_EQ(*credentials.identity()->headers.find("Authorization"), "Bearer t1");
  clock.at = clock.at + std::chrono::seconds(120);
  EXPECT_EQ(*credentials.identity()->headers.find("Authorization"), "Bearer t2");
}

TEST_F(AccessTest, AFailingPluginSaysWhatToInstall) {
  const FixedClock clock;
  Access access;
  access.exec = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                           .command = "/bin/false",
                           .arguments = {},
                           .environment = {},
                           .install_hint = "install it",
                           .provide_cluster_info = false};
  const auto identity = Credentials(access, clock).identity();
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, Code::kUnauthenticated);
  EXPECT_EQ(identity.error().hint, "install it");
}

TEST(Quantity, ReadsEveryForm) {
  const std::pair<const char*, double> cases[] = {
      {"0", 0},         {"250m", 0.25},  {"1.5", 1.5}, {"512Mi", 536870912}, {"1Gi", 1073741824},
      {"1e3", 1000},    {"1E3", 1000},   {"2G", 2e9},  {"100k", 1e5},        {"1E", 1e18},
      {"12345", 12345}, {"129M", 129e6}, {"7n", 7e-9}};
  for (const auto& [text, value] : cases) {
    const auto parsed = parse_quantity(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_DOUBLE_EQ(*parsed, value) << text;
  }
  for (const char* bad : {"", "m", "-1", "1mi", "1 Gi", "nan", "inf", "1e999", "1Gim"})
    EXPECT_FALSE(parse_quantity(bad)) << bad;
}

TEST(Quantity, WritesTheNextLargerUnit) {
  EXPECT_EQ(format_cpu(0.25), "250m");
  EXPECT_EQ(format_cpu(2), "2");
  EXPECT_EQ(format_cpu(0.2501), "251m");
  EXPECT_EQ(format_cpu(0), "1m");
  EXPECT_EQ(format_memory(512.0 * 1024 * 1024), "512Mi");
  EXPECT_EQ(format_memory(512.0 * 1024 * 1024 + 1), "513Mi");
  EXPECT_EQ(format_memory(2048.0 * 1024 * 1024), "2Gi");
}

}  // namespace
}  // namespace trimtab::kubernetes
