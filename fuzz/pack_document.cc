// Feeds bytes to the reader of kind: Pack; a pack that is taken also renders its parameters and recognises what it
// rendered, and is written as a page and reviewed.
#include <cstdlib>

#include "packs/pack.h"
#include "packs/pack_review.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace trimtab;
  const auto document = yaml::parse({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!document) return 0;
  const auto pack = packs::read_pack(*document);
  if (pack.has_value() != packs::pack_faults(*document).empty()) std::abort();
  if (!pack) return 0;
  static_cast<void>(packs::to_markdown(*pack));
  static_cast<void>(packs::review(*pack));
  model::Configuration configuration;
  for (const auto& known : pack->parameters) {
    const auto& parameter = known.parameter;
    if (parameter.is_number())
      configuration.set(parameter.name, model::Value(parameter.snap(parameter.min)));
    else if (!parameter.values.empty())
      configuration.set(parameter.name, model::Value(parameter.values.front()));
  }
  const auto rendered = packs::render(*pack, configuration);
  if (!rendered) return 0;
  std::vector<std::string> command{"program"};
  command.insert(command.end(), rendered->flags.begin(), rendered->flags.end());
  command.insert(command.end(), rendered->arguments.begin(), rendered->arguments.end());
  static_cast<void>(packs::recognise(*pack, command, rendered->environment, rendered->limits));
  return 0;
}
