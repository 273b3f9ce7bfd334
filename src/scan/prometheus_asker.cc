#include "scan/prometheus_asker.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/utf8.h"
#include "net/token_file.h"

namespace trimtab::scan {
namespace {

constexpr std::size_t kMaxAnswerBytes = 48 * 1024 * 1024;
constexpr std::size_t kMaxTokenBytes = 16 * 1024;
constexpr Duration kQueryDeadline = std::chrono::minutes(2);  // Prometheus' own default

Result<std::string> read_token(const std::string& file) {
  auto token = net::read_token_file(file, kMaxTokenBytes);
  if (!token) {
    return fail(Error{
        Code::kUnauthenticated, "the token file " + file + " is empty or cannot be read", "--token-file", {}, {}});
  }
  return *std::move(token);
}

Error refusal(int status) {
  if (status == 401) {
    return Error{
        Code::kUnauthenticated, "Prometheus wants to know who asks", "--token-file", "give a bearer token", {}};
  }
  if (status == 403) return denied("Prometheus refuses this token");
  if (status == 404) return unavailable("there is no Prometheus query API at this address", "check --prometheus");
  return unavailable(fmt::format("Prometheus answered with status {}", status));
}

}  // namespace

// Two languages, one in the other: RE2, which knows a backslash before its own signs only, within a string with Go's
// escapes, which ends at a quotation mark or at the line's end.
std::string quoted_regexp(std::string_view text) {
  constexpr std::string_view kSigns = R"(\.+*?()|[]{}^$)";
  std::string made;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      made += '.';
    } else if (c == '\\') {
      made += R"(\\\\)";
    } else if (kSigns.contains(c)) {
      made += R"(\\)";
      made += c;
    } else if (c == '"') {
      made += R"(\")";
    } else if (c == '\n') {
      made += R"(\n)";
    } else {
      made += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return made;
}

Result<void> ask(const net::HttpClient& client, const MeasureOptions& options, const RangeQuery& query,
                 const std::function<void(const Series&)>& visit) {
  const Duration left = std::chrono::duration_cast<Duration>(options.until - std::chrono::steady_clock::now());
  if (left <= Duration::zero())
    return fail(deadline_exceeded("the scan took longer than its deadline", "give it more with --deadline"));
  const Duration deadline = std::min(left, kQueryDeadline);
  net::ClientRequest request;
  request.method = "POST";
  request.url = options.url;
  while (request.url.ends_with('/'))
    request.url.pop_back();
  const bool range = query.step > Duration::zero();
  request.url += range ? "/api/v1/query_range" : "/api/v1/query";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  if (!options.token_file.empty()) {
    TRY_ASSIGN(const std::string token, read_token(options.token_file));
    request.headers.add("Authorization", "Bearer " + token);
  }
  std::vector<std::pair<std::string, std::string>> form{
      {"query", query.text}, {"timeout", fmt::format("{}ms", std::max<std::int64_t>(1, deadline.count() / 1000))}};
  if (range) {
    form.emplace_back("start", fmt::format("{:.3f}", query.first.seconds()));
    form.emplace_back("end", fmt::format("{:.3f}", query.last.seconds()));
    form.emplace_back("step", fmt::format("{:.3f}", to_seconds(query.step)));
  } else {
    form.emplace_back("time", fmt::format("{:.3f}", query.last.seconds()));
  }
  request.body = net::encode_form(form);
  request.deadline = deadline;
  request.max_response_bytes = kMaxAnswerBytes;
  request.stop = options.stop;
  TRY_ASSIGN(const net::ClientResponse response, client.send(request));
  if (response.status != 200 && response.status != 400 && response.status != 422 && response.status != 503) {
    return fail(refusal(response.status));
  }
  const auto read = read_series(response.body, visit);
  if (read || response.status == 200 || read.error().code != Code::kUnavailable) return read;
  return fail(refusal(response.status));
}

Result<void> ask_now(const net::HttpClient& client, const MeasureOptions& options, const std::string& query,
                     const std::function<void(const Series&)>& visit) {
  return ask(client, options, {query, {}, options.end, {}}, visit);
}

}  // namespace trimtab::scan
