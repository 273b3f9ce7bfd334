// Detection: from what a pod spec or /proc shows of a process (command line, environment, image), or from the metrics
// it exports, to its runtime, its version and the flags in effect with the place each came from. Shell wrappers and
// init programs (sh -c, exec, env, tini, dumb-init, gosu, ...) are looked through. Pure; thread safe; microseconds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packs/detection/shell_words.h"
#include "packs/runtime/runtime.h"

namespace trimtab::packs {

enum class FlagOrigin {
  kCommandLine,
  kVariable,       // the runtime itself reads the variable: JAVA_TOOL_OPTIONS, NODE_OPTIONS
  kStartVariable,  // the image's start script is known to pass it on: CATALINA_OPTS, KAFKA_HEAP_OPTS
};

struct FlagWord {
  std::string text;
  FlagOrigin origin = FlagOrigin::kCommandLine;
  std::string variable;  // of kVariable and kStartVariable
};

struct DetectedRuntime {
  RuntimeKind runtime = RuntimeKind::kUnknown;
  RuntimeVersion version;
  std::string evidence;              // "command line: /usr/bin/java", "image: eclipse-temurin:17-jre"
  std::vector<FlagWord> flags;       // of the runtime, in the order in which it reads them: a later one wins
  std::vector<std::string> program;  // the program and its arguments: "app.jar --server.port=8080"
  [[nodiscard]] std::vector<std::string> flag_words() const;
};

struct ProcessFacts {
  std::vector<std::string> command_line;  // as the kernel has it, or command followed by args of a pod spec
  Environment environment;
  std::string image;  // "docker.io/library/eclipse-temurin:17-jre"; may be empty
};

[[nodiscard]] DetectedRuntime detect_runtime(const ProcessFacts& facts);

// The runtime that exports a metric of this name ("jvm_memory_used_bytes", "go_goroutines"); kUnknown when it tells
// nothing. Prometheus client libraries' names: Micrometer and client_java, client_golang, prom-client, prometheus-net,
// client_python. A Go exporter's go_ metrics tell of the exporter: ask only for the workload's own target.
[[nodiscard]] RuntimeKind runtime_of_metric(std::string_view metric);

}  // namespace trimtab::packs
