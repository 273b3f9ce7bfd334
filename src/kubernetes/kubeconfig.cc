#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kubernetes/access.h"
#include <openssl/evp.h>

#include "base/spelling.h"
#include "yaml/document.h"

namespace trimtab::kubernetes {
namespace {

constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;  // also the YAML reader's limit

Result<std::string> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(not_found("the file " + file + " cannot be read"));
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) return fail(exhausted("the file " + file + " is larger than 4 MiB"));
  return text;
}

Result<std::string> decode_base64(std::string text, const std::string& what) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  std::string decoded(text.size() / 4 * 3 + 3, '\0');
  const int size = text.size() % 4 != 0 ? -1
                                        : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                                          reinterpret_cast<const unsigned char*>(text.data()),
                                                          static_cast<int>(text.size()));
  if (size < 0) return fail(invalid_input(what + " is not base64"));
  const auto padding =
      static_cast<std::size_t>(std::count(text.end() - std::min<long>(2, std::ssize(text)), text.end(), '='));
  decoded.resize(static_cast<std::size_t>(size) - padding);
  return decoded;
}

// A definition with the folder that its relative paths start from.
struct Named {
  yaml::Node body;
  std::string file;
};

struct Merged {
  std::string current_context;
  std::map<std::string, Named> clusters;
  std::map<std::string, Named> users;
  std::map<std::string, Named> contexts;
};

void take(const yaml::Node& root, const char* list, const char* inner, const std::string& file,
          std::map<std::string, Named>& into) {
  const yaml::Node* items = root.find(list);
  if (items == nullptr || items->kind != yaml::Kind::kSequence) return;
  for (const yaml::Node& item : items->items) {
    const yaml::Node* name = item.kind == yaml::Kind::kMapping ? item.find("name") : nullptr;
    const yaml::Node* body = item.kind == yaml::Kind::kMapping ? item.find(inner) : nullptr;
    if (name == nullptr || body == nullptr || body->kind != yaml::Kind::kMapping) continue;
    into.emplace(name->text, Named{*body, file});
  }
}

std::string text_of(const yaml::Node& node, const char* name) {
  const yaml::Node* found = node.find(name);
  return found != nullptr && found->kind == yaml::Kind::kScalar && !found->is_null() ? found->text : std::string();
}

bool flag_of(const yaml::Node& node, const char* name) {
  return text_of(node, name) == "true";
}

std::vector<std::string> texts_of(const yaml::Node& node, const char* name) {
  std::vector<std::string> texts;
  const yaml::Node* found = node.find(name);
  if (found == nullptr || found->kind != yaml::Kind::kSequence) return texts;
  for (const yaml::Node& item : found->items)
    texts.push_back(item.text);
  return texts;
}

std::string resolved(const std::string& path, const std::string& file) {
  if (path.empty() || path.front() == '/') return path;
  return (std::filesystem::path(file).parent_path() / path).string();
}

// `NAME-data` (base64) or `NAME` (a file).
Result<std::string> pem_of(const Named& named, const std::string& name) {
  const std::string data = text_of(named.body, (name + "-data").c_str());
  if (!data.empty()) return decode_base64(data, named.file + ": " + name + "-data");
  const std::string file = text_of(named.body, name.c_str());
  if (file.empty()) return std::string();
  return read_file(resolved(file, named.file));
}

Result<Merged> read_files(const AccessOptions& options, bool& any) {
  Merged merged;
  for (const std::string& file : options.kubeconfig_files) {
    const auto text = read_file(file);
    if (!text) {
      if (options.named_by_user || text.error().code != Code::kNotFound) return fail(text.error());
      continue;
    }
    TRY_ASSIGN(const yaml::Document document, yaml::parse(*text, file));
    if (document.root.kind != yaml::Kind::kMapping) return fail(invalid_input(file + " is no kubeconfig"));
    any = true;
    if (merged.current_context.empty()) merged.current_context = text_of(document.root, "current-context");
    take(document.root, "clusters", "cluster", file, merged.clusters);
    take(document.root, "users", "user", file, merged.users);
    take(document.root, "contexts", "context", file, merged.contexts);
  }
  return merged;
}

Result<const Named*> find(const std::map<std::string, Named>& named, const std::string& name, const char* what) {
  const auto found = named.find(name);
  if (found != named.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto& [each, unused] : named)
    known.push_back(each);
  return fail(
      not_found(std::string("the kubeconfig has no ") + what + " \"" + name + "\"", spelling_hint(name, known)));
}

Result<void> read_cluster(const Named& cluster, Access& access) {
  access.server = text_of(cluster.body, "server");
  while (access.server.ends_with('/'))
    access.server.pop_back();
  if (!access.server.starts_with("https://") && !access.server.starts_with("http://")) {
    return fail(invalid_input(cluster.file + ": the cluster's server is no URL", "server"));
  }
  TRY_ASSIGN(access.ca_pem, pem_of(cluster, "certificate-authority"));
  access.verify_tls = !flag_of(cluster.body, "insecure-skip-tls-verify");
  access.tls_server_name = text_of(cluster.body, "tls-server-name");
  access.proxy_url = text_of(cluster.body, "proxy-url");
  return {};
}

Result<ExecPlugin> read_exec(const yaml::Node& node, const std::string& file) {
  ExecPlugin plugin;
  plugin.api_version = text_of(node, "apiVersion");
  plugin.command = text_of(node, "command");
  if (plugin.command.empty()) return fail(invalid_input(file + ": exec has no command", "exec.command"));
  // A relative path with a slash is meant from the kubeconfig's folder; a bare name is found in PATH.
  if (plugin.command.contains('/')) plugin.command = resolved(plugin.command, file);
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    return fail(unsupported(file + ": exec speaks " + plugin.api_version, "v1 and v1beta1 are understood"));
  }
  plugin.arguments = texts_of(node, "args");
  plugin.install_hint = text_of(node, "installHint");
  plugin.provide_cluster_info = flag_of(node, "provideClusterInfo");
  if (const yaml::Node* environment = node.find("env"); environment != nullptr) {
    for (const yaml::Node& item : environment->items) {
      if (item.kind == yaml::Kind::kMapping) plugin.environment[text_of(item, "name")] = text_of(item, "value");
    }
  }
  return plugin;
}

Result<void> read_user(const Named& user, Access& access) {
  TRY_ASSIGN(access.client_cert_pem, pem_of(user, "client-certificate"));
  TRY_ASSIGN(access.client_key_pem, pem_of(user, "client-key"));
  access.token = text_of(user.body, "token");
  access.token_file = resolved(text_of(user.body, "tokenFile"), user.file);
  access.username = text_of(user.body, "username");
  access.password = text_of(user.body, "password");
  access.impersonate_user = text_of(user.body, "as");
  access.impersonate_groups = texts_of(user.body, "as-groups");
  if (const yaml::Node* exec = user.body.find("exec"); exec != nullptr && exec->kind == yaml::Kind::kMapping) {
    TRY_ASSIGN(access.exec, read_exec(*exec, user.file));
  }
  if (user.body.find("auth-provider") != nullptr && !access.exec && access.token.empty()) {
    return fail(unsupported(user.file + ": auth-provider was removed from Kubernetes in 1.26", "use an exec plugin"));
  }
  return {};
}

Result<Access> from_pod(const AccessOptions& options) {
  Access access;
  access.context = "in-cluster";
  const bool is_ipv6 = options.service_host.contains(':');
  access.server = "https://" + (is_ipv6 ? "[" + options.service_host + "]" : options.service_host) + ":" +
                  (options.service_port.empty() ? "443" : options.service_port);
  access.token_file = options.service_account_directory + "/token";
  TRY_ASSIGN(access.ca_pem, read_file(options.service_account_directory + "/ca.crt"));
  if (const auto name = read_file(options.service_account_directory + "/namespace")) access.default_namespace = *name;
  return access;
}

}  // namespace

AccessOptions access_options_from_environment(const std::string& kubeconfig, const std::string& context) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  AccessOptions options;
  options.context = context;
  options.service_host = variable("KUBERNETES_SERVICE_HOST");
  options.service_port = variable("KUBERNETES_SERVICE_PORT");
  if (!kubeconfig.empty()) {
    options.kubeconfig_files = {kubeconfig};
    options.named_by_user = true;
    return options;
  }
  const std::string list = variable("KUBECONFIG");
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) options.kubeconfig_files.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  if (list.empty() && !variable("HOME").empty()) options.kubeconfig_files = {variable("HOME") + "/.kube/config"};
  return options;
}

Result<Access> load_access(const AccessOptions& options) {
  bool any = false;
  TRY_ASSIGN(const Merged merged, read_files(options, any));
  if (!any) {
    if (!options.service_host.empty()) return from_pod(options);
    return fail(not_found("no kubeconfig was found and this is no pod", "give --kubeconfig FILE or set KUBECONFIG"));
  }
  Access access;
  access.context = options.context.empty() ? merged.current_context : options.context;
  if (access.context.empty()) return fail(not_found("the kubeconfig has no current context", "give --context NAME"));
  TRY_ASSIGN(const Named* context, find(merged.contexts, access.context, "context"));
  if (const std::string name = text_of(context->body, "namespace"); !name.empty()) access.default_namespace = name;
  TRY_ASSIGN(const Named* cluster, find(merged.clusters, text_of(context->body, "cluster"), "cluster"));
  TRY(read_cluster(*cluster, access));
  if (const std::string name = text_of(context->body, "user"); !name.empty()) {
    TRY_ASSIGN(const Named* user, find(merged.users, name, "user"));
    TRY(read_user(*user, access));
  }
  return access;
}

}  // namespace trimtab::kubernetes
