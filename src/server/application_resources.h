// ApplicationResources: keeps the enrolled applications as the custom resources Application of the cluster say, and
// writes what became of each into its status.
//
// An application that a resource made is removed with it; one that somebody enrolled otherwise is never touched: a
// resource of its name gets the condition Accepted=False, reason NameTaken. A spec that cannot be used changes nothing:
// the document before stays in force. Which applications are resources' is remembered in the store, so that a resource
// that was deleted while no server ran is noticed. Thread safe. No I/O of its own but through what it is given.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/live_service.h"
#include "base/time.h"
#include "server/application_resource.h"

namespace trimtab::server {

class ApplicationResources {
 public:
  // Writes a status; the object as it is afterwards. kNotFound: the resource is gone.
  using WriteStatus = std::function<Result<nlohmann::json>(const ApplicationResource&, const nlohmann::json& status)>;

  // `live` and `clock` outlive this object. `scope`: the cluster; what was enrolled from another is left alone.
  ApplicationResources(api::LiveService& live, const Clock& clock, std::string scope, WriteStatus write_status);

  // All resources of a namespace ("": of all).
  void set_all(const std::string& space, const std::map<std::string, nlohmann::json>& by_uid);
  void set(const nlohmann::json& object);
  void remove(const nlohmann::json& object);
  // The application may have changed.
  void notice(const std::string& application);
  void notice_all();

  // Carries out what is due: enrols, removes, writes statuses. Returns how long nothing else will be due (at most
  // 1 min). Calls `write_status` and the live service: seconds.
  [[nodiscard]] Duration run_due();

 private:
  struct Item {
    ApplicationResource resource;
    nlohmann::json status;  // as the cluster has it
    ResourceOutcome outcome;
    bool wanted = true;        // false: the resource is gone
    bool carried_out = false;  // the present generation is enrolled, or refused for good
    bool dirty = true;         // its status may have to be written
    Instant next_try;
    Instant next_write;    // after one that failed
    Instant next_figures;  // before it, only what matters is written
  };
  using Task = std::function<void()>;

  void post(Task task);
  void put(const nlohmann::json& object);
  void forget_others(const std::string& space, const std::map<std::string, nlohmann::json>& by_uid);
  void carry_out(Item& item);
  [[nodiscard]] Result<void> enroll(const ApplicationResource& resource);
  [[nodiscard]] bool removed(Item& item);
  void tell(Item& item);
  void write(Item& item, const nlohmann::json& status);
  [[nodiscard]] std::string owner_of(const std::string& key) const { return scope_ + "|" + key; }
  [[nodiscard]] bool is_owner(const ApplicationResource& resource) const;
  [[nodiscard]] Result<void> remember(const std::string& application, const std::string& owner);

  api::LiveService& live_;
  const Clock& clock_;
  const std::string scope_;
  const WriteStatus write_status_;
  std::mutex mutex_;
  std::vector<Task> inbox_;                    // guarded by mutex_
  std::map<std::string, Item> items_;          // by key
  std::map<std::string, std::string> owners_;  // application -> owner, as stored
};

}  // namespace trimtab::server
