#include "model/name_graph.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/check.h"

namespace trimtab::model {
namespace {

// Depth-first; recursion is bounded by the number of keys, which documents limit to hundreds.
class Walk {
 public:
  explicit Walk(const NameGraph& graph) : graph_(graph) {}

  // False when a cycle was met; path() then holds it.
  bool visit(const std::string& name) {
    const auto at = graph_.find(name);
    if (at == graph_.end() || done_.contains(name)) return true;
    const auto open = std::ranges::find(path_, name);
    if (open != path_.end()) {
      path_.erase(path_.begin(), open);
      path_.push_back(name);
      return false;
    }
    path_.push_back(name);
    const bool sound = std::ranges::all_of(at->second, [&](const std::string& used) { return visit(used); });
    if (!sound) return false;
    path_.pop_back();
    done_.insert(name);
    order_.push_back(name);
    return true;
  }

  bool all() {
    return std::ranges::all_of(graph_, [&](const auto& entry) { return visit(entry.first); });
  }
  std::vector<std::string>& path() { return path_; }
  std::vector<std::string>& order() { return order_; }

 private:
  const NameGraph& graph_;
  std::set<std::string> done_;
  std::vector<std::string> path_;
  std::vector<std::string> order_;
};

}  // namespace

std::optional<std::vector<std::string>> find_cycle(const NameGraph& graph) {
  Walk walk(graph);
  if (walk.all()) return std::nullopt;
  return std::move(walk.path());
}

std::vector<std::string> in_order(const NameGraph& graph) {
  Walk walk(graph);
  const bool sound = walk.all();
  CHECK(sound);
  return std::move(walk.order());
}

}  // namespace trimtab::model
