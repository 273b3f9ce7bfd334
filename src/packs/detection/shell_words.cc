#include "packs/detection/shell_words.h"

#include <cctype>
#include <utility>

namespace trimtab::packs {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string value_of(const Environment& environment, const std::string& name) {
  const auto at = environment.find(name);
  return at == environment.end() ? std::string() : at->second;
}

class ShellReader {
 public:
  ShellReader(std::string_view text, Environment environment) : text_(text), environment_(std::move(environment)) {}

  std::vector<std::vector<std::string>> read() {
    while (at_ < text_.size())
      step();
    end_command();
    return std::move(commands_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\'') return single_quotes();
    if (c == '"') return double_quotes();
    if (c == '\\') return backslash();
    if (c == '$') return variable(false);
    if (c == '#' && !open_) return skip_line();
    if (c == ';' || c == '&' || c == '|' || c == '\n' || c == '(' || c == ')') {
      end_command();
      ++at_;
      return;
    }
    if (is_space(c)) {
      end_word();
      ++at_;
      return;
    }
    add(c);
    ++at_;
  }

  void add(char c) {
    word_ += c;
    open_ = true;
  }

  void skip_line() {
    while (at_ < text_.size() && text_[at_] != '\n')
      ++at_;
  }

  void single_quotes() {
    open_ = true;
    const auto end = text_.find('\'', at_ + 1);
    word_ += text_.substr(at_ + 1, end == std::string_view::npos ? end : end - at_ - 1);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  void double_quotes() {
    open_ = true;
    for (++at_; at_ < text_.size() && text_[at_] != '"';) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        if (next != '"' && next != '\\' && next != '$' && next != '`') word_ += '\\';
        if (next != '\n') word_ += next;
        at_ += 2;
      } else if (text_[at_] == '$') {
        variable(true);
      } else {
        word_ += text_[at_++];
      }
    }
    if (at_ < text_.size()) ++at_;
  }

  void backslash() {
    if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') add(text_[at_ + 1]);
    at_ += 2;
  }

  // A value outside quotes is split into words.
  void put(const std::string& value, bool quoted) {
    for (const char c : value) {
      if (!quoted && is_space(c)) {
        end_word();
      } else {
        add(c);
      }
    }
  }

  void variable(bool quoted) {
    ++at_;
    if (at_ >= text_.size()) return add('$');
    if (text_[at_] == '(') return substitution();
    if (text_[at_] == '{') return braces(quoted);
    if (text_[at_] == '@' || text_[at_] == '*') {  // the script's own arguments: not known here
      ++at_;
      return;
    }
    std::string name;
    while (at_ < text_.size() && is_name(text_[at_]))
      name += text_[at_++];
    if (name.empty()) return add('$');
    put(value_of(environment_, name), quoted);
  }

  void braces(bool quoted) {
    const auto end = text_.find('}', at_);
    if (end == std::string_view::npos) return add('$');
    const std::string inside(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    std::size_t length = 0;
    while (length < inside.size() && is_name(inside[length]))
      ++length;
    std::string value = value_of(environment_, inside.substr(0, length));
    std::string rest = inside.substr(length);
    if (rest.starts_with(':')) rest.erase(0, 1);
    if (rest.starts_with('-') && value.empty()) value = rest.substr(1);
    if (rest.starts_with('+')) value = value.empty() ? "" : rest.substr(1);
    put(value, quoted);
  }

  // $(command): kept as one word, up to the closing parenthesis.
  void substitution() {
    int depth = 0;
    add('$');
    for (; at_ < text_.size(); ++at_) {
      add(text_[at_]);
      if (text_[at_] == '(') ++depth;
      if (text_[at_] == ')' && --depth == 0) {
        ++at_;
        return;
      }
    }
  }

  void end_word() {
    if (open_) words_.push_back(std::exchange(word_, {}));
    open_ = false;
  }

  static bool is_assignment(const std::string& word) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    for (std::size_t i = 0; i < equals; ++i) {
      if (!is_name(word[i])) return false;
    }
    return std::isdigit(static_cast<unsigned char>(word[0])) == 0;
  }

  void end_command() {
    end_word();
    std::size_t first = 0;
    const bool exports = !words_.empty() && words_[0] == "export";
    if (exports) first = 1;
    std::size_t after = first;
    while (after < words_.size() && is_assignment(words_[after]))
      ++after;
    if (after == words_.size()) {  // nothing but assignments: they hold from here on
      for (std::size_t i = first; i < after; ++i) {
        const auto equals = words_[i].find('=');
        environment_[words_[i].substr(0, equals)] = words_[i].substr(equals + 1);
      }
    } else {
      words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(after));
      commands_.push_back(words_);
    }
    words_.clear();
  }

  std::string_view text_;
  Environment environment_;
  std::size_t at_ = 0;
  std::string word_;
  bool open_ = false;
  std::vector<std::string> words_;
  std::vector<std::vector<std::string>> commands_;
};

}  // namespace

std::vector<std::vector<std::string>> shell_commands(std::string_view text, Environment environment) {
  return ShellReader(text, std::move(environment)).read();
}

std::string expand_references(std::string_view text, const Environment& environment) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') {
      out += '$';
      i += 2;
      continue;
    }
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '(') {
      const auto end = text.find(')', i);
      if (end != std::string_view::npos) {
        const auto at = environment.find(std::string(text.substr(i + 2, end - i - 2)));
        if (at != environment.end()) {
          out += at->second;
          i = end + 1;
          continue;
        }
      }
    }
    out += text[i++];
  }
  return out;
}

std::vector<std::string> option_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (is_space(c)) {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return words;
}

}  // namespace trimtab::packs
