// JsonWriter and JsonReader: one description of a struct serves both directions, so that what is written is what is
// read.
//
//   template <class Archive, class T> requires Same<T, Change> void describe(Archive& archive, T& change) {
//     archive.field("parameter", change.parameter);
//   }
//
// Private to the *_json.cc files of model and engine. Instants and durations are whole microseconds; numbers that JSON
// does not know are the texts "nan", "inf" and "-inf". The first error wins and stops nothing: ask error() at the end.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/time.h"
#include "model/configuration.h"
#include "model/json_writer.h"

namespace trimtab::model {

// Lists and maps.
template <class T>
concept ListOrMap = requires { typename T::value_type; } && !std::same_as<T, std::string>;

template <ListOrMap T>
[[nodiscard]] Result<T> read_all(const nlohmann::json& json, const std::string& path);

class JsonReader {
 public:
  JsonReader(const nlohmann::json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) reject("expected an object");
  }

  template <class T>
  void field(const char* name, T& value) {
    if (const nlohmann::json* found = member(name)) take(read<T>(*found, join(name)), value);
  }
  template <class T>
  void field(const char* name, std::optional<T>& value) {
    value.reset();
    if (!object_.is_object()) return;
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return;
    T inner{};
    if (take(read<T>(*found, join(name)), inner)) value = std::move(inner);
  }
  template <class Enum>
  void enumeration(const char* name, Enum& value, const EnumNames<Enum>& names) {
    std::string text;
    field(name, text);
    if (error_) return;
    for (const auto& [candidate, known] : names) {
      if (known == text) {
        value = candidate;
        return;
      }
    }
    keep(invalid_input("unknown value \"" + text + "\"", join(name)));
  }

  // Decodes a described struct, or one of the types below.
  template <class T>
  [[nodiscard]] static Result<T> read(const nlohmann::json& json, const std::string& path) {
    if constexpr (ListOrMap<T>) {
      return read_all<T>(json, path);
    } else {
      T value{};
      JsonReader reader(json, path);
      if (!reader.error_) describe(reader, value);
      if (reader.error_) return fail(*reader.error_);
      return value;
    }
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  void reject(std::string message) { keep(invalid_input(std::move(message), path_)); }
  [[nodiscard]] const nlohmann::json* member(const char* name);
  [[nodiscard]] std::string join(const char* name) const { return path_.empty() ? name : path_ + "." + name; }

 private:
  void keep(Error error) {
    if (!error_) error_ = std::move(error);
  }
  template <class T>
  bool take(Result<T> result, T& value) {
    if (!result) {
      keep(result.error());
      return false;
    }
    value = std::move(*result);
    return true;
  }

  const nlohmann::json& object_;
  std::string path_;
  std::optional<Error> error_;
};

template <>
Result<double> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<int> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<std::uint64_t> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<bool> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<std::string> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<Instant> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<Duration> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<Value> JsonReader::read(const nlohmann::json& json, const std::string& path);
template <>
Result<Configuration> JsonReader::read(const nlohmann::json& json, const std::string& path);

template <ListOrMap T>
Result<T> read_all(const nlohmann::json& json, const std::string& path) {
  T values;
  if constexpr (requires { typename T::mapped_type; }) {
    if (!json.is_object()) return fail(invalid_input("expected an object", path));
    for (const auto& [name, item] : json.items()) {
      TRY_ASSIGN(auto value, JsonReader::read<typename T::mapped_type>(item, path + "." + name));
      values.emplace(name, std::move(value));
    }
  } else {
    if (!json.is_array()) return fail(invalid_input("expected a list", path));
    values.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
      TRY_ASSIGN(auto value, JsonReader::read<typename T::value_type>(json[i], path + "[" + std::to_string(i) + "]"));
      values.push_back(std::move(value));
    }
  }
  return values;
}

// The version of every serialised form here. A reader refuses newer ones (kUnsupported).
inline constexpr int kJsonVersion = 1;

template <class T>
[[nodiscard]] nlohmann::json write_versioned(const T& value) {
  nlohmann::json json = JsonWriter::write(value);
  json["version"] = kJsonVersion;
  return json;
}

[[nodiscard]] Result<void> check_version(const nlohmann::json& json);

template <class T>
[[nodiscard]] Result<T> read_versioned(const nlohmann::json& json) {
  TRY(check_version(json));
  return JsonReader::read<T>(json, "");
}

}  // namespace trimtab::model
