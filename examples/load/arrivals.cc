#include "load/arrivals.h"

namespace trimtab::load {

double Arrivals::next() {
  const double ceiling = profile_.ceiling();
  do {
    at_s_ += random_.exponential() / ceiling;
  } while (random_.uniform() * ceiling > profile_.at(at_s_));
  return at_s_;
}

}  // namespace trimtab::load
