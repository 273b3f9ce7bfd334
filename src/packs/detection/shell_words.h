// Shell words: what a POSIX shell would make of a command text, as far as start scripts in pod specs need it: quotes,
// backslashes, $NAME, ${NAME}, ${NAME:-text}, and the operators that separate commands. No substitution of commands, no
// globs: such words stay as they are. Pure; thread safe; linear.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trimtab::packs {

using Environment = std::map<std::string, std::string>;

// The simple commands of `text` in order, assignments in front of one left out (they are added to `environment` for
// that command and, when they stand alone or after "export", for the following ones). Unknown variables expand to
// nothing.
[[nodiscard]] std::vector<std::vector<std::string>> shell_commands(std::string_view text, Environment environment);
// Kubernetes' own expansion in command and args: $(NAME); "$$" is "$". Unknown names stay as written.
// https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
[[nodiscard]] std::string expand_references(std::string_view text, const Environment& environment);
// Splits at white space; quotes of either kind group, as the JVM does for JAVA_TOOL_OPTIONS and Node for NODE_OPTIONS.
[[nodiscard]] std::vector<std::string> option_words(std::string_view text);

}  // namespace trimtab::packs
