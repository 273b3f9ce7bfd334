// trimtab app: enrolled applications.
#include <fstream>
#include <ostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/values.h"
#include "net/http_message.h"

namespace trimtab::cli {
namespace {

using nlohmann::json;

constexpr const char* kPaused =
    " is paused: nothing new begins; a change that is not live on every replica yet is put back, one that is live goes "
    "on being guarded";

json member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? json() : *found;
}

std::string path_of(const std::string& name) {
  return "/applications/" + net::percent_encode(name);
}

std::string cost_text(const json& application, const char* what) {
  const json cost = member(application, "cost");
  return money(member(cost, what), cell(cost, "currency"));
}

void print_applications(std::ostream& out, OutputForm form, const json& answer) {
  Table table({{"NAME"},
               {"MODE"},
               {"PHASE"},
               {"HEALTHY"},
               {"LOAD", false, true},
               {"COST/MONTH", false, true},
               {"SAVING", false, true},
               {"REPLICAS", true, true},
               {"OPEN", true},
               {"STATUS"}});
  for (const json& one : member(answer, "applications")) {
    table.add({cell(one, "name"), cell(one, "mode"), cell(one, "phase"), cell(one, "healthy"),
               cell(member(one, "load"), "now"), cost_text(one, "current"), cost_text(one, "saving"),
               cell(one, "replicas"), cell(one, "open_recommendation"), cell(one, "status")});
  }
  print(out, form, table, answer);
}

void print_application(std::ostream& out, OutputForm form, const json& one) {
  if (form == OutputForm::kJson) return print_json(out, one);
  if (form == OutputForm::kYaml) return print_yaml(out, one);
  out << cell(one, "name") << ": " << cell(one, "status") << '\n';
  for (const json& reason : member(one, "waiting_for"))
    out << "  waits for " << (reason.is_string() ? reason.get<std::string>() : reason.dump()) << '\n';
  if (cell(one, "data_trouble") != "-") out << "  data trouble: " << cell(one, "data_trouble") << '\n';
  if (cell(one, "disturbance") != "-") out << "  around it: " << cell(one, "disturbance") << '\n';
  const json left_alone = member(one, "left_alone");
  for (const auto& [parameter, why] : left_alone.items())
    out << "  " << parameter << " is left alone: " << (why.is_string() ? why.get<std::string>() : why.dump()) << '\n';
  out << "Mode " << cell(one, "mode") << ", phase " << cell(one, "phase") << ", " << cell(one, "replicas")
      << " replicas, healthy: " << cell(one, "healthy") << '\n';
  out << "Cost " << cost_text(one, "current") << " a month, saving " << cost_text(one, "saving") << "\n\n";
  Table slos({{"SLO"}, {"VALUE", false, true}, {"HOLDS"}});
  for (const json& slo : member(one, "slos"))
    slos.add({cell(slo, "name"), cell(slo, "value"), cell(slo, "holds")});
  slos.print(out, false);
  out << '\n';
  Table parameters({{"PARAMETER"},
                    {"LIVE", false, true},
                    {"BASELINE", false, true},
                    {"MIN", false, true},
                    {"MAX", false, true},
                    {"UNIT"},
                    {"MODE"},
                    {"EFFECT", true}});
  for (const json& parameter : member(one, "parameters")) {
    parameters.add({cell(parameter, "name"), cell(parameter, "live"), cell(parameter, "baseline"),
                    cell(parameter, "min"), cell(parameter, "max"), cell(parameter, "unit"), cell(parameter, "mode"),
                    cell(parameter, "effect")});
  }
  parameters.print(out, form == OutputForm::kWide);
}

Result<std::string> read_document(const std::string& file, Streams& streams) {
  std::ostringstream text;
  if (file == "-") {
    text << streams.in.rdbuf();
    return text.str();
  }
  std::ifstream in(file);
  if (!in) return fail(not_found("cannot read " + file));
  text << in.rdbuf();
  return text.str();
}

// What every sub-command of this file shares.
struct Parts {
  CLI::App* command;
  std::shared_ptr<ServerOptions> server;
  std::shared_ptr<OutputForm> form;
  std::shared_ptr<std::string> name = std::make_shared<std::string>();
};

Parts add_part(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* command = app.add_subcommand(name, help);
  return {command, add_server_options(*command), add_output_option(*command)};
}

Parts add_named_part(CLI::App& app, const std::string& name, const std::string& help) {
  Parts parts = add_part(app, name, help);
  parts.command->add_option("name", *parts.name, "Application")->required();
  return parts;
}

Result<void> show_answer(const Parts& parts, Streams& streams, const Result<json>& answer, const std::string& done) {
  if (!answer) return fail(answer.error());
  if (*parts.form == OutputForm::kJson || *parts.form == OutputForm::kYaml) {
    print_application(streams.out, *parts.form, *answer);
  } else {
    streams.out << done << '\n';
  }
  return {};
}

void add_reading(CLI::App& app, Actions& actions) {
  const Parts list = add_part(app, "list", "List the enrolled applications");
  actions.on(list.command, [list](Streams& streams) -> Result<void> {
    TRY_ASSIGN(const json answer, ApiClient(*list.server).get("/applications"));
    print_applications(streams.out, *list.form, answer);
    return {};
  });
  const Parts show = add_named_part(app, "show", "Show one application");
  actions.on(show.command, [show](Streams& streams) -> Result<void> {
    TRY_ASSIGN(const json answer, ApiClient(*show.server).get(path_of(*show.name)));
    print_application(streams.out, *show.form, answer);
    return {};
  });
}

void add_enroll(CLI::App& app, Actions& actions) {
  const Parts parts = add_part(app, "enroll", "Enrol an application, or replace its document");
  parts.command->add_option("file", *parts.name, "Application document; - for standard input")->required();
  actions.on(parts.command, [parts](Streams& streams) -> Result<void> {
    TRY_ASSIGN(const std::string document, read_document(*parts.name, streams));
    const json body{{"document", document}, {"file", *parts.name}};
    const auto answer = ApiClient(*parts.server).change("POST", "/applications", body);
    return show_answer(parts, streams, answer, answer ? "Enrolled " + cell(*answer, "name") : "");
  });
}

void add_mode(CLI::App& app, Actions& actions) {
  const Parts parts = add_named_part(app, "mode", "Set how much freedom Trimtab has with an application");
  const auto mode = std::make_shared<std::string>();
  parts.command->add_option("mode", *mode, "observe, recommend or autonomous")
      ->required()
      ->check(CLI::IsMember({"observe", "recommend", "autonomous"}));
  actions.on(parts.command, [parts, mode](Streams& streams) -> Result<void> {
    const auto answer = ApiClient(*parts.server).change("PUT", path_of(*parts.name) + "/mode", {{"mode", *mode}});
    return show_answer(parts, streams, answer, *parts.name + " is in mode " + *mode);
  });
}

void add_pausing(CLI::App& app, Actions& actions, bool paused) {
  const Parts parts =
      paused ? add_named_part(app, "pause", "Begin nothing new with an application, put back a change under way")
             : add_named_part(app, "resume", "Let Trimtab work on a paused application again");
  const auto reason = std::make_shared<std::string>();
  parts.command->add_option("--reason", *reason, "Why, for the audit trail");
  actions.on(parts.command, [parts, reason, paused](Streams& streams) -> Result<void> {
    const json body{{"paused", paused}, {"reason", *reason}};
    const auto answer = ApiClient(*parts.server).change("PUT", path_of(*parts.name) + "/paused", body);
    return show_answer(parts, streams, answer, *parts.name + (paused ? kPaused : " is resumed"));
  });
}

}  // namespace

void add_app(CLI::App& root, Actions& actions) {
  CLI::App* app = root.add_subcommand("app", "Enrolled applications");
  add_reading(*app, actions);
  add_enroll(*app, actions);
  add_mode(*app, actions);
  add_pausing(*app, actions, true);
  add_pausing(*app, actions, false);
}

}  // namespace trimtab::cli
