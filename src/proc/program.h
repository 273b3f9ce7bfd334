// What both ways of starting a process share: the program's file and the C arrays of exec.
#pragma once

#include <string>
#include <vector>

#include "proc/subprocess.h"

namespace trimtab::proc {

// A CommandLine in the form that exec takes. The arrays point into the strings; not copyable.
class ExecImage {
 public:
  // Errors: kInvalidInput (no arguments, a NUL byte), kNotFound (no such program in PATH).
  [[nodiscard]] static Result<ExecImage> create(const CommandLine& command);
  ExecImage(ExecImage&&) = default;
  ExecImage& operator=(ExecImage&&) = default;
  ExecImage(const ExecImage&) = delete;
  ExecImage& operator=(const ExecImage&) = delete;

  [[nodiscard]] const char* file() const { return file_.c_str(); }
  [[nodiscard]] char* const* argv() const { return argv_.data(); }
  [[nodiscard]] char* const* envp() const { return envp_.data(); }

 private:
  ExecImage() = default;
  std::string file_;
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

// "what: No such file or directory"
[[nodiscard]] std::string with_errno(const std::string& what, int number);

}  // namespace trimtab::proc
