// Feeds bytes to the reader of kind: Application. Reading must agree with the list of faults.
#include "packs/application_document.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace trimtab;
  static const auto library = packs::PackLibrary::embedded();
  if (!library) std::abort();
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto application = packs::read_application(text, "fuzz.yaml", *library);
  const auto faults = packs::application_faults(text, "fuzz.yaml", *library);
  if (application.has_value() != faults.empty()) std::abort();
  return 0;
}
