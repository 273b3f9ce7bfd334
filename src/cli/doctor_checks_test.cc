#include "cli/doctor_checks.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace trimtab::cli {
namespace {

using Status = Check::Status;
using SampleStatus = engine::MetricSample::Status;

model::Metric metric(const char* name, const char* unit, model::MetricRole role, bool required = true) {
  model::Metric made;
  made.name = name;
  made.unit = unit;
  made.role = role;
  made.required = required;
  return made;
}

engine::MetricSample sample(double value, SampleStatus status = SampleStatus::kUsable) {
  engine::MetricSample made;
  made.value = value;
  made.status = status;
  return made;
}

Check only(const model::Metric& one, const engine::MetricSample& measured, const std::string& reason = {}) {
  model::Application application;
  application.metrics = {one};
  telemetry::ExplainedWindow window;
  window.window.samples[one.name] = measured;
  if (!reason.empty()) window.reasons[one.name] = reason;
  const auto checks = metric_checks(application, window);
  EXPECT_EQ(checks.size(), 1U);
  return checks.front();
}

TEST(DoctorChecksTest, AMetricWithDataIsFine) {
  const Check check = only(metric("p95", "ms", model::MetricRole::kLatency), sample(143.25));
  EXPECT_EQ(check.status, Status::kOk);
  EXPECT_EQ(check.value, "143.25 ms");
  EXPECT_EQ(check.detail, "");
}

TEST(DoctorChecksTest, MissingDataFailsWhatIsRequiredAndWarnsOtherwise) {
  const auto missing = sample(0, SampleStatus::kMissing);
  const Check required = only(metric("p95", "ms", model::MetricRole::kLatency), missing, "no series");
  EXPECT_EQ(required.status, Status::kFailed);
  EXPECT_EQ(required.detail, "no series");
  EXPECT_FALSE(required.hint.empty());
  EXPECT_EQ(only(metric("heap", "MiB", model::MetricRole::kNone, false), missing).status, Status::kWarning);
  EXPECT_EQ(only(metric("heap", "MiB", model::MetricRole::kNone, false), sample(-1, SampleStatus::kImplausible)).status,
            Status::kFailed);
}

TEST(DoctorChecksTest, DoubtsUnits) {
  EXPECT_NE(unit_doubt(metric("p95", "ms", model::MetricRole::kLatency), 0.012), "");
  EXPECT_EQ(unit_doubt(metric("p95", "ms", model::MetricRole::kLatency), 12), "");
  EXPECT_EQ(unit_doubt(metric("p95", "ms", model::MetricRole::kLatency), 0), "");
  EXPECT_NE(unit_doubt(metric("p95", "s", model::MetricRole::kLatency), 1200), "");
  EXPECT_NE(unit_doubt(metric("m", "MiB", model::MetricRole::kNone), 536870912), "");
  EXPECT_EQ(unit_doubt(metric("m", "MiB", model::MetricRole::kNone), 512), "");
  EXPECT_NE(unit_doubt(metric("c", "cores", model::MetricRole::kNone), 1500), "");
  EXPECT_NE(unit_doubt(metric("e", "ratio", model::MetricRole::kErrors), 3.5), "");
  EXPECT_EQ(only(metric("m", "MiB", model::MetricRole::kNone), sample(536870912)).status, Status::kFailed);
}

TEST(DoctorChecksTest, NoLoadIsAWarning) {
  model::Application application;
  application.metrics = {metric("arrivals", "requests/s", model::MetricRole::kLoad)};
  application.load_metric = "arrivals";
  telemetry::ExplainedWindow window;
  window.window.samples["arrivals"] = sample(0);
  EXPECT_EQ(metric_checks(application, window).back().status, Status::kWarning);
}

TEST(DoctorChecksTest, SlosAreJudgedByTheWindow) {
  model::Application application;
  model::Slo slo;
  slo.name = "p95 <= 250";
  slo.value = expr::Expression::parse("p95").value();
  slo.bound = 250;
  application.objective = model::Objective::create({}, {slo}, {}).value();
  telemetry::ExplainedWindow window;
  EXPECT_EQ(objective_checks(application, window).front().status, Status::kWarning);
  window.window.samples["p95"] = sample(300);
  EXPECT_EQ(objective_checks(application, window).front().detail, "does not hold now: 300 > 250");
  window.window.samples["p95"] = sample(200);
  EXPECT_EQ(objective_checks(application, window).front().status, Status::kOk);
}

TEST(DoctorChecksTest, FaultsOfTheDocumentKeepTheirPlaces) {
  Error fault = invalid_input("too small", "cadence.step", "write 5s");
  fault.position = {"a.yaml", 4, 7};
  const auto checks = document_checks({fault});
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].subject, "4:7 cadence.step");
  EXPECT_EQ(checks[0].detail, "too small");
  EXPECT_EQ(document_checks({}).front().status, Status::kOk);
}

}  // namespace
}  // namespace trimtab::cli
