// UTF-8 in texts of others: names that may hold any bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace trimtab {

// Bytes of the well-formed character that the text begins with (Unicode 15, table 3-7); 0 when there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

}  // namespace trimtab
