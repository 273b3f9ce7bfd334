#include "packs/detection/detect.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace trimtab::packs {
namespace {

using Words = std::vector<std::string>;

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, word) != names.end();
}

// "python3.11", "node20": the name before digits and dots.
std::string_view without_version(std::string_view name) {
  while (!name.empty() && (std::isdigit(static_cast<unsigned char>(name.back())) != 0 || name.back() == '.'))
    name.remove_suffix(1);
  return name;
}

RuntimeKind kind_of_program(std::string_view program) {
  const std::string_view name = without_version(base_name(program));
  if (name == "java") return RuntimeKind::kHotspot;
  if (is_one_of(name, {"node", "nodejs", "npm", "npx", "yarn", "pnpm", "pm2-runtime"})) return RuntimeKind::kNodejs;
  if (name == "dotnet") return RuntimeKind::kDotnet;
  if (is_one_of(name, {"python", "gunicorn", "uvicorn", "hypercorn", "uwsgi", "celery"})) return RuntimeKind::kPython;
  if (name == "nginx") return RuntimeKind::kNginx;
  return RuntimeKind::kUnknown;
}

// Programs that start another: the number of words to drop, 0 when it is not one.
std::size_t wrapper_length(const Words& words) {
  const std::string_view name = base_name(words[0]);
  std::size_t next = 1;
  if (is_one_of(name, {"exec", "nohup", "command", "catchsegv"})) return next;
  if (is_one_of(name, {"tini", "dumb-init", "catatonit", "docker-init", "env", "nice", "ionice", "setpriv", "stdbuf",
                       "chrt", "numactl", "taskset", "timeout", "ddtrace-run", "opentelemetry-instrument"})) {
    const bool one_plain = is_one_of(name, {"timeout"}) || (name == "taskset");
    bool skipped_plain = false;
    while (next < words.size()) {
      const std::string& word = words[next];
      if (word == "--") return next + 1;
      const bool assignment = name == "env" && word.find('=') != std::string::npos && !word.starts_with('-');
      const bool takes_value = is_one_of(word, {"-n", "-c", "-u", "-e"}) && name != "tini" && name != "dumb-init";
      if (takes_value && name != "taskset") {
        next += 2;
      } else if (word.starts_with('-') || assignment) {
        ++next;
      } else if (one_plain && !skipped_plain) {
        skipped_plain = true;
        ++next;
      } else {
        break;
      }
    }
    return next;
  }
  if (is_one_of(name, {"gosu", "su-exec", "chroot"})) return std::min<std::size_t>(2, words.size());
  return 0;
}

bool is_shell(std::string_view program) {
  return is_one_of(base_name(program), {"sh", "bash", "ash", "dash", "busybox"});
}

// The text of "sh -c TEXT", with flags such as -e before it; npos when it is not one.
std::size_t shell_text(const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "sh" && base_name(words[0]) == "busybox") continue;
    if (!words[i].starts_with('-')) return std::string::npos;
    if (!words[i].starts_with("--") && words[i].find('c') != std::string::npos) return i + 1;
  }
  return std::string::npos;
}

// The command that matters: the last one whose program is known, else the last one.
Words inner_command(Words words, Environment& environment, int depth = 0) {
  constexpr int kDeepest = 8;
  if (words.empty() || depth > kDeepest) return words;
  if (is_shell(words[0])) {
    const std::size_t at = shell_text(words);
    if (at >= words.size()) {
      // a script: its words after it may still name the program ("sh entrypoint.sh java -jar app.jar")
      words.erase(words.begin(), words.begin() + std::min<std::ptrdiff_t>(2, std::ssize(words)));
      return inner_command(std::move(words), environment, depth + 1);
    }
    Words best;
    bool known = false;
    for (auto& command : shell_commands(words[at], environment)) {
      Words inner = inner_command(std::move(command), environment, depth + 1);
      const bool is_known = !inner.empty() && kind_of_program(inner[0]) != RuntimeKind::kUnknown;
      if (is_known || !known) best = std::move(inner);
      known |= is_known;
    }
    return best;
  }
  const std::size_t drop = wrapper_length(words);
  if (drop == 0) {
    // A start script of the image in front: "docker-entrypoint.sh node server.js".
    const bool script = base_name(words[0]).ends_with(".sh") || base_name(words[0]) == "docker-entrypoint";
    if (!script || words.size() < 2 || kind_of_program(words[0]) != RuntimeKind::kUnknown) return words;
    Words rest(words.begin() + 1, words.end());
    rest = inner_command(std::move(rest), environment, depth + 1);
    return !rest.empty() && kind_of_program(rest[0]) != RuntimeKind::kUnknown ? rest : words;
  }
  if (base_name(words[0]) == "env") {
    for (std::size_t i = 1; i < drop && i < words.size(); ++i) {
      const auto equals = words[i].find('=');
      if (equals != std::string::npos && !words[i].starts_with('-')) {
        environment[words[i].substr(0, equals)] = words[i].substr(equals + 1);
      }
    }
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(drop, words.size())));
  return inner_command(std::move(words), environment, depth + 1);
}

struct ImageName {
  std::string_view part;
  RuntimeKind kind;
};
// Images whose name tells the runtime; a name's part between separators, or the whole repository's last part.
constexpr std::array kImages{
    ImageName{"openj9", RuntimeKind::kOpenJ9},
    ImageName{"semeru", RuntimeKind::kOpenJ9},
    ImageName{"ibmjava", RuntimeKind::kOpenJ9},
    ImageName{"temurin", RuntimeKind::kHotspot},
    ImageName{"openjdk", RuntimeKind::kHotspot},
    ImageName{"corretto", RuntimeKind::kHotspot},
    ImageName{"amazoncorretto", RuntimeKind::kHotspot},
    ImageName{"zulu", RuntimeKind::kHotspot},
    ImageName{"liberica", RuntimeKind::kHotspot},
    ImageName{"sapmachine", RuntimeKind::kHotspot},
    ImageName{"jdk", RuntimeKind::kHotspot},
    ImageName{"jre", RuntimeKind::kHotspot},
    ImageName{"java", RuntimeKind::kHotspot},
    ImageName{"tomcat", RuntimeKind::kHotspot},
    ImageName{"jetty", RuntimeKind::kHotspot},
    ImageName{"wildfly", RuntimeKind::kHotspot},
    ImageName{"kafka", RuntimeKind::kHotspot},
    ImageName{"elasticsearch", RuntimeKind::kHotspot},
    ImageName{"opensearch", RuntimeKind::kHotspot},
    ImageName{"cassandra", RuntimeKind::kHotspot},
    ImageName{"keycloak", RuntimeKind::kHotspot},
    ImageName{"zookeeper", RuntimeKind::kHotspot},
    ImageName{"solr", RuntimeKind::kHotspot},
    ImageName{"spark", RuntimeKind::kHotspot},
    ImageName{"golang", RuntimeKind::kGo},
    ImageName{"node", RuntimeKind::kNodejs},
    ImageName{"nodejs", RuntimeKind::kNodejs},
    ImageName{"dotnet", RuntimeKind::kDotnet},
    ImageName{"aspnet", RuntimeKind::kDotnet},
    ImageName{"python", RuntimeKind::kPython},
    ImageName{"uvicorn", RuntimeKind::kPython},
    ImageName{"nginx", RuntimeKind::kNginx},
};

Words split_image(std::string_view image) {
  Words parts;
  std::string part;
  for (const char c : image) {
    if (c == '/' || c == '-' || c == '_') {
      parts.push_back(std::exchange(part, {}));
    } else {
      part += c;
    }
  }
  parts.push_back(part);
  return parts;
}

struct ImageFacts {
  RuntimeKind kind = RuntimeKind::kUnknown;
  RuntimeVersion version;
};

// "docker.io/library/eclipse-temurin:17.0.5_8-jre@sha256:...": the runtime by a part of the name, its version by the
// tag, unless the image is of a program that has versions of its own (tomcat:10-jdk17).
ImageFacts facts_of_image(std::string_view image) {
  ImageFacts facts;
  image = image.substr(0, image.find('@'));
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  const std::string_view name = image.substr(0, colon);
  const std::string_view tag = colon == std::string_view::npos ? std::string_view{} : image.substr(colon + 1);
  std::string_view matched;
  for (const auto& part : split_image(name.substr(slash == std::string_view::npos ? 0 : slash + 1))) {
    for (const auto& entry : kImages) {
      if (part == entry.part || without_version(part) == entry.part) {
        facts.kind = entry.kind;
        matched = entry.part;
      }
    }
  }
  if (facts.kind == RuntimeKind::kUnknown && name.find("dotnet/") != std::string_view::npos) {
    facts.kind = RuntimeKind::kDotnet;
  }
  for (const auto& part : split_image(tag)) {  // tomcat:10.1-jdk17-temurin
    for (const std::string_view lead : {"jdk", "jre", "java", "openjdk"}) {
      if (!part.starts_with(lead)) continue;
      if (facts.kind == RuntimeKind::kUnknown) facts.kind = RuntimeKind::kHotspot;
      if (const auto version = parse_version(std::string_view(part).substr(lead.size()))) facts.version = *version;
    }
  }
  const bool own_versions = is_one_of(matched, {"tomcat", "jetty", "wildfly", "kafka", "elasticsearch", "opensearch",
                                                "cassandra", "keycloak", "zookeeper", "solr", "spark", "uvicorn"});
  if (facts.kind == RuntimeKind::kUnknown || facts.version.is_known() || own_versions) return facts;
  if (const auto version = parse_version(tag)) facts.version = *version;
  return facts;
}

void add_variable(const Environment& environment, const char* name, FlagOrigin origin, std::vector<FlagWord>& flags) {
  const auto at = environment.find(name);
  if (at == environment.end()) return;
  for (auto& word : option_words(at->second))
    flags.push_back({std::move(word), origin, name});
}

// Variables that start scripts of well-known images put on java's command line.
std::vector<const char*> start_variables(std::string_view image) {
  const auto has = [&](std::string_view part) { return image.find(part) != std::string_view::npos; };
  if (has("tomcat")) return {"JAVA_OPTS", "CATALINA_OPTS"};
  if (has("kafka")) return {"KAFKA_HEAP_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_OPTS"};
  if (has("elasticsearch")) return {"ES_JAVA_OPTS"};
  if (has("opensearch")) return {"OPENSEARCH_JAVA_OPTS"};
  if (has("keycloak")) return {"JAVA_OPTS", "JAVA_OPTS_APPEND"};
  if (has("jetty")) return {"JAVA_OPTIONS"};
  if (has("wildfly") || has("jboss")) return {"JAVA_OPTS"};
  if (has("cassandra")) return {"JVM_OPTS"};
  if (has("solr")) return {"SOLR_HEAP", "SOLR_OPTS"};
  if (has("zookeeper")) return {"SERVER_JVMFLAGS", "JVMFLAGS"};
  return {"JAVA_OPTS", "JAVA_OPTS_APPEND"};  // by custom, and Red Hat's and Jib's base images
}

// Index of the first word that is no flag: -jar, -m or the main class.
std::size_t java_flags_end(const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_one_of(words[i], {"-jar", "-m", "--module"})) return i;
    if (is_one_of(words[i], {"-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--add-opens",
                             "--add-exports", "--add-reads"})) {
      ++i;
    } else if (!words[i].starts_with('-') && !words[i].starts_with('@')) {
      return i;
    }
  }
  return words.size();
}

std::size_t plain_program(const Words& words, std::initializer_list<std::string_view> with_value) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_one_of(words[i], with_value)) {
      ++i;
    } else if (!words[i].starts_with('-')) {
      return i;
    }
  }
  return words.size();
}

void read_java(const Words& words, bool on_command_line, const Environment& environment, std::string_view image,
               DetectedRuntime& result) {
  add_variable(environment, "JAVA_TOOL_OPTIONS", FlagOrigin::kVariable, result.flags);
  add_variable(environment, "JDK_JAVA_OPTIONS", FlagOrigin::kVariable, result.flags);
  if (!on_command_line) {
    for (const char* name : start_variables(image))
      add_variable(environment, name, FlagOrigin::kStartVariable, result.flags);
  } else {
    const std::size_t end = java_flags_end(words);
    for (std::size_t i = 1; i < end; ++i)
      result.flags.push_back({words[i], FlagOrigin::kCommandLine, {}});
    const bool named = end < words.size() && words[end].starts_with('-');  // the program is the word after -jar
    const std::size_t program = std::min(end + (named ? 1 : 0), words.size());
    result.program.assign(words.begin() + static_cast<std::ptrdiff_t>(program), words.end());
  }
  add_variable(environment, "_JAVA_OPTIONS", FlagOrigin::kVariable, result.flags);
}

void read_plain(const Words& words, bool on_command_line, std::initializer_list<std::string_view> with_value,
                DetectedRuntime& result) {
  if (!on_command_line) return;
  const std::size_t program = plain_program(words, with_value);
  for (std::size_t i = 1; i < program; ++i)
    result.flags.push_back({words[i], FlagOrigin::kCommandLine, {}});
  result.program.assign(words.begin() + static_cast<std::ptrdiff_t>(program), words.end());
}

RuntimeKind kind_of_environment(const Environment& environment, std::string& variable) {
  struct Telling {
    const char* variable;
    RuntimeKind kind;
  };
  constexpr std::array kTelling{
      Telling{"JAVA_TOOL_OPTIONS", RuntimeKind::kHotspot},
      Telling{"JDK_JAVA_OPTIONS", RuntimeKind::kHotspot},
      Telling{"_JAVA_OPTIONS", RuntimeKind::kHotspot},
      Telling{"CATALINA_OPTS", RuntimeKind::kHotspot},
      Telling{"KAFKA_HEAP_OPTS", RuntimeKind::kHotspot},
      Telling{"ES_JAVA_OPTS", RuntimeKind::kHotspot},
      Telling{"JAVA_OPTS", RuntimeKind::kHotspot},
      Telling{"JAVA_OPTS_APPEND", RuntimeKind::kHotspot},
      Telling{"GOMEMLIMIT", RuntimeKind::kGo},
      Telling{"GOGC", RuntimeKind::kGo},
      Telling{"GOMAXPROCS", RuntimeKind::kGo},
      Telling{"NODE_OPTIONS", RuntimeKind::kNodejs},
      Telling{"NODE_ENV", RuntimeKind::kNodejs},
      Telling{"UV_THREADPOOL_SIZE", RuntimeKind::kNodejs},
      Telling{"ASPNETCORE_URLS", RuntimeKind::kDotnet},
      Telling{"ASPNETCORE_ENVIRONMENT", RuntimeKind::kDotnet},
      Telling{"WEB_CONCURRENCY", RuntimeKind::kPython},
      Telling{"PYTHONUNBUFFERED", RuntimeKind::kPython},
      Telling{"GUNICORN_CMD_ARGS", RuntimeKind::kPython},
  };
  for (const auto& entry : kTelling) {
    if (!environment.contains(entry.variable)) continue;
    variable = entry.variable;
    return entry.kind;
  }
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("DOTNET_gc") && !name.starts_with("DOTNET_GC") && !name.starts_with("COMPlus_")) continue;
    variable = name;
    return RuntimeKind::kDotnet;
  }
  return RuntimeKind::kUnknown;
}

// Images and base images set these; the version of what is installed.
RuntimeVersion version_of_environment(RuntimeKind kind, const Environment& environment) {
  for (const char* name : {"JAVA_VERSION", "NODE_VERSION", "GOLANG_VERSION", "DOTNET_VERSION", "PYTHON_VERSION"}) {
    const auto at = environment.find(name);
    if (at == environment.end()) continue;
    const bool fits =
        (name[0] == 'J' && (kind == RuntimeKind::kHotspot || kind == RuntimeKind::kOpenJ9)) ||
        (name[0] == 'N' && kind == RuntimeKind::kNodejs) || (name[0] == 'G' && kind == RuntimeKind::kGo) ||
        (name[0] == 'D' && kind == RuntimeKind::kDotnet) || (name[0] == 'P' && kind == RuntimeKind::kPython);
    std::string_view text = at->second;
    if (text.starts_with("jdk-")) text.remove_prefix(4);
    if (text.starts_with("jdk")) text.remove_prefix(3);
    if (!fits) continue;
    if (const auto version = parse_version(text)) return *version;
  }
  return {};
}

}  // namespace

std::vector<std::string> DetectedRuntime::flag_words() const {
  std::vector<std::string> words;
  words.reserve(flags.size());
  for (const auto& flag : flags)
    words.push_back(flag.text);
  return words;
}

DetectedRuntime detect_runtime(const ProcessFacts& facts) {
  DetectedRuntime result;
  Environment environment = facts.environment;
  Words expanded;
  for (const auto& word : facts.command_line)
    expanded.push_back(expand_references(word, environment));
  const Words words = inner_command(std::move(expanded), environment);
  const ImageFacts image = facts_of_image(facts.image);
  const RuntimeKind by_program = words.empty() ? RuntimeKind::kUnknown : kind_of_program(words[0]);
  const bool on_command_line = by_program != RuntimeKind::kUnknown;
  if (on_command_line) {
    result.runtime = by_program;
    result.evidence = "command line: " + words[0];
    if (by_program == RuntimeKind::kHotspot && image.kind == RuntimeKind::kOpenJ9) result.runtime = image.kind;
  } else if (image.kind != RuntimeKind::kUnknown) {
    result.runtime = image.kind;
    result.evidence = "image: " + facts.image;
  } else {
    std::string variable;
    result.runtime = kind_of_environment(environment, variable);
    if (result.runtime != RuntimeKind::kUnknown) result.evidence = "environment: " + variable;
  }
  if (image.kind == result.runtime) result.version = image.version;
  if (const auto version = version_of_environment(result.runtime, environment); version.is_known()) {
    result.version = version;
  }
  switch (result.runtime) {
    case RuntimeKind::kHotspot:
    case RuntimeKind::kOpenJ9:
      read_java(words, on_command_line, environment, facts.image, result);
      break;
    case RuntimeKind::kNodejs:
      add_variable(environment, "NODE_OPTIONS", FlagOrigin::kVariable, result.flags);
      read_plain(words, on_command_line && base_name(words[0]).starts_with("node"),
                 {"-r", "--require", "--import", "-e"}, result);
      break;
    case RuntimeKind::kPython:
      add_variable(environment, "GUNICORN_CMD_ARGS", FlagOrigin::kVariable, result.flags);
      if (on_command_line) result.program = words;
      break;
    case RuntimeKind::kDotnet:
      read_plain(words, on_command_line, {"--additionalprobingpath", "--runtimeconfig", "--depsfile"}, result);
      break;
    case RuntimeKind::kGo:
    case RuntimeKind::kNginx:
    case RuntimeKind::kUnknown:
      result.program = words;
      break;
  }
  return result;
}

RuntimeKind runtime_of_metric(std::string_view metric) {
  struct Lead {
    std::string_view text;
    RuntimeKind kind;
  };
  constexpr std::array kLeads{
      Lead{"jvm_", RuntimeKind::kHotspot},
      Lead{"go_", RuntimeKind::kGo},
      Lead{"nodejs_", RuntimeKind::kNodejs},
      Lead{"dotnet_", RuntimeKind::kDotnet},
      Lead{"python_", RuntimeKind::kPython},
      Lead{"nginx_", RuntimeKind::kNginx},
      Lead{"process_runtime_dotnet_", RuntimeKind::kDotnet},
  };
  for (const auto& lead : kLeads) {
    if (metric.starts_with(lead.text)) return lead.kind;
  }
  return RuntimeKind::kUnknown;
}

}  // namespace trimtab::packs
