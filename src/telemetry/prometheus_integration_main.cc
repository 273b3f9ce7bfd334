// Against a real Prometheus: it scrapes an exporter in this process every second. Skipped where there is no
// /usr/bin/prometheus. Waits are polls with a deadline; nothing depends on how long a thing takes below that.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http_server.h"
#include "telemetry/prometheus_source.h"

namespace trimtab::telemetry {
namespace {

using std::chrono::seconds;
using Status = engine::MetricSample::Status;

constexpr const char* kProgram = "/usr/bin/prometheus";
constexpr auto kPatience = seconds(60);
constexpr int kPerScrape = 100;  // the counter's growth at every scrape, one a second

// A port nobody uses at this moment.
int free_port() {
  auto probe = net::HttpServer::start({}, [](const net::Request&) { return net::Response{}; });
  return (*probe)->port();
}

class Prometheus {
 public:
  Prometheus(int port, int exporter_port) {
    std::string pattern = (std::filesystem::temp_directory_path() / "trimtab-prometheus-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(folder_ / "prometheus.yml") << fmt::format(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n"
        "scrape_configs:\n- job_name: shop\n  static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
        exporter_port);
    std::vector<std::string> words{kProgram, "--config.file=" + (folder_ / "prometheus.yml").string(),
                                   "--storage.tsdb.path=" + (folder_ / "data").string(),
                                   fmt::format("--web.listen-address=127.0.0.1:{}", port), "--log.level=error"};
    std::vector<char*> arguments;
    for (auto& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::posix_spawn(&pid_, kProgram, nullptr, nullptr, arguments.data(), environ) != 0) pid_ = -1;
  }
  ~Prometheus() {
    stop();
    std::filesystem::remove_all(folder_);
  }
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

class PrometheusIntegration : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kProgram)) GTEST_SKIP() << kProgram << " is not installed";
    auto exporter = net::HttpServer::start({}, [this](const net::Request&) { return scraped(); });
    ASSERT_TRUE(exporter);
    exporter_ = std::move(*exporter);
    const int port = free_port();
    prometheus_ = std::make_unique<Prometheus>(port, exporter_->port());
    source_ = std::make_unique<PrometheusSource>(
        model::Telemetry{fmt::format("http://127.0.0.1:{}", port), seconds(5), {}}, client_);
  }

  net::Response scraped() {
    net::Response response;
    if (away_) {
      response.status = 503;
      return response;
    }
    const int count = ++scrapes_ * kPerScrape;
    response.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
    response.body = fmt::format(
        "# TYPE requests_total counter\nrequests_total{{replica=\"1\"}} {0}\nrequests_total{{replica=\"2\"}} {0}\n"
        "# TYPE latency histogram\nlatency_bucket{{le=\"0.1\"}} {0}\nlatency_bucket{{le=\"+Inf\"}} {0}\n"
        "idle_bucket{{le=\"0.1\"}} 0\nidle_bucket{{le=\"+Inf\"}} 0\n"
        "# TYPE heap gauge\nheap 512\n",
        count);
    return response;
  }

  static model::Metric metric(std::string name, std::string query,
                              model::Aggregate aggregate = model::Aggregate::kWindow) {
    model::Metric result;
    result.name = std::move(name);
    result.query = std::move(query);
    result.aggregate = aggregate;
    return result;
  }

  Result<ExplainedWindow> ask(const std::vector<model::Metric>& metrics) {
    const auto now = SystemClock().now();
    return source_->explained_window(metrics, now - seconds(10), now, seconds(1), seconds(5));
  }

  // Asks until `holds`, at most for kPatience.
  bool eventually(const std::vector<model::Metric>& metrics,
                  const std::function<bool(const Result<ExplainedWindow>&)>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (holds(ask(metrics))) return true;
      ::poll(nullptr, 0, 200);
    }
    return false;
  }
  static Status status(const Result<ExplainedWindow>& result, const char* name) {
    return result->window.samples.at(name).status;
  }

  net::HttpClient client_;
  std::atomic<int> scrapes_ = 0;
  std::atomic<bool> away_ = false;
  std::unique_ptr<net::HttpServer> exporter_;
  std::unique_ptr<Prometheus> prometheus_;
  std::unique_ptr<PrometheusSource> source_;
};

TEST_F(PrometheusIntegration, MeasuresJudgesAndRecovers) {
  const auto load = metric("load", "sum(rate(requests_total[$WINDOW$]))");
  const auto heap = metric("heap", "max(heap)", model::Aggregate::kMax);
  const auto usable = [](const auto& result) {
    return result && status(result, "load") == Status::kUsable && status(result, "heap") == Status::kUsable;
  };
  ASSERT_TRUE(eventually({load, heap}, usable));

  auto errors = metric("errors", "sum(rate(errors_total[$WINDOW$]))");
  errors.default_value = 0;
  const auto result = ask({load, heap, errors, metric("two", "rate(requests_total[$WINDOW$])"),
                           metric("p95", "histogram_quantile(0.95, sum by (le) (rate(latency_bucket[$WINDOW$])))"),
                           metric("idle", "histogram_quantile(0.95, sum by (le) (rate(idle_bucket[$WINDOW$])))"),
                           metric("none", "sum(rate(nothing_total[$WINDOW$]))"), metric("faulty", "sum(("),
                           metric("constant", "scalar(max(heap)) * 2")});
  ASSERT_TRUE(result) << result.error().to_string();
  // Two replicas; scrapes jitter, so a fifth either way.
  EXPECT_NEAR(result->window.samples.at("load").value, 2 * kPerScrape, 0.2 * 2 * kPerScrape);
  EXPECT_EQ(result->window.samples.at("heap").value, 512);
  EXPECT_EQ(status(result, "errors"), Status::kUsable);
  EXPECT_EQ(result->window.samples.at("errors").value, 0);
  EXPECT_EQ(status(result, "two"), Status::kImplausible);
  EXPECT_EQ(status(result, "p95"), Status::kUsable);
  EXPECT_EQ(status(result, "idle"), Status::kNotFinite);
  EXPECT_EQ(status(result, "none"), Status::kMissing);
  EXPECT_EQ(status(result, "faulty"), Status::kMissing);
  EXPECT_THAT(result->reasons.at("faulty"), ::testing::HasSubstr("parse error"));
  EXPECT_EQ(result->window.samples.at("constant").value, 1024);

  // The exporter goes away: no old number is taken for a new one.
  away_ = true;
  EXPECT_TRUE(eventually({load, heap}, [](const auto& later) {
    return later && status(later, "load") != Status::kUsable && status(later, "heap") != Status::kUsable;
  }));
  away_ = false;
  EXPECT_TRUE(eventually({load, heap}, usable));

  const auto now = SystemClock().now();
  const auto series = source_->series({load}, now - seconds(5), now, seconds(1), seconds(5));
  ASSERT_TRUE(series);
  EXPECT_GE(series->at("load").size(), 3u);

  prometheus_->stop();
  EXPECT_EQ(ask({load}).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace trimtab::telemetry

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
