#include "proc/program.h"

#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace trimtab::proc {
namespace {

bool is_program(const std::string& file) {
  struct stat status{};
  return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(file.c_str(), X_OK) == 0;
}

// A name with a slash is relative to the child's directory, as a shell that has changed into it would see it.
Result<std::string> find_program(const CommandLine& command, std::string_view path) {
  const std::string& name = command.arguments.front();
  if (name.find('/') != std::string::npos) {
    const bool relative = name.front() != '/' && !command.directory.empty();
    if (is_program(relative ? command.directory + "/" + name : name)) return name;
    return fail(not_found("there is no program " + name));
  }
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const std::string file = std::string(path.substr(0, colon)) + "/" + name;
    if (is_program(file)) return file;
    path = colon == std::string_view::npos ? std::string_view{} : path.substr(colon + 1);
  }
  return fail(not_found("there is no program " + name + " in PATH"));
}

std::map<std::string, std::string> merged_environment(const CommandLine& command) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; command.inherit_environment && entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    merged.emplace(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  for (const auto& [name, value] : command.environment)
    merged[name] = value;
  return merged;
}

}  // namespace

std::string with_errno(const std::string& what, int number) {
  return what + ": " + std::generic_category().message(number);
}

Result<ExecImage> ExecImage::create(const CommandLine& command) {
  if (command.arguments.empty() || command.arguments.front().empty()) {
    return fail(invalid_input("a command needs a program"));
  }
  ExecImage image;
  const auto variables = merged_environment(command);
  const auto path = variables.find("PATH");
  TRY_ASSIGN(image.file_,
             find_program(command, path == variables.end() ? std::string_view("/usr/bin:/bin") : path->second));
  image.arguments_ = command.arguments;
  for (const auto& [name, value] : variables)
    image.environment_.push_back(name + "=" + value);
  for (const auto* list : {&image.arguments_, &image.environment_}) {
    for (const std::string& text : *list) {
      if (text.find('\0') != std::string::npos) return fail(invalid_input("an argument holds a NUL byte"));
    }
  }
  for (std::string& text : image.arguments_)
    image.argv_.push_back(text.data());
  for (std::string& text : image.environment_)
    image.envp_.push_back(text.data());
  image.argv_.push_back(nullptr);
  image.envp_.push_back(nullptr);
  return image;
}

}  // namespace trimtab::proc
