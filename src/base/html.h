// Text in HTML.
#pragma once

#include <string>
#include <string_view>

namespace trimtab {

// For element content and quoted attributes.
[[nodiscard]] std::string html_escaped(std::string_view text);

}  // namespace trimtab
