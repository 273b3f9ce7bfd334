#include "store/memory_store.h"

#include <algorithm>
#include <utility>

namespace trimtab::store {

Result<void> MemoryStore::put_application(const std::string& name, const std::string& document, Instant at) {
  const std::scoped_lock lock(mutex_);
  const auto [found, is_new] = applications_.try_emplace(name);
  if (is_new) found->second = {name, {}, at, std::nullopt};
  found->second.document = document;
  return {};
}

Result<std::vector<engine::StoredApplication>> MemoryStore::applications() {
  const std::scoped_lock lock(mutex_);
  std::vector<engine::StoredApplication> found;
  for (const auto& [name, stored] : applications_)
    found.push_back(stored);
  return found;
}

Result<engine::StoredApplication> MemoryStore::application(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = applications_.find(name);
  if (found == applications_.end()) return fail(not_found("application " + name + " is not enrolled"));
  return found->second;
}

Result<void> MemoryStore::remove_application(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  if (applications_.erase(name) == 0) return fail(not_found("application " + name + " is not enrolled"));
  unfinished_.erase(name);
  changes_.erase(name);
  return {};
}

Result<void> MemoryStore::commit(const std::string& application, const engine::Event& event,
                                 const engine::StepResult& result) {
  const std::scoped_lock lock(mutex_);
  const auto found = applications_.find(application);
  if (found == applications_.end()) return fail(not_found("application " + application + " is not enrolled"));
  const std::uint64_t stored = found->second.state ? found->second.state->sequence : 0;
  if (result.state.sequence != stored + 1) {
    return fail(conflict("step " + std::to_string(result.state.sequence) + " of " + application +
                         " does not follow step " + std::to_string(stored)));
  }
  found->second.state = result.state;
  auto& unfinished = unfinished_[application];
  std::erase_if(unfinished, [&](const engine::JournaledCommand& command) {
    const auto same = [&](const engine::CommandUnderWay& waiting) { return waiting.command.id == command.command.id; };
    const auto issued = [&](const engine::Command& again) { return again.id == command.command.id; };
    return std::ranges::none_of(result.state.under_way, same) || std::ranges::any_of(result.commands, issued);
  });
  for (const engine::Command& command : result.commands)
    unfinished.push_back({application, command, event.at});
  for (const engine::Record& record : result.records) {
    if (const auto* entry = std::get_if<engine::AuditEntry>(&record)) {
      audit_.push_back({static_cast<std::int64_t>(audit_.size()) + 1, application, *entry});
    } else if (const auto* changed = std::get_if<engine::RecommendationChanged>(&record)) {
      recommendations_.insert_or_assign(changed->recommendation.id, changed->recommendation);
    } else if (const auto* configuration = std::get_if<engine::ConfigurationChanged>(&record)) {
      changes_[application].push_back(*configuration);
    }
  }
  return {};
}

Result<std::vector<model::Recommendation>> MemoryStore::recommendations(const engine::RecommendationFilter& filter) {
  const std::scoped_lock lock(mutex_);
  std::vector<const model::Recommendation*> matching;
  const auto key = [](const model::Recommendation& value) { return std::pair(value.created, value.id); };
  const auto before = recommendations_.find(filter.before);
  if (!filter.before.empty() && before == recommendations_.end()) return std::vector<model::Recommendation>();
  for (const auto& [id, value] : recommendations_) {
    if (!filter.application.empty() && value.application != filter.application) continue;
    if (filter.state && value.state != *filter.state) continue;
    if (!filter.before.empty() && key(value) >= key(before->second)) continue;
    matching.push_back(&value);
  }
  std::ranges::sort(matching, [&](const auto* a, const auto* b) { return key(*a) > key(*b); });
  std::vector<model::Recommendation> found;
  for (const auto* value : matching) {
    if (static_cast<int>(found.size()) >= filter.limit) break;
    found.push_back(*value);
  }
  return found;
}

Result<model::Recommendation> MemoryStore::recommendation(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  const auto found = recommendations_.find(id);
  if (found == recommendations_.end()) return fail(not_found("there is no recommendation " + id));
  return found->second;
}

Result<std::vector<engine::StoredAudit>> MemoryStore::audit(const engine::AuditFilter& filter) {
  const std::scoped_lock lock(mutex_);
  std::vector<engine::StoredAudit> found;
  for (auto entry = audit_.rbegin(); entry != audit_.rend() && static_cast<int>(found.size()) < filter.limit; ++entry) {
    if (!filter.application.empty() && entry->application != filter.application) continue;
    if (!filter.subject.empty() && entry->entry.subject != filter.subject) continue;
    if (filter.before > 0 && entry->sequence >= filter.before) continue;
    found.push_back(*entry);
  }
  return found;
}

Result<std::vector<engine::ConfigurationChanged>> MemoryStore::configuration_changes(const std::string& application,
                                                                                     Instant from, Instant to) {
  const std::scoped_lock lock(mutex_);
  std::vector<engine::ConfigurationChanged> found;
  for (const auto& change : changes_[application]) {
    if (change.at >= from && change.at <= to) found.push_back(change);
  }
  std::ranges::stable_sort(found, {}, &engine::ConfigurationChanged::at);
  return found;
}

Result<std::optional<std::string>> MemoryStore::setting(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = settings_.find(key);
  return found == settings_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> MemoryStore::put_setting(const std::string& key, const std::string& value) {
  const std::scoped_lock lock(mutex_);
  settings_[key] = value;
  return {};
}

Result<void> MemoryStore::put_study(const engine::StoredStudy& study) {
  const std::scoped_lock lock(mutex_);
  studies_.insert_or_assign(study.name, study);
  trials_.erase(study.name);
  return {};
}

Result<std::vector<engine::StoredStudy>> MemoryStore::studies() {
  const std::scoped_lock lock(mutex_);
  std::vector<engine::StoredStudy> found;
  for (const auto& [name, study] : studies_)
    found.push_back(study);
  return found;
}

Result<engine::StoredStudy> MemoryStore::study(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = studies_.find(name);
  if (found == studies_.end()) return fail(not_found("there is no study " + name));
  return found->second;
}

Result<void> MemoryStore::commit_study(const std::string& name, const std::string& state, Instant at,
                                       const std::vector<engine::StoredTrial>& trials) {
  const std::scoped_lock lock(mutex_);
  const auto found = studies_.find(name);
  if (found == studies_.end()) return fail(not_found("there is no study " + name));
  found->second.state = state;
  found->second.updated = at;
  for (const engine::StoredTrial& trial : trials)
    trials_[name][trial.number] = trial.trial;
  return {};
}

Result<std::vector<engine::StoredTrial>> MemoryStore::trials(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  std::vector<engine::StoredTrial> found;
  for (const auto& [number, trial] : trials_[name])
    found.push_back({number, trial});
  return found;
}

Result<std::vector<engine::JournaledCommand>> MemoryStore::unfinished_commands(const std::string& application) {
  const std::scoped_lock lock(mutex_);
  return unfinished_[application];
}

}  // namespace trimtab::store
