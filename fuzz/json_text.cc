// Feeds bytes to the strict reader of JSON texts. What it takes must be written and read back as the same value.
#include <cstdlib>

#include "json/json.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto value = trimtab::json::parse({reinterpret_cast<const char*>(data), size});
  if (!value) {
    must(!value.error().message.empty());
    return 0;
  }
  const auto again = trimtab::json::parse(value->dump());
  must(again.has_value() && *again == *value);
  return 0;
}
