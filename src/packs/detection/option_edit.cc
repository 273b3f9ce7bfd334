#include "packs/detection/option_edit.h"

#include <algorithm>

#include <fmt/format.h>

#include "packs/detection/shell_words.h"

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

// A word of the text with the place it takes there, quotes included.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string word;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

Result<std::vector<Span>> spans_of(std::string_view text) {
  std::vector<Span> spans;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    Span span{at, at, {}};
    char quote = 0;
    for (; at < text.size() && (quote != 0 || !is_blank(text[at])); ++at) {
      const char c = text[at];
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else {
        span.word += c;
      }
    }
    if (quote != 0) {
      return fail(invalid_input(fmt::format("a quote {} does not end in \"{}\"", quote, text.substr(span.begin)), {},
                                "close it first"));
    }
    span.end = at;
    spans.push_back(std::move(span));
  }
  return spans;
}

std::string quoted(const std::string& word) {
  if (std::ranges::none_of(word, is_blank)) return word;
  const char quote = word.find('"') == std::string::npos ? '"' : '\'';
  return quote + word + quote;
}

// The text that the parameter's value renders to; empty: nothing.
Result<std::string> rendered_word(const Pack& pack, const std::string& name, const model::Value& value) {
  model::Configuration one;
  one.set(name, value);
  TRY_ASSIGN(const Rendered rendered, render(pack, one));
  if (!rendered.flags.empty()) return rendered.flags.front();
  return rendered.arguments.empty() ? std::string() : rendered.arguments.front();
}

struct Wanted {
  const PackParameter* parameter = nullptr;
  std::string word;
};

Result<std::vector<Wanted>> wanted_words(const Pack& pack, const model::Configuration& parameters) {
  std::vector<Wanted> wanted;
  for (const auto& [name, value] : parameters.entries()) {
    const PackParameter* parameter = pack.find_parameter(name);
    if (parameter == nullptr) {
      return fail(invalid_input(fmt::format("the pack {} has no parameter \"{}\"", pack.name, name), name));
    }
    const Place place = parameter->rendering.place;
    if (place != Place::kFlag && place != Place::kArgument) continue;
    TRY_ASSIGN(std::string word, rendered_word(pack, name, value));
    wanted.push_back({parameter, std::move(word)});
  }
  return wanted;
}

Error given_twice(const PackParameter& parameter, const std::string& first, const std::string& second) {
  return conflict(fmt::format("{} is given twice, by {} and by {}", parameter.parameter.name, first, second),
                  "keep the one that is meant");
}

// Indices of the words that give the parameter. kConflict when they differ.
template <class Word>
Result<std::vector<std::size_t>> places_of(const PackParameter& parameter, std::size_t count, const Word& word_at) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < count; ++i) {
    if (!gives(parameter, word_at(i))) continue;
    if (!places.empty() && word_at(places.front()) != word_at(i)) {
      return fail(given_twice(parameter, word_at(places.front()), word_at(i)));
    }
    places.push_back(i);
  }
  return places;
}

// Takes the word out together with the blanks before it (behind it, when it is the first).
void erase_span(std::string& text, const Span& span) {
  std::size_t begin = span.begin;
  std::size_t end = span.end;
  while (begin > 0 && is_blank(text[begin - 1]))
    --begin;
  if (begin == 0) {
    while (end < text.size() && is_blank(text[end]))
      ++end;
  }
  text.erase(begin, end - begin);
}

Result<void> put(const Wanted& wanted, std::string& text) {
  TRY_ASSIGN(const std::vector<Span> spans, spans_of(text));
  TRY_ASSIGN(const auto places,
             places_of(*wanted.parameter, spans.size(), [&](std::size_t i) { return spans[i].word; }));
  const bool keep_last = !wanted.word.empty() && !places.empty();
  if (keep_last && spans[places.back()].word != wanted.word) {
    const Span& span = spans[places.back()];
    text.replace(span.begin, span.end - span.begin, quoted(wanted.word));
  }
  const std::size_t removed = places.size() - (keep_last ? 1 : 0);
  for (std::size_t i = removed; i-- > 0;)
    erase_span(text, spans[places[i]]);
  if (!wanted.word.empty() && places.empty()) {
    if (!text.empty() && !is_blank(text.back())) text += ' ';
    text += quoted(wanted.word);
  }
  return {};
}

bool is_one_of(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// Index of the first word that is no flag any more: "-jar", or the main class.
std::size_t flags_end(const Launcher& launcher, const std::vector<std::string>& words) {
  if (!launcher.is_known()) return words.size();
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_one_of(launcher.program_options, words[i])) return i;
    if (is_one_of(launcher.options_with_value, words[i])) {
      ++i;
    } else if (!words[i].starts_with('-')) {
      return i;
    }
  }
  return words.size();
}

Result<void> put(const Launcher& launcher, const Wanted& wanted, std::vector<std::string>& words) {
  const bool flag = wanted.parameter->rendering.place == Place::kFlag;
  const std::size_t middle = flags_end(launcher, words);
  const bool apart = launcher.is_known();
  const std::size_t first = apart && !flag ? middle : std::min<std::size_t>(1, words.size());
  const std::size_t last = apart && flag ? middle : words.size();
  TRY_ASSIGN(auto places, places_of(*wanted.parameter, last - first, [&](std::size_t i) { return words[first + i]; }));
  if (!wanted.word.empty()) {
    if (places.empty()) {
      words.insert(words.begin() + static_cast<std::ptrdiff_t>(last), wanted.word);
    } else {
      words[first + places.back()] = wanted.word;
      places.pop_back();
    }
  }
  for (std::size_t i = places.size(); i-- > 0;)
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(first + places[i]));
  return {};
}

}  // namespace

Result<std::string> edit_options(const Pack& pack, std::string_view text, const model::Configuration& parameters) {
  TRY_ASSIGN(const auto wanted, wanted_words(pack, parameters));
  std::string edited(text);
  for (const auto& one : wanted)
    TRY(put(one, edited));
  return edited;
}

Result<std::vector<std::string>> edit_command(const Pack& pack, std::vector<std::string> command_line,
                                              const model::Configuration& parameters) {
  const auto is_shell = [](const std::string& word) {
    const std::string name = word.substr(word.rfind('/') + 1);
    return name == "sh" || name == "bash" || name == "ash" || name == "dash";
  };
  if (!command_line.empty() && is_shell(command_line.front())) {
    return fail(unsupported("the command is a shell's text", "give the flags by a variable that the runtime reads"));
  }
  TRY_ASSIGN(const auto wanted, wanted_words(pack, parameters));
  for (const auto& one : wanted)
    TRY(put(pack.launcher, one, command_line));
  return command_line;
}

}  // namespace trimtab::packs
