#include "scan/prometheus_asker.h"

#include <fmt/format.h>

#include "net/token_file.h"

namespace trimtab::scan {
namespace {

constexpr std::size_t kMaxAnswerBytes = 48 * 1024 * 1024;
constexpr std::size_t kMaxTokenBytes = 16 * 1024;

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

std::string quoted_regexp(const std::string& text) {
  std::string made;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
      made += "\\\\";
    made += c;
  }
  return made;
}

Result<void> ask(const net::HttpClient& client, const MeasureOptions& options, const RangeQuery& query,
                 Duration deadline, const std::function<void(const Series&)>& visit) {
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
  return ask(client, options, {query, {}, options.end, {}}, options.deadline, visit);
}

}  // namespace trimtab::scan
