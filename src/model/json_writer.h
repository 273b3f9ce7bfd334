// JsonWriter: the writing half of json_archive.h, which explains both.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/time.h"
#include "model/configuration.h"

namespace trimtab::model {

template <class T, class Expected>
concept Same = std::same_as<std::remove_const_t<T>, Expected>;

// A fixed list of enumerators with their stable names.
template <class Enum>
using EnumNames = std::vector<std::pair<Enum, std::string_view>>;

class JsonWriter {
 public:
  template <class T>
  void field(const char* name, const T& value) {
    object_[name] = write(value);
  }
  template <class Enum>
  void enumeration(const char* name, const Enum& value, const EnumNames<Enum>& names) {
    for (const auto& [candidate, text] : names) {
      if (candidate == value) object_[name] = text;
    }
  }
  template <class T>
  [[nodiscard]] static nlohmann::json write(const T& value) {
    JsonWriter writer;
    describe(writer, value);
    return std::move(writer.object_);
  }
  [[nodiscard]] static nlohmann::json write(double value);
  [[nodiscard]] static nlohmann::json write(int value) { return value; }
  [[nodiscard]] static nlohmann::json write(std::uint64_t value) { return value; }
  [[nodiscard]] static nlohmann::json write(bool value) { return value; }
  // Bytes that are not UTF-8 become U+FFFD: JSON could not be printed otherwise.
  [[nodiscard]] static nlohmann::json write(const std::string& value);
  [[nodiscard]] static nlohmann::json write(Instant value) { return value.us; }
  [[nodiscard]] static nlohmann::json write(Duration value) { return static_cast<std::int64_t>(value.count()); }
  [[nodiscard]] static nlohmann::json write(const Value& value);
  [[nodiscard]] static nlohmann::json write(const Configuration& value);
  template <class T>
  [[nodiscard]] static nlohmann::json write(const std::optional<T>& value) {
    return value ? write(*value) : nlohmann::json(nullptr);
  }
  template <class T>
  [[nodiscard]] static nlohmann::json write(const std::vector<T>& values) {
    nlohmann::json array = nlohmann::json::array();
    for (const T& value : values)
      array.push_back(write(value));
    return array;
  }
  template <class T, class Compare>
  [[nodiscard]] static nlohmann::json write(const std::map<std::string, T, Compare>& values) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [name, value] : values)
      object[name] = write(value);
    return object;
  }
  [[nodiscard]] nlohmann::json& object() { return object_; }

 private:
  nlohmann::json object_ = nlohmann::json::object();
};

}  // namespace trimtab::model
