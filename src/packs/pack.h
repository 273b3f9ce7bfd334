// Pack: what is known about a technology, as data (kind: Pack): parameters with domains and how to render them, metrics
// with their PromQL, monotone relations. Immutable values. See packs/*.yaml and docs/guide/packs.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/application.h"
#include "model/space.h"
#include "packs/runtime/runtime.h"
#include "yaml/document.h"

namespace trimtab::packs {

// Where and how a value is given to the running thing.
struct Rendering {
  enum class Place {
    kNone,      // cannot be rendered by Trimtab (a study's command reads it from its environment)
    kLimit,     // a resource limit of the container or control group: "cpu" (cores), "memory" (MiB)
    kRequest,   // a resource request
    kFlag,      // a flag of the runtime, before the program: -Xmx512m
    kArgument,  // an argument of the program, after it: --server.tomcat.threads.max=50
    kEnvironment,
    kAutoscaler,  // a field of the workload's HorizontalPodAutoscaler: "min_replicas", "cpu_target", ...
    kSysctl,      // securityContext.sysctls of the pod: "net.core.somaxconn"
  } place = Place::kNone;
  std::string name;                             // the resource, the variable, the field, the sysctl
  std::string pattern;                          // "-Xmx${value}m"; kFlag, kArgument, kEnvironment, kSysctl
  std::map<std::string, std::string> by_value;  // category -> flag ("" renders nothing)
  std::vector<std::string> aliases;             // further patterns that recognise() understands
};

// How a runtime reads its command line; all empty: every word is flag and argument alike.
struct Launcher {
  std::vector<std::string> variables_before;    // variables whose words come before the flags: JAVA_TOOL_OPTIONS
  std::vector<std::string> variables_after;     // ... after them, so that they win: _JAVA_OPTIONS
  std::vector<std::string> program_options;     // the word after one of these is the program: -jar
  std::vector<std::string> options_with_value;  // the word after one of these belongs to it: -cp
  [[nodiscard]] bool is_known() const { return !program_options.empty(); }
};

struct PackParameter {
  model::Parameter parameter;  // name without the component: "heap"
  Rendering rendering;
  std::string source;        // URL
  std::string default_text;  // what is the case when nothing is given, in words: it may depend on the surroundings
  std::string risk;          // "low", "medium", "high" or empty: what a wrong value may cost
  std::string versions;      // "17 and later"; empty: all that the pack is for
};

// Something that is certain about the technology, for people.
struct PackFact {
  std::string text;
  std::string versions;  // for which it holds; empty: all
  std::string source;    // URL
};

// How the technology shows on a live process. Any one of them tells.
struct PackDetection {
  std::vector<std::string> programs;   // base name of the program: "postgres"
  std::vector<std::string> images;     // a part of the image's last name, between '-' and '_': "postgres"
  std::vector<std::string> variables;  // an environment variable, or the start of its name with '*': "POSTGRES_*"
  std::vector<std::string> arguments;  // a text within a word of the command line: "server.tomcat."
  std::vector<std::string> metrics;    // the start of an exported metric's name: "pg_"
};

// A formula that every sound configuration satisfies, over own parameters ("initial_heap <= heap") and those of other
// packs ("heap <= container.memory_limit").
struct PackRelation {
  expr::Expression expression;
  std::string text;    // as written
  std::string why;     // for people; may be empty
  std::string source;  // URL; may be empty
};

struct PackMetric {
  model::Metric metric;  // name without the component; query with $LABELS$ and $WINDOW$
  std::string source;
};

struct Pack {
  std::string name;
  std::string version;
  std::string description;
  std::string source;
  RuntimeKind runtime = RuntimeKind::kUnknown;  // whose memory model its flags and variables feed
  Launcher launcher;
  std::vector<PackParameter> parameters;
  std::vector<PackMetric> metrics;
  std::vector<model::Monotone> monotone;  // names without the component
  std::vector<PackRelation> relations;
  std::vector<PackFact> facts;
  PackDetection detection;

  [[nodiscard]] const PackParameter* find_parameter(std::string_view name) const;
  [[nodiscard]] const PackMetric* find_metric(std::string_view name) const;
};

// kInvalidInput with line and field of the first fault; the hint lists the others.
[[nodiscard]] Result<Pack> read_pack(const yaml::Document& document);
// Every fault; empty when there are none.
[[nodiscard]] std::vector<Error> pack_faults(const yaml::Document& document);

// The packs an installation knows: the embedded ones, and those of a user's folder (which win by name).
class PackLibrary {
 public:
  // The packs embedded in the binary (packs/*.yaml at build time). Milliseconds.
  [[nodiscard]] static Result<PackLibrary> embedded();
  // Reads *.yaml of the folder. kNotFound when there is no such folder, kInvalidInput from the first faulty pack.
  [[nodiscard]] Result<void> add_folder(const std::string& folder);
  void add(Pack pack);
  [[nodiscard]] const Pack* find(std::string_view name) const;
  [[nodiscard]] std::vector<const Pack*> all() const;  // by name
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<std::string, Pack, std::less<>> packs_;
};

// What a configuration of one component turns into. Parameter names without the component.
struct Rendered {
  std::map<std::string, double> limits;  // "cpu" cores, "memory" MiB
  std::map<std::string, double> requests;
  std::vector<std::string> flags;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::map<std::string, double> autoscaler;    // "min_replicas", "max_replicas", "cpu_target" (percent), ...
  std::map<std::string, std::string> sysctls;  // of the pod
};
// The fields of an autoscaler that kAutoscaler may name.
[[nodiscard]] const std::vector<std::string>& autoscaler_fields();
// kInvalidInput: a parameter the pack does not know or a category without a rendering.
[[nodiscard]] Result<Rendered> render(const Pack& pack, const model::Configuration& parameters);
// The inverse, from what a live process shows: values found among environment, flags, arguments and limits (the last of
// a repeated flag counts, as for the JVM). `command_line` with the program's name first, as in /proc/PID/cmdline.
// `limits`: "cpu" and "memory", as "request.cpu" and "request.memory" what is requested, and as
// "autoscaler.min_replicas" and the like what its autoscaler has.
// Memory sizes are understood with any suffix (-Xmx1g, -Xmx536870912). Parameters that are not found are absent; values
// are as found, also outside the parameter's range or grid.
[[nodiscard]] model::Configuration recognise(const Pack& pack, const std::vector<std::string>& command_line,
                                             const std::map<std::string, std::string>& environment,
                                             const std::map<std::string, double>& limits);

// Whether a word of a command line or of a list of options gives this parameter, in its own or an alias' spelling.
[[nodiscard]] bool gives(const PackParameter& parameter, std::string_view word);

// What is known of one process, for technology_of(). Any part may be empty.
struct TechnologyTraces {
  std::vector<std::string> command_line;
  std::map<std::string, std::string> environment;
  std::string image;
  std::vector<std::string> metrics;  // names that its target exports
};
// Names of the packs whose detection finds a trace, by name.
[[nodiscard]] std::vector<std::string> technologies_of(const PackLibrary& library, const TechnologyTraces& traces);

// The pack as a page of documentation, in Markdown (docs/packs/NAME.md).
[[nodiscard]] std::string to_markdown(const Pack& pack);

}  // namespace trimtab::packs
