// Tunes a program from inside: the fastest size and load factor of a hash table that stays small. The library in a
// dozen lines; build it against an installed Trimtab: cmake -S . -B build -DCMAKE_PREFIX_PATH=PREFIX && cmake --build
// build
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <unordered_set>

#include <trimtab/optimizer.h>

namespace {

// One run of the program to be tuned: microseconds, and buckets as a measure of memory.
trimtab::Numbers measure(const trimtab::Values& configuration) {
  const auto number = [&](const char* name) { return std::get<double>(configuration.at(name)); };
  std::mt19937 random(1);
  const auto start = std::chrono::steady_clock::now();
  std::unordered_set<unsigned> table;
  table.max_load_factor(static_cast<float>(number("load")));
  table.rehash(static_cast<std::size_t>(number("buckets")));
  for (int i = 0; i < 20000; ++i)
    table.insert(static_cast<unsigned>(random() % 50000));
  for (int i = 0; i < 200000; ++i)
    table.erase(static_cast<unsigned>(random() % 1000000));
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  return {{"time", spent.count()}, {"size", static_cast<double>(table.bucket_count())}};
}

}  // namespace

int main(int count, char** arguments) {
  const int runs = count > 1 ? std::atoi(arguments[1]) : 30;
  auto tuner = trimtab::Optimizer::create(trimtab::Space()
                                              .integer("buckets", 16, 1 << 17, {.log_scale = true})
                                              .real("load", 0.25, 8, {.log_scale = true})
                                              .minimize("time")
                                              .slo("size <= 40000")
                                              .baseline({{"buckets", 16.0}, {"load", 1.0}}),
                                          {.budget = runs});
  if (!tuner) {
    std::cerr << tuner.error().message << '\n';
    return 1;
  }
  for (int i = 0; i < runs; ++i) {
    const auto next = tuner->ask();
    if (!next || !tuner->tell(next->front().id, measure(next->front().configuration))) return 1;
  }
  const auto best = tuner->best();
  if (!best || !*best) return 1;
  std::cout << "best:";
  for (const auto& [name, value] : (*best)->configuration)
    std::cout << ' ' << name << '=' << std::get<double>(value);
  for (const auto& [name, value] : (*best)->metrics)
    std::cout << ' ' << name << '=' << value;
  std::cout << '\n';
}
