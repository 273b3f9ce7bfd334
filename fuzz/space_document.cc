// Feeds bytes to the reader of documents of kind Space.
#include "model/space_document.h"

#include <cstddef>
#include <string_view>

#include "yaml/document.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto document = trimtab::yaml::parse({reinterpret_cast<const char*>(data), size}, "space.yaml");
  if (document) static_cast<void>(trimtab::model::read_space_document(*document));
  return 0;
}
