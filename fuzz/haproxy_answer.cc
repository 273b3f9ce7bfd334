// Feeds bytes to the reader of HAProxy's answers to `show stat`.
#include <cstddef>
#include <string_view>

#include "platform/local/haproxy_client.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static_cast<void>(trimtab::platform::parse_statuses({reinterpret_cast<const char*>(data), size}, "shop"));
  return 0;
}
