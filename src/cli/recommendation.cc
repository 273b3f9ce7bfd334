// trimtab recommendation: what Trimtab proposes, and a person's word on it.
#include <algorithm>
#include <charconv>
#include <ostream>

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

json member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? json() : *found;
}

std::string saving_text(const json& recommendation) {
  const json cost = member(recommendation, "cost");
  return money(member(cost, "saving"), cell(cost, "currency"));
}

void print_list(std::ostream& out, OutputForm form, const json& answer) {
  Table table({{"ID"},
               {"APPLICATION"},
               {"STATE"},
               {"CREATED"},
               {"SAVING/MONTH", false, true},
               {"CONFIDENCE", true, true},
               {"KIND", true},
               {"SUMMARY"}});
  for (const json& one : member(answer, "recommendations")) {
    table.add({cell(one, "id"), cell(one, "application"), cell(one, "state"), cell(one, "created"), saving_text(one),
               cell(one, "confidence"), cell(one, "kind"), cell(one, "summary")});
  }
  print(out, form, table, answer);
}

void print_changes(std::ostream& out, const json& one, bool wide) {
  Table changes({{"PARAMETER"},
                 {"CURRENT", false, true},
                 {"PROPOSED", false, true},
                 {"WILL BE", false, true},
                 {"UNIT"},
                 {"EFFECT"},
                 {"NOTE", true},
                 {"WHY"}});
  for (const json& change : member(one, "changes")) {
    const std::string note = cell(change, "skipped") == "yes" ? "skipped"
                             : cell(change, "edited") != "-"  ? "edited"
                                                              : "";
    changes.add({cell(change, "parameter"), cell(change, "current"), cell(change, "proposed"),
                 cell(change, "effective"), cell(change, "unit"), cell(change, "effect"), note, cell(change, "why")});
  }
  changes.print(out, wide);
}

void print_one(std::ostream& out, OutputForm form, const json& one) {
  if (form == OutputForm::kJson) return print_json(out, one);
  if (form == OutputForm::kYaml) return print_yaml(out, one);
  out << cell(one, "summary") << '\n'
      << cell(one, "id") << " for " << cell(one, "application") << ", " << cell(one, "state") << ", saving "
      << saving_text(one) << " a month, confidence " << cell(one, "confidence") << "\n\n";
  print_changes(out, one, form == OutputForm::kWide);
  out << '\n';
  Table predictions({{"PREDICTED"},
                     {"NOW", false, true},
                     {"THEN", false, true},
                     {"LOW", false, true},
                     {"HIGH", false, true},
                     {"UNIT"},
                     {"AT LOAD", false, true}});
  for (const json& prediction : member(one, "predictions")) {
    predictions.add({cell(prediction, "metric"), cell(prediction, "current"), cell(prediction, "mean"),
                     cell(prediction, "low"), cell(prediction, "high"), cell(prediction, "unit"),
                     cell(prediction, "at_load")});
  }
  predictions.print(out, false);
  for (const json& binding : member(one, "bindings"))
    out << "Bound by " << cell(binding, "kind") << ' ' << cell(binding, "subject") << ": " << cell(binding, "text")
        << '\n';
  for (const json& statement : member(member(one, "evidence"), "statements"))
    out << "Seen: " << (statement.is_string() ? statement.get<std::string>() : statement.dump()) << '\n';
  out << '\n';
  Table history({{"WHEN"}, {"STATE"}, {"WHO"}, {"WHAT"}, {"WHY"}});
  for (const json& entry : member(one, "history")) {
    history.add(
        {cell(entry, "at"), cell(entry, "state"), cell(entry, "actor"), cell(entry, "action"), cell(entry, "reason")});
  }
  history.print(out, false);
}

// "jvm.heap=512" -> {"jvm.heap": 512}; what is no number is a text.
Result<json> parse_edits(const std::vector<std::string>& texts) {
  json edits = json::object();
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return fail(invalid_input("\"" + text + "\" is no edit", "values", "write NAME=VALUE, as in jvm.heap=512"));
    }
    const std::string value = text.substr(equals + 1);
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size()) {
      edits[text.substr(0, equals)] = number;
    } else {
      edits[text.substr(0, equals)] = value;
    }
  }
  return edits;
}

struct Parts {
  CLI::App* command;
  std::shared_ptr<ServerOptions> server;
  std::shared_ptr<OutputForm> form;
  std::shared_ptr<std::string> id = std::make_shared<std::string>();
  std::shared_ptr<std::string> reason = std::make_shared<std::string>();
  std::shared_ptr<std::vector<std::string>> values = std::make_shared<std::vector<std::string>>();
};

Parts add_part(CLI::App& parent, const std::string& name, const std::string& help) {
  CLI::App* command = parent.add_subcommand(name, help);
  return {command, add_server_options(*command), add_output_option(*command)};
}

// Page by page, newest first, until there are `limit` or no more.
Result<json> list_all(const ServerOptions& server, const std::string& filter, int limit) {
  constexpr int kPage = 100;  // the server's most
  const ApiClient client(server);
  json all = json::array();
  std::string before;
  for (;;) {
    const int wanted = std::min(kPage, limit - static_cast<int>(all.size()));
    std::string path = "/recommendations?limit=" + std::to_string(wanted) + filter;
    if (!before.empty()) path += "&before=" + net::percent_encode(before);
    TRY_ASSIGN(const json page, client.get(path));
    const json items = page.value("recommendations", json::array());
    for (const json& one : items)
      all.push_back(one);
    if (static_cast<int>(items.size()) < wanted || static_cast<int>(all.size()) >= limit) break;
    before = all.back().value("id", std::string());
  }
  return json{{"recommendations", std::move(all)}};
}

void add_list(CLI::App& parent, Actions& actions) {
  const Parts parts = add_part(parent, "list", "List recommendations, newest first");
  const auto application = std::make_shared<std::string>();
  const auto state = std::make_shared<std::string>();
  const auto limit = std::make_shared<int>(20);
  parts.command->add_option("--application", *application, "Only those of this application");
  parts.command->add_option("--state", *state, "Only those in this state");
  parts.command->add_option("--limit", *limit, "At most so many")->check(CLI::Range(1, 1000))->capture_default_str();
  actions.on(parts.command, [parts, application, state, limit](Streams& streams) -> Result<void> {
    std::string filter;
    if (!application->empty()) filter += "&application=" + net::percent_encode(*application);
    if (!state->empty()) filter += "&state=" + net::percent_encode(*state);
    TRY_ASSIGN(const json listed, list_all(*parts.server, filter, *limit));
    print_list(streams.out, *parts.form, listed);
    return {};
  });
}

void add_show(CLI::App& parent, Actions& actions) {
  const Parts parts = add_part(parent, "show", "Show one recommendation with its evidence");
  parts.command->add_option("id", *parts.id, "Recommendation")->required();
  actions.on(parts.command, [parts](Streams& streams) -> Result<void> {
    TRY_ASSIGN(const json answer, ApiClient(*parts.server).get("/recommendations/" + net::percent_encode(*parts.id)));
    print_one(streams.out, *parts.form, answer);
    return {};
  });
}

struct DecisionVerb {
  const char* name;
  const char* help;
  const char* values;  // what follows the id; null: nothing
  bool reason_required;
};

void add_decision(CLI::App& parent, Actions& actions, const DecisionVerb& verb) {
  const Parts parts = add_part(parent, verb.name, verb.help);
  parts.command->add_option("id", *parts.id, "Recommendation")->required();
  auto* reason = parts.command->add_option("--reason", *parts.reason, "Why, for the audit trail");
  if (verb.reason_required) reason->required();
  if (verb.values) parts.command->add_option("values", *parts.values, verb.values)->required();
  const std::string action = verb.name;
  actions.on(parts.command, [parts, action](Streams& streams) -> Result<void> {
    json body{{"action", action}, {"actor", user_name()}, {"reason", *parts.reason}};
    if (action == "edit") {
      TRY_ASSIGN(body["edits"], parse_edits(*parts.values));
    } else if (action == "skip" || action == "unskip") {
      body["parameters"] = *parts.values;
    }
    const std::string path = "/recommendations/" + net::percent_encode(*parts.id) + "/decision";
    TRY_ASSIGN(const json answer, ApiClient(*parts.server).change("POST", path, body));
    if (*parts.form == OutputForm::kJson || *parts.form == OutputForm::kYaml) {
      print_one(streams.out, *parts.form, answer);
    } else {
      streams.out << *parts.id << " is " << cell(answer, "state") << ": " << cell(answer, "summary") << '\n';
    }
    return {};
  });
}

}  // namespace

void add_recommendation(CLI::App& root, Actions& actions) {
  CLI::App* parent = root.add_subcommand("recommendation", "Proposed changes and decisions on them");
  add_list(*parent, actions);
  add_show(*parent, actions);
  add_decision(*parent, actions, {"approve", "Approve: apply, verify, keep or roll back", nullptr, false});
  add_decision(*parent, actions, {"edit", "Put in other values before approving", "NAME=VALUE ...", false});
  add_decision(*parent, actions, {"skip", "Leave single changes out", "Parameters", false});
  add_decision(*parent, actions, {"unskip", "Take skipped changes in again", "Parameters", false});
  add_decision(*parent, actions, {"reject", "Reject, with the reason", nullptr, true});
  add_decision(*parent, actions, {"expire", "Withdraw it without a verdict", nullptr, false});
}

}  // namespace trimtab::cli
