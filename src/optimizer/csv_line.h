// Lines of CSV text, as RFC 4180 but without line ends inside quotes. Private to the readers of tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trimtab::optimizer {

// Takes the first line, without its end, off the text.
[[nodiscard]] std::string_view next_line(std::string_view& text);
// Unquoted, without blanks around.
[[nodiscard]] std::vector<std::string> cells_of(std::string_view line);

}  // namespace trimtab::optimizer
