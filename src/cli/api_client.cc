#include "cli/api_client.h"

#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "json/json.h"
#include "net/http_server.h"
#include "server/access_token.h"

namespace trimtab::cli {
namespace {

constexpr json::Limits kAnswerLimits{.bytes = 64U * 1024 * 1024, .depth = 64};

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The neighbour of an HTTP status, for answers without our error object (a proxy in between).
Code code_of_status(int status) {
  for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
    if (properties(static_cast<Code>(i)).http_status == status) return static_cast<Code>(i);
  }
  return status >= 500 ? Code::kUnavailable : Code::kInvalidInput;
}

Error error_of(const net::ClientResponse& response) {
  Error error{code_of_status(response.status), "the server answered " + std::to_string(response.status), {}, {}, {}};
  const auto parsed = json::parse(response.body, kAnswerLimits);
  if (!parsed || !parsed->is_object() || !parsed->contains("error") || !(*parsed)["error"].is_object()) return error;
  const nlohmann::json& said = (*parsed)["error"];
  const std::string code = text_of(said, "code");
  for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
    if (properties(static_cast<Code>(i)).name == code) error.code = static_cast<Code>(i);
  }
  if (const std::string message = text_of(said, "message"); !message.empty()) error.message = message;
  error.field = text_of(said, "field");
  error.hint = text_of(said, "hint");
  const auto place = said.find("position");
  if (place != said.end() && place->is_object()) {
    error.position = {text_of(*place, "file"), place->value("line", 0), place->value("column", 0)};
  }
  return error;
}

// "http://host:port/..." -> "host"; empty when it is another scheme.
std::string host_of_plain_http(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return {};
  std::string host = url.substr(kScheme.size());
  host = host.substr(0, host.find('/'));
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.rfind(':'));
}

}  // namespace

std::shared_ptr<ServerOptions> add_server_options(CLI::App& command) {
  auto options = std::make_shared<ServerOptions>();
  command.add_option("--server", options->url, "Address of trimtab serve")
      ->envname("TRIMTAB_SERVER")
      ->type_name("URL")
      ->capture_default_str();
  command.add_option("--token-file", options->token_file, "File with the access token, needed for changes")
      ->envname("TRIMTAB_TOKEN_FILE")
      ->type_name("FILE");
  return options;
}

Result<nlohmann::json> ApiClient::get(const std::string& path) const {
  net::ClientRequest request;
  request.url = path;
  return send(std::move(request));
}

Result<nlohmann::json> ApiClient::change(const std::string& method, const std::string& path,
                                         const nlohmann::json& body) const {
  net::ClientRequest request;
  request.method = method;
  request.url = path;
  TRY_ASSIGN(const std::string secret, token());
  request.headers.add("Authorization", "Bearer " + secret);
  request.headers.add("X-Trimtab-Actor", user_name());
  if (!body.is_null()) {
    request.headers.add("Content-Type", "application/json");
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return send(std::move(request));
}

Result<std::string> ApiClient::token() const {
  if (options_.token_file.empty()) {
    return fail(Error{Code::kUnauthenticated,
                      "a change needs the access token",
                      "--token-file",
                      "name the file \"token\" of the server's state directory, or set TRIMTAB_TOKEN_FILE",
                      {}});
  }
  const std::string host = host_of_plain_http(options_.url);
  if (!host.empty() && host != "localhost" && !net::is_loopback(host)) {
    return fail(Error{Code::kDenied,
                      "the token would travel unencrypted to " + host,
                      "--server",
                      "use https, or a tunnel to a loopback address",
                      {}});
  }
  return server::read_token_file(options_.token_file);
}

Result<nlohmann::json> ApiClient::send(net::ClientRequest request) const {
  std::string base = options_.url;
  while (base.ends_with('/'))
    base.pop_back();
  request.url = base + "/api/v1" + request.url;
  request.headers.add("Accept", "application/json");
  auto response = client_.send(request);
  if (!response) {
    Error error = response.error();
    if (error.code == Code::kUnavailable && error.hint.empty()) {
      error.hint = "start it with: trimtab serve, or name it with --server";
    }
    return fail(std::move(error));
  }
  if (response->status < 200 || response->status > 299) return fail(error_of(*response));
  if (response->body.empty()) return nlohmann::json();
  return json::parse(response->body, kAnswerLimits);
}

std::string user_name() {
  const passwd* entry = ::getpwuid(::getuid());  // the command line has one thread
  return entry && entry->pw_name ? entry->pw_name : "uid-" + std::to_string(::getuid());
}

}  // namespace trimtab::cli
