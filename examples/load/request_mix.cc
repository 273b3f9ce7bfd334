#include "load/request_mix.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace trimtab::load {
namespace {

constexpr std::array<const char*, 8> kSearched{"compass", "rope", "sail", "anchor", "lamp", "winch", "chart", "bell"};
constexpr int kVisitors = 20'000;

}  // namespace

RequestMix::RequestMix(const RequestMixOptions& options)
    : host_(options.host), random_(Random::named(options.seed, "requests")) {
  double sum = 0;
  for (int rank = 1; rank <= options.products; ++rank) {
    sum += std::pow(rank, -options.zipf_exponent);
    cumulative_.push_back(sum);
  }
}

int RequestMix::product() {
  const double drawn = random_.uniform() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, drawn);
  return static_cast<int>(found - cumulative_.begin()) + 1;
}

std::string RequestMix::get(const std::string& path) const {
  return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", path, host_);
}

std::string RequestMix::post(const std::string& path, const std::string& body) const {
  return fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                     path, host_, body.size(), body);
}

std::string RequestMix::basket() {
  std::string items;
  const std::uint64_t count = 1 + random_.below(5);
  for (std::uint64_t i = 0; i < count; ++i) {
    items += fmt::format("{}{{\"productId\":{},\"quantity\":{}}}", i == 0 ? "" : ",", product(), 1 + random_.below(4));
  }
  return fmt::format("{{\"customer\":\"visitor-{}\",\"items\":[{}]}}", random_.below(kVisitors), items);
}

std::string RequestMix::next() {
  const double drawn = random_.uniform();
  if (drawn < 0.50) return get(fmt::format("/products/{}?visitor={}", product(), random_.below(kVisitors)));
  if (drawn < 0.80) return get(fmt::format("/products/{}/picture", product()));
  if (drawn < 0.88) return get(fmt::format("/products?query={}", kSearched.at(random_.below(kSearched.size()))));
  if (drawn < 0.96) return post("/basket/price", basket());
  return post("/orders", basket());
}

}  // namespace trimtab::load
