#include "server/cluster_applications.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "kubernetes/client.h"
#include "kubernetes/follow.h"
#include "kubernetes/wait.h"

#include "base/log.h"
#include "base/random.h"
#include "server/application_resources.h"

namespace trimtab::server {
namespace {

using Json = nlohmann::json;

constexpr const char* kGroup = "trimtab.dev/v1";
constexpr const char* kPlural = "applications";
constexpr Duration kAfterRefusal = std::chrono::seconds(15);  // the definition or the role may be installed later
constexpr Duration kNoticeWait = std::chrono::seconds(30);

Result<Json> write_status(const kubernetes::Client& client, const ApplicationResource& resource, const Json& status) {
  // With its uid, so that a resource made anew is not told what the one before was.
  const Json body{{"apiVersion", kGroup},
                  {"kind", "Application"},
                  {"metadata", {{"name", resource.name}, {"namespace", resource.space}, {"uid", resource.uid}}},
                  {"status", status}};
  kubernetes::WriteOptions options;
  options.force = true;  // the status is Trimtab's alone
  return client.patch(kubernetes::resource(kGroup, resource.space, kPlural, resource.name, "status"),
                      kubernetes::PatchKind::kApply, body, options);
}

}  // namespace

struct ClusterApplications::Parts {
  Parts(kubernetes::Access access, api::LiveService& with_live, const Clock& clock)
      : client(std::move(access), clock),
        live(with_live),
        resources(with_live, clock, client.access().server,
                  [this](const ApplicationResource& resource, const Json& status) {
                    return write_status(client, resource, status);
                  }) {}

  ~Parts() {
    for (std::jthread& thread : threads)
      thread.request_stop();
  }

  void wake() {
    {
      const std::scoped_lock lock(mutex);
      woken = true;
    }
    due.notify_all();
  }

  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Duration wait = resources.run_due();
      std::unique_lock lock(mutex);
      due.wait_for(lock, stop, wait, [this] { return woken; });
      woken = false;
    }
  }

  void listen(const std::stop_token& stop) {
    std::uint64_t since = live.latest_change();
    while (!stop.stop_requested()) {
      const auto notices = live.changes(since, kNoticeWait, stop);
      for (const api::ChangeNotice& notice : notices) {
        since = notice.sequence;
        if (notice.kind == "reset") {
          resources.notice_all();
        } else {
          resources.notice(notice.application);
        }
      }
      if (!notices.empty()) wake();
    }
  }

  void follow_namespace(const std::string& space, const std::stop_token& stop) {
    const kubernetes::Collection collection{kubernetes::resource(kGroup, space, kPlural), {}, {}};
    // Only spreads the tries of several servers: any seed does.
    Random random(stable_hash(space + client.access().server));
    kubernetes::Follower follower;
    follower.on_all = [&](const std::map<std::string, Json>& all) {
      resources.set_all(space, all);
      wake();
    };
    follower.on_change = [&](kubernetes::WatchEvent event, const Json& object) {
      if (event == kubernetes::WatchEvent::kDeleted) {
        resources.remove(object);
      } else {
        resources.set(object);
      }
      wake();
    };
    follower.on_trouble = [](const Error& error) {
      log::warning("applications.not_followed", {{"error", error.to_string()}});
    };
    follower.jitter = [&random] { return random.uniform(); };
    do {
      const auto ended = kubernetes::follow(client, collection, follower, stop);
      if (!ended) log::error("applications.not_followed", {{"namespace", space}, {"error", ended.error().to_string()}});
    } while (kubernetes::wait_for(kAfterRefusal, stop));
  }

  kubernetes::Client client;
  api::LiveService& live;
  ApplicationResources resources;
  std::mutex mutex;
  std::condition_variable_any due;
  bool woken = false;                 // guarded by mutex
  std::vector<std::jthread> threads;  // last: they use all of the above
};

Result<std::unique_ptr<ClusterApplications>> ClusterApplications::start(kubernetes::Access access,
                                                                        const std::vector<std::string>& namespaces,
                                                                        api::LiveService& live, const Clock& clock) {
  const bool everywhere = namespaces.size() == 1 && namespaces.front() == "*";
  for (const std::string& space : namespaces) {
    if (space.empty() || (space == "*" && !everywhere)) {
      return fail(invalid_input("namespaces of Applications: \"" + space + "\" does not stand beside others",
                                "applications-in", "name the namespaces, or * alone for all"));
    }
  }
  if (namespaces.empty()) return fail(invalid_input("no namespace to follow Applications in", "applications-in"));
  auto parts = std::make_unique<Parts>(std::move(access), live, clock);
  Parts* const self = parts.get();
  for (const std::string& each : namespaces) {
    self->threads.emplace_back([self, space = everywhere ? std::string() : each](const std::stop_token& stop) {
      self->follow_namespace(space, stop);
    });
  }
  self->threads.emplace_back([self](const std::stop_token& stop) { self->listen(stop); });
  self->threads.emplace_back([self](const std::stop_token& stop) { self->work(stop); });
  return std::unique_ptr<ClusterApplications>(new ClusterApplications(std::move(parts)));
}

ClusterApplications::ClusterApplications(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ClusterApplications::~ClusterApplications() = default;

}  // namespace trimtab::server
