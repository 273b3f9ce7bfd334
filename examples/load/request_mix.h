// RequestMix: what the shop's customers ask for. Products are popular after Zipf's law, numbered by popularity.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace trimtab::load {

struct RequestMixOptions {
  int products = 5000;
  double zipf_exponent = 0.9;  // Breslau et al., INFOCOM 1999: web pages lie between 0.64 and 0.83; shops are steeper
  std::uint64_t seed = 1;
  std::string host;  // value of the Host field
};

// Not thread safe.
class RequestMix {
 public:
  explicit RequestMix(const RequestMixOptions& options);
  // The bytes of the next request: 50 % product pages, 30 % pictures, 8 % searches, 8 % prices of baskets, 4 % orders.
  [[nodiscard]] std::string next();
  // A product's number, from 1. O(log products).
  [[nodiscard]] int product();

 private:
  [[nodiscard]] std::string get(const std::string& path) const;
  [[nodiscard]] std::string post(const std::string& path, const std::string& body) const;
  [[nodiscard]] std::string basket();

  std::string host_;
  std::vector<double> cumulative_;
  Random random_;
};

}  // namespace trimtab::load
