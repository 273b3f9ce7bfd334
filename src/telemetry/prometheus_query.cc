#include "telemetry/prometheus_query.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "net/token_file.h"

namespace trimtab::telemetry {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kConcurrency = 4;
constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;
constexpr std::size_t kMaxTokenBytes = 16 * 1024;

Result<std::string> read_token(const std::string& file) {
  auto token = net::read_token_file(file, kMaxTokenBytes);
  if (!token) {
    Error error = unavailable(fmt::format("the token file {} is empty or cannot be read", file));
    error.field = "telemetry.token_file";
    return fail(std::move(error));
  }
  return *std::move(token);
}

bool concerns_all(Code code) {
  return code != Code::kInvalidInput && code != Code::kExhausted;
}

std::string form_of(const Query& query, Duration timeout) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"query", query.text}, {"timeout", fmt::format("{}ms", std::max<std::int64_t>(1, timeout.count() / 1000))}};
  if (query.range) {
    fields.emplace_back("start", fmt::format("{:.3f}", query.grid.first.seconds()));
    fields.emplace_back("end", fmt::format("{:.3f}", query.grid.last.seconds()));
    fields.emplace_back("step", fmt::format("{:.3f}", to_seconds(query.grid.step)));
  } else {
    fields.emplace_back("time", fmt::format("{:.3f}", query.grid.last.seconds()));
  }
  return net::encode_form(fields);
}

Result<QueryAnswer> read_response(const net::ClientResponse& response, const std::string& url) {
  switch (response.status) {
    case 200:
    case 400:
    case 422:
    case 500:
    case 503:
      break;
    case 401:
      return fail(Error{Code::kUnauthenticated,
                        fmt::format("{} wants to know who asks", url),
                        "telemetry.token_file",
                        "set telemetry.token_file to a file with a bearer token",
                        {}});
    case 403:
      return fail(denied(fmt::format("{} refuses this token", url)));
    case 404:
      return fail(unavailable(fmt::format("{} does not exist", url), "check telemetry.prometheus_url"));
    default:
      return fail(unavailable(fmt::format("{} answered with status {}", url, response.status)));
  }
  auto answer = parse_query_answer(response.body);
  if (answer || response.status == 200 || answer.error().code != Code::kUnavailable) {
    const bool refused = !answer && answer.error().code == Code::kInvalidInput;
    if (refused && response.status >= 500) return fail(unavailable(answer.error().message));
    return answer;
  }
  return fail(unavailable(fmt::format("{} answered with status {}", url, response.status)));
}

// The state that the asking threads share.
class Round {
 public:
  Round(const model::Telemetry& telemetry, const net::HttpClient& client, std::string token,
        const std::vector<Query>& queries, SteadyTime deadline)
      : telemetry_(telemetry), client_(client), token_(std::move(token)), queries_(queries), deadline_(deadline) {
    answers_.resize(queries.size());
    base_ = telemetry_.prometheus_url;
    while (base_.ends_with('/'))
      base_.pop_back();
  }

  // Takes queries until there are none left or one failed for all.
  void work() {
    while (!stop_.stop_requested()) {
      const auto index = next_.fetch_add(1);
      if (index >= queries_.size()) return;
      auto answer = ask(queries_[index]);
      if (!answer && concerns_all(answer.error().code)) {
        const std::lock_guard lock(mutex_);
        // The first error counts: the others are calls that were stopped because of it.
        if (!failure_) failure_ = answer.error();
        stop_.request_stop();
        return;
      }
      answers_[index] = std::move(answer);  // each slot is written by one thread
    }
  }

  // After all threads have ended.
  Result<std::vector<Result<QueryAnswer>>> finish() {
    if (failure_) return fail(std::move(*failure_));
    std::vector<Result<QueryAnswer>> result;
    for (auto& answer : answers_)
      result.push_back(std::move(*answer));
    return result;
  }

 private:
  Result<QueryAnswer> ask(const Query& query) {
    net::ClientRequest request;
    request.method = "POST";
    request.url = base_ + (query.range ? "/api/v1/query_range" : "/api/v1/query");
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
    if (!token_.empty()) request.headers.add("Authorization", "Bearer " + token_);
    const auto left = std::chrono::duration_cast<Duration>(deadline_ - std::chrono::steady_clock::now());
    request.deadline = telemetry_.timeout > Duration::zero() ? std::min(left, telemetry_.timeout) : left;
    request.max_response_bytes = kMaxAnswerBytes;
    request.body = form_of(query, request.deadline);
    request.stop = stop_.get_token();
    auto response = client_.send(request);
    if (response) return read_response(*response, request.url);
    // A URL that is none concerns every query, unlike a query that is refused.
    if (response.error().code == Code::kInvalidInput) {
      return fail(unavailable(response.error().message, "check telemetry.prometheus_url"));
    }
    return fail(std::move(response).error());
  }

  const model::Telemetry& telemetry_;
  const net::HttpClient& client_;
  std::string token_;
  std::string base_;
  const std::vector<Query>& queries_;
  SteadyTime deadline_;
  std::atomic<std::size_t> next_ = 0;
  std::stop_source stop_;
  std::vector<std::optional<Result<QueryAnswer>>> answers_;
  std::mutex mutex_;
  std::optional<Error> failure_;  // guarded by mutex_
};

}  // namespace

std::string expand_window(const std::string& query, Duration window) {
  static constexpr std::string_view kPlaceholder = "$WINDOW$";
  const auto seconds = std::max<std::int64_t>(1, std::chrono::round<std::chrono::seconds>(window).count());
  const auto text = fmt::format("{}s", seconds);
  std::string result = query;
  for (auto at = result.find(kPlaceholder); at != std::string::npos; at = result.find(kPlaceholder, at + text.size())) {
    result.replace(at, kPlaceholder.size(), text);
  }
  return result;
}

Result<std::vector<Result<QueryAnswer>>> ask_all(const model::Telemetry& telemetry, const net::HttpClient& client,
                                                 const std::vector<Query>& queries, SteadyTime deadline) {
  std::string token;
  if (!telemetry.token_file.empty()) {
    TRY_ASSIGN(token, read_token(telemetry.token_file));
  }
  Round round(telemetry, client, std::move(token), queries, deadline);
  {
    std::vector<std::jthread> others;
    const auto wanted = std::min(kConcurrency, queries.size());
    try {
      while (others.size() + 1 < wanted)
        others.emplace_back([&round] { round.work(); });
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): fewer threads do it as well, only later
    }
    round.work();
  }
  return round.finish();
}

}  // namespace trimtab::telemetry
