#include "model/json_archive.h"

#include <fmt/format.h>

namespace trimtab::model {
namespace {

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Error wrong_type(const char* wanted, const std::string& path) {
  return invalid_input(fmt::format("expected {}", wanted), path);
}

template <class Integer>
Result<Integer> read_integer(const nlohmann::json& json, const std::string& path) {
  if (!json.is_number_integer()) return fail(wrong_type("a whole number", path));
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (!std::in_range<Integer>(value)) return fail(invalid_input("the number is too large", path));
    return static_cast<Integer>(value);
  }
  const auto value = json.get<std::int64_t>();
  if (!std::in_range<Integer>(value)) return fail(invalid_input("the number is out of range", path));
  return static_cast<Integer>(value);
}

}  // namespace

nlohmann::json JsonWriter::write(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

nlohmann::json JsonWriter::write(const std::string& value) {
  if (is_ascii(value)) return value;
  using Json = nlohmann::json;
  return Json::parse(Json(value).dump(-1, ' ', false, Json::error_handler_t::replace));
}

nlohmann::json JsonWriter::write(const Value& value) {
  if (value.is_text()) return write(value.text());
  if (value.is_boolean()) return value.boolean();
  if (std::isfinite(value.number())) return value.number();
  return {{"number", write(value.number())}};  // an object, because a text would read as a text
}

nlohmann::json JsonWriter::write(const Configuration& value) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, entry] : value.entries())
    object[name] = write(entry);
  return object;
}

const nlohmann::json* JsonReader::member(const char* name) {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  if (found == object_.end()) {
    keep(invalid_input(fmt::format("the field \"{}\" is missing", name), join(name)));
    return nullptr;
  }
  return &*found;
}

template <>
Result<double> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  if (json.is_number()) return json.get<double>();
  if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (json == "inf") return std::numeric_limits<double>::infinity();
  if (json == "-inf") return -std::numeric_limits<double>::infinity();
  return fail(wrong_type("a number", path));
}

template <>
Result<int> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  return read_integer<int>(json, path);
}

template <>
Result<std::uint64_t> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  return read_integer<std::uint64_t>(json, path);
}

template <>
Result<bool> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  if (!json.is_boolean()) return fail(wrong_type("true or false", path));
  return json.get<bool>();
}

template <>
Result<std::string> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  if (!json.is_string()) return fail(wrong_type("a text", path));
  return json.get<std::string>();
}

template <>
Result<Instant> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  TRY_ASSIGN(const std::int64_t us, read_integer<std::int64_t>(json, path));
  return Instant{us};
}

template <>
Result<Duration> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  TRY_ASSIGN(const std::int64_t us, read_integer<std::int64_t>(json, path));
  return Duration(us);
}

template <>
Result<Value> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  if (json.is_number()) return Value(json.get<double>());
  if (json.is_string()) return Value(json.get<std::string>());
  if (json.is_boolean()) return Value(json.get<bool>());
  if (json.is_object() && json.contains("number")) {
    TRY_ASSIGN(const double number, read<double>(json["number"], path + ".number"));
    return Value(number);
  }
  return fail(wrong_type("a number or a text", path));
}

template <>
Result<Configuration> JsonReader::read(const nlohmann::json& json, const std::string& path) {
  if (!json.is_object()) return fail(wrong_type("an object", path));
  Configuration configuration;
  for (const auto& [name, item] : json.items()) {
    TRY_ASSIGN(Value value, read<Value>(item, path + "." + name));
    configuration.set(name, std::move(value));
  }
  return configuration;
}

Result<void> check_version(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("version")) {
    return fail(invalid_input("the field \"version\" is missing", "version"));
  }
  TRY_ASSIGN(const int version, JsonReader::read<int>(json["version"], "version"));
  if (version == kJsonVersion) return {};
  return fail(
      unsupported(fmt::format("this was written by a newer Trimtab (format {}, known is {})", version, kJsonVersion),
                  "start the version that wrote it, or a newer one"));
}

}  // namespace trimtab::model
