// Credentials: the header fields and the client certificate that show who Trimtab is, kept fresh. Thread safe.
#pragma once

#include <mutex>
#include <optional>

#include "kubernetes/access.h"

#include "base/time.h"
#include "net/http_message.h"

namespace trimtab::kubernetes {

struct Identity {
  net::Headers headers;
  std::string client_cert_pem;
  std::string client_key_pem;
};

class Credentials {
 public:
  // `clock` outlives this object.
  Credentials(Access access, const Clock& clock);

  // Token files are read again after a minute, exec plugins run when their credential has expired (at most 60 s).
  // Errors: kUnauthenticated (plugin failed, token file unreadable; the hint says what to install), kDeadlineExceeded.
  [[nodiscard]] Result<Identity> identity();
  // The server refused the last identity (401): the next one is made anew. False: there is nothing to make anew.
  bool renew();

 private:
  struct Secret {
    std::string token;
    std::string cert_pem;
    std::string key_pem;
    std::optional<Instant> expires;
    Instant read;
  };
  [[nodiscard]] Result<Secret> run_plugin() const;
  [[nodiscard]] Result<Secret> read_token_file() const;
  [[nodiscard]] bool is_fresh() const;

  const Access access_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Secret> secret_;  // guarded by mutex_
};

}  // namespace trimtab::kubernetes
