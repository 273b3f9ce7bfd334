#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "packs/embedded.h"
#include "packs/pack.h"

namespace trimtab::packs {
namespace {

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.good() && !stream.eof()) return fail(not_found(fmt::format("cannot read {}", path.string())));
  return text;
}

}  // namespace

Result<PackLibrary> PackLibrary::embedded() {
  PackLibrary library;
  for (const auto& pack : embedded_packs()) {
    TRY_ASSIGN(const auto document, yaml::parse(pack.text, "packs/" + std::string(pack.file)));
    TRY_ASSIGN(Pack read, read_pack(document));
    library.add(std::move(read));
  }
  return library;
}

Result<void> PackLibrary::add_folder(const std::string& folder) {
  std::error_code status;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, status), end; !status && at != end; at.increment(status)) {
    if (at->path().extension() == ".yaml") files.push_back(at->path());
  }
  if (status) return fail(not_found(fmt::format("cannot read the folder {}: {}", folder, status.message())));
  std::ranges::sort(files);
  for (const auto& file : files) {
    TRY_ASSIGN(const std::string text, read_file(file));
    TRY_ASSIGN(const auto document, yaml::parse(text, file.string()));
    TRY_ASSIGN(Pack pack, read_pack(document));
    add(std::move(pack));
  }
  return {};
}

void PackLibrary::add(Pack pack) {
  std::string name = pack.name;
  packs_.insert_or_assign(std::move(name), std::move(pack));
}

const Pack* PackLibrary::find(std::string_view name) const {
  const auto at = packs_.find(name);
  return at == packs_.end() ? nullptr : &at->second;
}

std::vector<const Pack*> PackLibrary::all() const {
  std::vector<const Pack*> packs;
  for (const auto& [name, pack] : packs_)
    packs.push_back(&pack);
  return packs;
}

std::vector<std::string> PackLibrary::names() const {
  std::vector<std::string> names;
  for (const auto& [name, pack] : packs_)
    names.push_back(name);
  return names;
}

}  // namespace trimtab::packs
