#include "server/application_resources.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "kubernetes/object.h"

#include "base/log.h"

namespace trimtab::server {
namespace {

using Json = nlohmann::json;

constexpr const char* kActor = "kubernetes";
constexpr const char* kSetting = "kubernetes.applications";  // JSON: application -> owner
constexpr Duration kRetry = std::chrono::seconds(5);
// Loads and costs change with every window; a status written for each would be traffic that nobody reads.
constexpr Duration kFigures = std::chrono::seconds(30);
constexpr Duration kLongestWait = std::chrono::minutes(1);

std::map<std::string, std::string> stored_owners(engine::Store& store) {
  std::map<std::string, std::string> owners;
  const auto text = store.setting(kSetting);
  if (!text || !*text) return owners;
  const Json parsed = Json::parse(**text, nullptr, false);
  if (!parsed.is_object()) return owners;
  for (const auto& [application, owner] : parsed.items()) {
    if (owner.is_string()) owners[application] = owner.get<std::string>();
  }
  return owners;
}

}  // namespace

ApplicationResources::ApplicationResources(api::LiveService& live, const Clock& clock, std::string scope,
                                           WriteStatus write_status)
    : live_(live),
      clock_(clock),
      scope_(std::move(scope)),
      write_status_(std::move(write_status)),
      owners_(stored_owners(live.store())) {}

void ApplicationResources::post(Task task) {
  const std::scoped_lock lock(mutex_);
  inbox_.push_back(std::move(task));
}

void ApplicationResources::set_all(const std::string& space, const std::map<std::string, Json>& by_uid) {
  post([this, space, by_uid] {
    for (const auto& [uid, object] : by_uid)
      put(object);
    forget_others(space, by_uid);
  });
}

void ApplicationResources::set(const Json& object) {
  post([this, object] { put(object); });
}

void ApplicationResources::remove(const Json& object) {
  post([this, key = key_of(read_application_resource(object))] {
    const auto found = items_.find(key);
    if (found == items_.end()) return;
    found->second.wanted = false;
    found->second.next_try = {};
  });
}

void ApplicationResources::notice(const std::string& application) {
  post([this, application] {
    for (auto& [key, item] : items_)
      item.dirty = item.dirty || item.resource.name == application;
  });
}

void ApplicationResources::notice_all() {
  post([this] {
    for (auto& [key, item] : items_)
      item.dirty = true;
  });
}

void ApplicationResources::put(const Json& object) {
  ApplicationResource resource = read_application_resource(object);
  Item& item = items_[key_of(resource)];
  const bool same = item.wanted && item.resource.uid == resource.uid && item.resource.document == resource.document &&
                    item.resource.refused.has_value() == resource.refused.has_value();
  if (!same || resource.refused) {
    item.carried_out = false;
    item.next_try = {};
  }
  item.wanted = true;
  item.resource = std::move(resource);
  item.status = kubernetes::member(object, "status");
  item.dirty = true;
}

// Resources that are gone: known here, or remembered from a run before.
void ApplicationResources::forget_others(const std::string& space, const std::map<std::string, Json>& by_uid) {
  std::vector<std::string> present;
  for (const auto& [uid, object] : by_uid)
    present.push_back(key_of(read_application_resource(object)));
  const auto is_gone = [&](const std::string& key) {
    return (space.empty() || key.starts_with(space + "/")) && std::ranges::find(present, key) == present.end();
  };
  for (const auto& [application, owner] : owners_) {
    const std::string prefix = owner_of("");
    if (!owner.starts_with(prefix) || !is_gone(owner.substr(prefix.size()))) continue;
    Item& item = items_[owner.substr(prefix.size())];
    const std::string key = owner.substr(prefix.size());
    item.resource.space = key.substr(0, key.find('/'));
    item.resource.name = application;
    item.wanted = false;
  }
  for (auto& [key, item] : items_) {
    if (is_gone(key)) item.wanted = false;
  }
}

Duration ApplicationResources::run_due() {
  std::vector<Task> tasks;
  {
    const std::scoped_lock lock(mutex_);
    tasks.swap(inbox_);
  }
  for (const Task& task : tasks)
    task();
  for (auto at = items_.begin(); at != items_.end();) {
    at = !at->second.wanted && removed(at->second) ? items_.erase(at) : std::next(at);
  }
  Duration wait = kLongestWait;
  for (auto& [key, item] : items_) {
    if (item.wanted && !item.carried_out && clock_.now() >= item.next_try) carry_out(item);
    if (item.wanted && item.dirty) tell(item);
    if (!item.wanted || !item.carried_out) wait = std::min(wait, std::max(Duration(0), item.next_try - clock_.now()));
    const Instant next = std::max(item.next_write, item.next_figures);
    if (item.dirty) wait = std::min(wait, std::max(Duration(0), next - clock_.now()));
  }
  return wait;
}

bool ApplicationResources::is_owner(const ApplicationResource& resource) const {
  const auto owner = owners_.find(resource.name);
  return owner != owners_.end() && owner->second == owner_of(key_of(resource));
}

Result<void> ApplicationResources::remember(const std::string& application, const std::string& owner) {
  std::map<std::string, std::string> owners = owners_;
  owners.erase(application);
  if (!owner.empty()) owners[application] = owner;
  TRY(live_.store().put_setting(kSetting, Json(owners).dump()));
  owners_ = std::move(owners);
  return {};
}

void ApplicationResources::carry_out(Item& item) {
  item.dirty = true;
  if (item.resource.refused) {
    item.outcome = outcome_of(*item.resource.refused);
    item.carried_out = true;
    return;
  }
  const auto enrolled = enroll(item.resource);
  if (enrolled) {
    item.outcome = {"Enrolled", "the application is optimised as written", true};
    item.carried_out = true;
    return;
  }
  item.outcome = outcome_of(enrolled.error());
  if (enrolled.error().code == Code::kConflict && !is_owner(item.resource)) item.outcome.reason = "NameTaken";
  // A name may become free, a change may end; a document does not get better by itself.
  item.carried_out = item.outcome.reason == "InvalidDocument" || item.outcome.reason == "NotAllowed";
  item.next_try = clock_.now() + kRetry;
  log::warning("resource.not_enrolled", {{"resource", key_of(item.resource)}, {"error", item.outcome.message}});
}

Result<void> ApplicationResources::enroll(const ApplicationResource& resource) {
  const auto present = live_.application(resource.name);
  if (present && !is_owner(resource)) {
    return fail(conflict("an application of the name " + resource.name + " is enrolled already, and not by this one",
                         "choose another name, or remove the other"));
  }
  if (present && present->application.source_text == resource.document) return {};
  const bool was_owner = is_owner(resource);
  // First the owner, so that a crash in between leaves nothing that belongs to nobody.
  TRY(remember(resource.name, owner_of(key_of(resource))));
  const auto enrolled = live_.enroll(resource.document, "Application " + key_of(resource), kActor);
  if (!enrolled) {
    if (!was_owner) TRY(remember(resource.name, ""));
    return fail(enrolled.error());
  }
  // The mode is the document's when the document changes it; else what a person set last.
  const model::Mode mode = enrolled->application.policy.mode;
  if (present && present->application.policy.mode != mode) return live_.set_mode(resource.name, mode, kActor);
  return {};
}

// True when nothing is left to do for a resource that is gone.
bool ApplicationResources::removed(Item& item) {
  if (!is_owner(item.resource)) return true;
  if (clock_.now() < item.next_try) return false;
  const auto ended = live_.remove(item.resource.name, kActor);
  if (!ended && ended.error().code != Code::kNotFound) {
    log::warning("resource.not_removed", {{"resource", key_of(item.resource)}, {"error", ended.error().to_string()}});
    item.next_try = clock_.now() + kRetry;
    return false;
  }
  const auto forgotten = remember(item.resource.name, "");
  item.next_try = clock_.now() + kRetry;
  return forgotten.has_value();
}

void ApplicationResources::tell(Item& item) {
  const bool mine = is_owner(item.resource);
  const auto live = live_.application(item.resource.name);
  std::optional<model::Recommendation> newest;
  if (mine && live) {
    const auto found = live_.store().recommendations({item.resource.name, std::nullopt, 1, {}});
    if (found && !found->empty()) newest = found->front();
  }
  const Json status = status_of(item.resource, item.outcome, mine && live ? &*live : nullptr,
                                newest ? &*newest : nullptr, item.status, clock_.now());
  if (status == item.status) {
    item.dirty = false;
  } else if (clock_.now() < item.next_write) {
    return;
  } else if (differs_in_substance(status, item.status) || clock_.now() >= item.next_figures) {
    write(item, status);
  }
}

void ApplicationResources::write(Item& item, const Json& status) {
  const auto written = write_status_(item.resource, status);
  if (!written) item.next_write = clock_.now() + kRetry;
  if (written) {
    item.next_figures = clock_.now() + kFigures;
    item.status = kubernetes::member(*written, "status");
    item.dirty = false;
    return;
  }
  // Gone or replaced: the watch tells what is there now.
  const Code code = written.error().code;
  if (code == Code::kNotFound || code == Code::kConflict) item.dirty = false;
  log::warning("resource.status_not_written",
               {{"resource", key_of(item.resource)}, {"error", written.error().to_string()}});
}

}  // namespace trimtab::server
