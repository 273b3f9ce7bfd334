#include "cli/document_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace trimtab::cli {

Result<std::string> read_text_file(const std::string& path) {
  std::error_code status;
  if (std::filesystem::is_directory(path, status)) return fail(not_found("cannot read " + path + ": it is a folder"));
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(not_found("cannot read " + path));
  return std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

Result<packs::PackLibrary> load_packs(const std::string& folder) {
  TRY_ASSIGN(packs::PackLibrary library, packs::PackLibrary::embedded());
  if (!folder.empty()) TRY(library.add_folder(folder));
  return library;
}

}  // namespace trimtab::cli
