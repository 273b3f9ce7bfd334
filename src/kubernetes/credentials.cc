#include "kubernetes/credentials.h"

#include <chrono>

#include "kubernetes/object.h"
#include <openssl/evp.h>

#include "json/json.h"
#include "net/token_file.h"
#include "proc/subprocess.h"

namespace trimtab::kubernetes {
namespace {

using Json = nlohmann::json;

constexpr auto kTokenFileAge = std::chrono::minutes(1);  // as client-go
constexpr auto kExpiryMargin = std::chrono::seconds(10);
constexpr auto kPluginDeadline = std::chrono::seconds(60);  // a person may have to press a key
constexpr std::size_t kMaxTokenBytes = 64 * 1024;

std::string encode_base64(const std::string& text) {
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

Error not_known(std::string message, std::string hint = {}) {
  return Error{Code::kUnauthenticated, std::move(message), {}, std::move(hint), {}};
}

std::string request_for(const Access& access, const ExecPlugin& plugin) {
  Json spec{{"interactive", false}};
  if (plugin.provide_cluster_info) {
    spec["cluster"] = {{"server", access.server},
                       {"certificate-authority-data", encode_base64(access.ca_pem)},
                       {"insecure-skip-tls-verify", !access.verify_tls},
                       {"tls-server-name", access.tls_server_name}};
  }
  return Json{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", spec}}.dump();
}

}  // namespace

Credentials::Credentials(Access access, const Clock& clock) : access_(std::move(access)), clock_(clock) {}

Result<Credentials::Secret> Credentials::run_plugin() const {
  const ExecPlugin& plugin = *access_.exec;
  proc::CommandLine command;
  command.arguments = {plugin.command};
  command.arguments.insert(command.arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  command.environment = plugin.environment;
  command.environment["KUBERNETES_EXEC_INFO"] = request_for(access_, plugin);
  proc::RunOptions options;
  options.deadline = kPluginDeadline;
  options.max_output_bytes = 1024 * 1024;
  const auto ran = proc::run(command, options);
  if (!ran) {
    if (ran.error().code == Code::kDeadlineExceeded) return fail(ran.error());
    return fail(not_known("the credential plugin " + plugin.command + " cannot be run: " + ran.error().message,
                          plugin.install_hint));
  }
  if (ran->exit_code != 0) {
    const std::string said = ran->errors.substr(0, ran->errors.find('\n'));
    return fail(
        not_known("the credential plugin " + plugin.command + " failed: " + said.substr(0, 300), plugin.install_hint));
  }
  const auto answer = Json::parse(ran->output, nullptr, false);
  const auto status = answer.is_object() ? answer.find("status") : answer.end();
  if (!answer.is_object() || status == answer.end() || !status->is_object()) {
    return fail(not_known("the credential plugin " + plugin.command + " printed no ExecCredential"));
  }
  Secret secret;
  secret.token = member_text(*status, "token");
  secret.cert_pem = member_text(*status, "clientCertificateData");
  secret.key_pem = member_text(*status, "clientKeyData");
  secret.read = clock_.now();
  if (secret.token.empty() && secret.cert_pem.empty()) {
    return fail(not_known("the credential plugin " + plugin.command + " gave neither token nor certificate"));
  }
  if (const std::string expires = member_text(*status, "expirationTimestamp"); !expires.empty()) {
    TRY_ASSIGN(secret.expires, parse_rfc3339(expires));
  }
  return secret;
}

Result<Credentials::Secret> Credentials::read_token_file() const {
  auto token = net::read_token_file(access_.token_file, kMaxTokenBytes);
  if (!token) {
    return fail(not_known("the token file " + access_.token_file + " is empty or cannot be read"));
  }
  Secret secret;
  secret.token = *std::move(token);
  secret.read = clock_.now();
  return secret;
}

bool Credentials::is_fresh() const {
  if (!secret_) return false;
  if (access_.exec) return !secret_->expires || clock_.now() + kExpiryMargin < *secret_->expires;
  return clock_.now() - secret_->read < kTokenFileAge;
}

Result<Identity> Credentials::identity() {
  Identity identity;
  identity.client_cert_pem = access_.client_cert_pem;
  identity.client_key_pem = access_.client_key_pem;
  std::string token = access_.token;
  if (access_.exec || !access_.token_file.empty()) {
    const std::lock_guard lock(mutex_);
    if (!is_fresh()) {
      TRY_ASSIGN(secret_, access_.exec ? run_plugin() : read_token_file());
    }
    token = secret_->token;
    if (!secret_->cert_pem.empty()) {
      identity.client_cert_pem = secret_->cert_pem;
      identity.client_key_pem = secret_->key_pem;
    }
  }
  if (!token.empty()) {
    identity.headers.add("Authorization", "Bearer " + token);
  } else if (!access_.username.empty()) {
    identity.headers.add("Authorization", "Basic " + encode_base64(access_.username + ":" + access_.password));
  }
  if (!access_.impersonate_user.empty()) identity.headers.add("Impersonate-User", access_.impersonate_user);
  for (const std::string& group : access_.impersonate_groups)
    identity.headers.add("Impersonate-Group", group);
  return identity;
}

bool Credentials::renew() {
  if (!access_.exec && access_.token_file.empty()) return false;
  const std::lock_guard lock(mutex_);
  secret_.reset();
  return true;
}

}  // namespace trimtab::kubernetes
