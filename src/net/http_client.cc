#include "net/http_client.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>

#include "net/http_server.h"

namespace trimtab::net {
namespace {

constexpr std::size_t kMaxIdleSessions = 16;
constexpr std::size_t kMaxHeadBytes = 256 * 1024;
constexpr int kPollMs = 1000;  // only a safety net: sockets and curl_multi_wakeup end the wait

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

// A transfer with its own multi handle, which keeps the connections for the next call.
struct Session {
  CURLM* multi = curl_multi_init();
  CURL* easy = curl_easy_init();

  Session() = default;
  ~Session() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

// What is shown of a URL: a query or user part may hold a secret.
struct CheckedUrl {
  std::string shown;
  bool loopback = false;
};

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

Result<CheckedUrl> check_url(const std::string& text) {
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return fail(invalid_input("not a valid URL"));
  }
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return fail(invalid_input("a URL must begin with http:// or https://"));
  auto host = part(url.get(), CURLUPART_HOST);
  const auto port = part(url.get(), CURLUPART_PORT);
  CheckedUrl result;
  result.shown = scheme + "://" + host + (port.empty() ? "" : ":" + port) + part(url.get(), CURLUPART_PATH);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  result.loopback = is_loopback(host);
  return result;
}

struct Transfer {
  const ClientRequest& request;
  ClientResponse response{};
  std::size_t received = 0;
  std::size_t head_bytes = 0;
  bool too_large = false;
  bool sink_ended = false;
  std::string fault{};  // an exception of the sink
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  transfer.received += bytes;
  if (transfer.received > transfer.request.max_response_bytes) {
    transfer.too_large = true;
    return 0;
  }
  if (!transfer.request.sink) {
    transfer.response.body.append(data, bytes);
    return bytes;
  }
  try {
    if (transfer.request.sink({data, bytes})) return bytes;
    transfer.sink_ended = true;
  } catch (const std::exception& error) {
    transfer.fault = error.what();
  }
  return 0;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  transfer.head_bytes += line.size();
  if (transfer.head_bytes > kMaxHeadBytes) {
    transfer.too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) transfer.response.headers = {};  // a new head, after 100 Continue
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  auto value = line.substr(colon + 1);
  const auto first = value.find_first_not_of(" \t\r\n");
  const auto last = value.find_last_not_of(" \t\r\n");
  value = first == std::string_view::npos ? std::string_view() : value.substr(first, last - first + 1);
  transfer.response.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return line.size();
}

Result<HeaderList> header_list(const ClientRequest& request) {
  HeaderList list;
  const auto append = [&list](const std::string& line) {
    // Takes over the old head of the list on success.
    auto* longer = curl_slist_append(list.get(), line.c_str());
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers.fields()) {
    const auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; };
    if (name.empty() || name.contains(':') || std::ranges::any_of(name, control) ||
        std::ranges::any_of(value, control)) {
      return fail(invalid_input(fmt::format("the header field \"{}\" cannot be sent", name)));
    }
    append(value.empty() ? name + ";" : name + ": " + value);  // curl's spelling of an empty value
  }
  append("Expect:");  // a round trip that only old servers need
  return list;
}

void set_pem(CURL* easy, CURLoption option, const std::string& pem) {
  if (pem.empty()) return;
  // const_cast: curl copies the text and never writes to it.
  curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
}

void set_tls(CURL* easy, const ClientRequest& request) {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.verify_tls ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.verify_tls ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  if (!request.client_cert_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, request.client_cert_file.c_str());
  if (!request.client_key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, request.client_key_file.c_str());
  set_pem(easy, CURLOPT_CAINFO_BLOB, request.ca_pem);
  set_pem(easy, CURLOPT_SSLCERT_BLOB, request.client_cert_pem);
  set_pem(easy, CURLOPT_SSLKEY_BLOB, request.client_key_pem);
}

void set_options(CURL* easy, Transfer& transfer, const CheckedUrl& url, curl_slist* headers, curl_slist* connect_to) {
  const auto& request = transfer.request;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(request.deadline).count();
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::clamp<std::int64_t>(ms, 1, 2'000'000'000)));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "trimtab");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, url.loopback ? "" : nullptr);  // null: as the environment says
  if (!request.proxy_url.empty()) curl_easy_setopt(easy, CURLOPT_PROXY, request.proxy_url.c_str());
  if (connect_to != nullptr) curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
  if (!url.loopback) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set_tls(easy, request);
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
}

// nullopt: stopped.
std::optional<CURLcode> perform(Session& session, const std::stop_token& stop) {
  if (curl_multi_add_handle(session.multi, session.easy) != CURLM_OK) return CURLE_FAILED_INIT;
  std::optional<CURLcode> result;
  {
    const std::stop_callback wake(stop, [&session] { curl_multi_wakeup(session.multi); });
    int running = 1;
    while (!stop.stop_requested()) {
      if (curl_multi_perform(session.multi, &running) != CURLM_OK) {
        result = CURLE_FAILED_INIT;
        break;
      }
      if (running == 0) break;
      curl_multi_poll(session.multi, nullptr, 0, kPollMs, nullptr);
    }
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(session.multi, &left)) {
    if (message->msg == CURLMSG_DONE) result = message->data.result;
  }
  curl_multi_remove_handle(session.multi, session.easy);
  return result;
}

Error error_of(CURLcode code, const Transfer& transfer, const std::string& shown) {
  if (transfer.too_large) return exhausted(fmt::format("the answer of {} is too large", shown));
  if (transfer.sink_ended) return {Code::kCancelled, fmt::format("the call to {} was ended", shown), {}, {}, {}};
  if (!transfer.fault.empty()) return internal_error(fmt::format("reading from {}: {}", shown, transfer.fault));
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return deadline_exceeded(
        fmt::format("{} did not answer within {}", shown, format_duration(transfer.request.deadline)));
  }
  if (code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE) {
    return invalid_input(fmt::format("{}: {}", shown, curl_easy_strerror(code)));
  }
  return unavailable(fmt::format("{}: {}", shown, curl_easy_strerror(code)));
}

}  // namespace

struct HttpClient::Impl {
  std::mutex mutex;
  std::vector<std::unique_ptr<Session>> idle;  // guarded by mutex

  std::unique_ptr<Session> take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return nullptr;
    auto session = std::move(idle.back());
    idle.pop_back();
    return session;
  }
  void give_back(std::unique_ptr<Session> session) {
    curl_easy_reset(session->easy);  // keeps the connections, forgets every option
    const std::lock_guard lock(mutex);
    if (idle.size() < kMaxIdleSessions) idle.push_back(std::move(session));
  }
};

HttpClient::HttpClient() {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // counted and thread safe since 7.84
  impl_ = std::make_unique<Impl>();
}

HttpClient::~HttpClient() {
  impl_.reset();
  curl_global_cleanup();
}

Result<ClientResponse> HttpClient::send(const ClientRequest& request) const {
  TRY_ASSIGN(const auto url, check_url(request.url));
  TRY_ASSIGN(const auto headers, header_list(request));
  const HeaderList connect_to(
      request.connect_to.empty() ? nullptr : curl_slist_append(nullptr, ("::" + request.connect_to).c_str()));
  if (request.deadline <= Duration::zero()) return fail(deadline_exceeded(url.shown + ": no time is left"));
  auto session = impl_->take();
  if (session == nullptr) session = std::make_unique<Session>();
  if (session->multi == nullptr || session->easy == nullptr) return fail(exhausted("no memory for an HTTP call"));
  Transfer transfer{.request = request};
  set_options(session->easy, transfer, url, headers.get(), connect_to.get());
  const auto code = perform(*session, request.stop);
  long status = 0;
  curl_easy_getinfo(session->easy, CURLINFO_RESPONSE_CODE, &status);
  impl_->give_back(std::move(session));
  if (!code) return fail({Code::kCancelled, fmt::format("the call to {} was stopped", url.shown), {}, {}, {}});
  if (*code != CURLE_OK) return fail(error_of(*code, transfer, url.shown));
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace trimtab::net
