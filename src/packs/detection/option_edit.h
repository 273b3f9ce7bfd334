// Option edit: puts the flags of a configuration into a text or command line that has flags of its own, changing
// nothing else: foreign words, their order, quotes and blanks stay as they are. Idempotent. Pure; thread safe; linear.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packs/pack.h"

namespace trimtab::packs {

// For the value of JAVA_TOOL_OPTIONS, NODE_OPTIONS and the like: words between white space, quotes of either kind
// group. A parameter's word is replaced where it stands, or appended; one whose value renders to nothing is taken out.
// Only parameters with a flag or an argument count; others are ignored. kInvalidInput: a quote that does not end; a
// parameter that the pack does not know. kConflict: the text gives one of the parameters twice with different values,
// so that nobody can say which was meant.
[[nodiscard]] Result<std::string> edit_options(const Pack& pack, std::string_view text,
                                               const model::Configuration& parameters);

// For a command line, or the args of a pod spec: flags go before the program, arguments behind it. Errors as above;
// also kUnsupported for a shell's "sh -c text", which is not taken apart: use a variable there.
[[nodiscard]] Result<std::vector<std::string>> edit_command(const Pack& pack, std::vector<std::string> command_line,
                                                            const model::Configuration& parameters);

}  // namespace trimtab::packs
