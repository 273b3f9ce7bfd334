#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/rest_route.h"
#include "net/error_response.h"

namespace trimtab::api {
namespace {

// Each stream holds a thread and a connection of the server's; the rest must stay free for requests.
constexpr int kMaxStreams = 64;
constexpr Duration kLook = std::chrono::seconds(2);        // how soon a client that left is noticed
constexpr Duration kHeartbeat = std::chrono::seconds(15);  // keeps proxies from closing an idle stream
constexpr int kReconnectMs = 2000;

// Frees the place when the stream's handler is gone, whether it ran or not.
class Place {
 public:
  explicit Place(std::atomic<int>& taken) : taken_(taken) {}
  ~Place() { --taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::atomic<int>& taken_;
};

std::string event_text(const ChangeNotice& notice) {
  const nlohmann::json data{
      {"sequence", notice.sequence}, {"kind", notice.kind}, {"application", notice.application}, {"id", notice.id}};
  return fmt::format("id: {}\nevent: change\ndata: {}\n\n", notice.sequence,
                     data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void stream_changes(LiveService& live, std::uint64_t since, const net::StreamWriter& write,
                    const std::stop_token& stop) {
  if (!write(fmt::format("retry: {}\n\n", kReconnectMs))) return;
  auto quiet = Duration::zero();
  while (!stop.stop_requested()) {
    const auto notices = live.changes(since, kLook, stop);
    std::string text;
    for (const auto& notice : notices) {
      text += event_text(notice);
      since = std::max(since, notice.sequence);
    }
    quiet = notices.empty() ? quiet + kLook : Duration::zero();
    if (quiet >= kHeartbeat) {
      text = ": still here\n\n";
      quiet = Duration::zero();
    }
    // An empty text writes nothing but tells whether the client is still there.
    if (!write(text)) return;
  }
}

// The browser names the last event that it has seen when it connects again.
std::uint64_t seen_by(const net::Request& request, std::uint64_t otherwise) {
  const auto* field = request.headers.find("Last-Event-ID");
  if (field == nullptr) return otherwise;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), value);
  // A number from the future is of another life of this server: begin anew.
  return error == std::errc() && end == field->data() + field->size() && value <= otherwise ? value : otherwise;
}

Result<net::Response> events(RestContext& context, const net::Request& request) {
  if (++context.event_streams > kMaxStreams) {
    --context.event_streams;
    auto response = net::error_response(unavailable("too many event streams are open"));
    response.headers.add("Retry-After", "10");
    return response;
  }
  auto place = std::make_shared<Place>(context.event_streams);
  auto& live = context.options.live;
  const auto since = seen_by(request, live.latest_change());
  net::Response response;
  response.headers = {
      {"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  response.stream = [&live, since, place = std::move(place)](const net::StreamWriter& write, std::stop_token stop) {
    stream_changes(live, since, write, stop);
  };
  return response;
}

}  // namespace

void add_event_routes(Routes& routes) {
  routes.get("/api/v1/events", events);
}

}  // namespace trimtab::api
