// Access: where a cluster's API server is and how Trimtab shows who it is, read from kubeconfig files or from the
// service account of the pod that Trimtab runs in. Values; nothing is contacted.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace trimtab::kubernetes {

// A program that prints credentials (cloud providers). client.authentication.k8s.io/v1 and v1beta1.
struct ExecPlugin {
  std::string api_version;
  std::string command;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string install_hint;
  bool provide_cluster_info = false;
};

// Secrets stay in memory and are never logged.
struct Access {
  std::string context;  // name; "in-cluster" for a pod's service account
  std::string server;   // "https://10.0.0.1:6443", without trailing slash
  std::string default_namespace = "default";
  std::string ca_pem;  // empty: the system's
  bool verify_tls = true;
  std::string tls_server_name;  // name that the certificate must carry, when it is not the URL's host
  std::string proxy_url;
  std::string client_cert_pem;
  std::string client_key_pem;
  std::string token;
  std::string token_file;  // wins over `token`; read again every minute: such tokens are replaced
  std::string username;
  std::string password;
  std::optional<ExecPlugin> exec;
  std::string impersonate_user;
  std::vector<std::string> impersonate_groups;
};

struct AccessOptions {
  std::vector<std::string> kubeconfig_files;  // the first that defines a name wins; missing files are passed over
  bool named_by_user = false;                 // then a missing file is an error, and the pod is not asked
  std::string context;                        // empty: current-context
  std::string service_host;                   // KUBERNETES_SERVICE_HOST; empty: not in a cluster
  std::string service_port;
  std::string service_account_directory = "/var/run/secrets/kubernetes.io/serviceaccount";
};

// As kubectl does: `kubeconfig` when given, else $KUBECONFIG, else ~/.kube/config.
[[nodiscard]] AccessOptions access_options_from_environment(const std::string& kubeconfig, const std::string& context);

// Kubeconfig first, then the pod's service account. Errors: kNotFound (no configuration, no such context, cluster or
// user; the hint lists what there is), kInvalidInput (damaged file, with its name), kUnsupported (auth-provider).
[[nodiscard]] Result<Access> load_access(const AccessOptions& options);

}  // namespace trimtab::kubernetes
