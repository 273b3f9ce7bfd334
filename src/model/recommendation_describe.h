// The fields of recommendations and observations, for JsonWriter and JsonReader. Private to *_json.cc files.
#pragma once

#include "model/json_archive.h"
#include "model/observation.h"
#include "model/recommendation.h"

namespace trimtab::model {

[[nodiscard]] const EnumNames<RecommendationState>& recommendation_state_names();

template <class Archive, class T>
  requires Same<T, Prediction>
void describe(Archive& archive, T& value) {
  archive.field("metric", value.metric);
  archive.field("unit", value.unit);
  archive.field("current", value.current);
  archive.field("mean", value.mean);
  archive.field("low", value.low);
  archive.field("high", value.high);
  archive.field("at_load", value.at_load);
}

template <class Archive, class T>
  requires Same<T, Binding>
void describe(Archive& archive, T& value) {
  archive.field("kind", value.kind);
  archive.field("subject", value.subject);
  archive.field("text", value.text);
}

template <class Archive, class T>
  requires Same<T, Change>
void describe(Archive& archive, T& value) {
  archive.field("parameter", value.parameter);
  archive.field("unit", value.unit);
  archive.field("current", value.current);
  archive.field("proposed", value.proposed);
  archive.field("edited", value.edited);
  archive.field("skipped", value.skipped);
  archive.field("effect", value.effect);
  archive.field("why", value.why);
}

template <class Archive, class T>
  requires Same<T, Evidence>
void describe(Archive& archive, T& value) {
  archive.field("windows", value.windows);
  archive.field("windows_at_current", value.windows_at_current);
  archive.field("load_low", value.load_low);
  archive.field("load_high", value.load_high);
  archive.field("load_expected", value.load_expected);
  archive.field("statements", value.statements);
}

template <class Archive, class T>
  requires Same<T, LifeCycleEntry>
void describe(Archive& archive, T& value) {
  archive.field("at", value.at);
  archive.enumeration("state", value.state, recommendation_state_names());
  archive.field("actor", value.actor);
  archive.field("action", value.action);
  archive.field("reason", value.reason);
}

template <class Archive, class T>
  requires Same<T, Verdict::Row>
void describe(Archive& archive, T& value) {
  archive.field("metric", value.metric);
  archive.field("before", value.before);
  archive.field("after", value.after);
  archive.field("change", value.change);
  archive.field("low", value.low);
  archive.field("high", value.high);
  archive.field("p_value", value.p_value);
  archive.field("conclusion", value.conclusion);
}

template <class Archive, class T>
  requires Same<T, Verdict>
void describe(Archive& archive, T& value) {
  archive.field("test", value.test);
  archive.field("windows_before", value.windows_before);
  archive.field("windows_after", value.windows_after);
  archive.field("load_before", value.load_before);
  archive.field("load_after", value.load_after);
  archive.field("rows", value.rows);
  archive.field("conclusion", value.conclusion);
}

template <class Archive, class T>
  requires Same<T, Recommendation>
void describe(Archive& archive, T& value) {
  archive.field("id", value.id);
  archive.field("application", value.application);
  archive.field("created", value.created);
  archive.field("expires", value.expires);
  archive.enumeration("state", value.state, recommendation_state_names());
  archive.field("live_fingerprint", value.live_fingerprint);
  archive.field("current", value.current);
  archive.field("changes", value.changes);
  archive.field("predictions", value.predictions);
  archive.field("bindings", value.bindings);
  archive.field("evidence", value.evidence);
  archive.field("kind", value.kind);
  archive.field("summary", value.summary);
  archive.field("confidence", value.confidence);
  archive.field("cost_current", value.cost_current);
  archive.field("cost_proposed", value.cost_proposed);
  archive.field("history", value.history);
  archive.field("verdict", value.verdict);
}

template <class Archive, class T>
  requires Same<T, Observation>
void describe(Archive& archive, T& value) {
  archive.field("start", value.start);
  archive.field("end", value.end);
  archive.field("configuration", value.configuration);
  archive.field("load", value.load);
  archive.field("context", value.context);
  archive.field("metrics", value.metrics);
  archive.field("failed", value.failed);
  archive.field("failure", value.failure);
}

}  // namespace trimtab::model
