"""Parameter spaces as every tuner sees them, and the one distance that recorded tables use."""

import dataclasses
import json
import math


@dataclasses.dataclass(frozen=True)
class Parameter:
    """kind: integer, real, categorical or ordinal. when: (parent, value), active only when the parent has that value."""
    name: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    values: tuple = ()
    when: tuple | None = None

    def unit(self, value):
        """The place of a number or rank in [0, 1]."""
        if self.kind == "ordinal":
            return self.values.index(value) / (len(self.values) - 1)
        if self.log:
            return (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (value - self.low) / (self.high - self.low)

    def value(self, unit):
        """The value at a place in [0, 1]; every category or rank gets an equal share."""
        unit = min(max(unit, 0.0), 1.0)
        if self.values:
            return self.values[min(int(unit * len(self.values)), len(self.values) - 1)]
        if self.log:
            number = math.exp(math.log(self.low) + unit * (math.log(self.high) - math.log(self.low)))
        else:
            number = self.low + unit * (self.high - self.low)
        number = min(max(number, self.low), self.high)
        return round(number) if self.kind == "integer" else number


def integer(name, low, high, log=False, when=None):
    return Parameter(name, "integer", low, high, log, when=when)


def real(name, low, high, log=False, when=None):
    return Parameter(name, "real", low, high, log, when=when)


def categorical(name, *values, when=None):
    return Parameter(name, "categorical", values=values, when=when)


def ordinal(name, *values, when=None):
    return Parameter(name, "ordinal", values=values, when=when)


def flag(name, when=None):
    return categorical(name, "off", "on", when=when)


class Space:
    """parameters: parents stand before their children. relations: [(text, function of a configuration)], known before a run is spent."""

    def __init__(self, parameters, relations=()):
        self.parameters = list(parameters)
        self.by_name = {p.name: p for p in self.parameters}
        self.relations = list(relations)

    def active(self, parameter, configuration):
        return parameter.when is None or configuration.get(parameter.when[0]) == parameter.when[1]

    def decode(self, units):
        """A configuration from one number in [0, 1] per parameter; inactive parameters are absent."""
        configuration = {}
        for parameter, unit in zip(self.parameters, units):
            if self.active(parameter, configuration):
                configuration[parameter.name] = parameter.value(float(unit))
        return configuration

    def allowed(self, configuration):
        return all(holds(configuration) for _, holds in self.relations)

    def checked(self, configuration):
        """The configuration, active parameters only, each value verified; raises ValueError."""
        result = {}
        for p in self.parameters:
            if not self.active(p, result):
                continue
            if p.name not in configuration:
                raise ValueError(f"{p.name} is missing")
            value = configuration[p.name]
            if p.values:
                value = str(value)
                if value not in p.values:
                    raise ValueError(f"{p.name}: {value} is not among {p.values}")
            else:
                value = float(value)
                if not p.low - 1e-9 <= value <= p.high + 1e-9:
                    raise ValueError(f"{p.name}: {value} is outside [{p.low}, {p.high}]")
                if p.kind == "integer":
                    if abs(value - round(value)) > 1e-6:
                        raise ValueError(f"{p.name}: {value} is no integer")
                    value = round(value)
            result[p.name] = value
        return result

    def document(self, goal, slos=(), baseline=None):
        """The space as a Trimtab document (kind: Space)."""
        lines = ["apiVersion: trimtab.dev/v1", "kind: Space", "parameters:"]
        for p in self.parameters:
            entry = {"name": p.name, "type": p.kind}
            if p.values:
                entry["values"] = list(p.values)
            else:
                entry["min"], entry["max"] = p.low, p.high
                if p.log:
                    entry["scale"] = "log"
            if p.when:
                entry["when"] = f'{p.when[0]} == "{p.when[1]}"'
            lines.append("  - " + json.dumps(entry))
        if self.relations:
            lines += ["constraints:"] + ["  - " + json.dumps(text) for text, _ in self.relations]
        lines.append("goal: " + json.dumps(goal))
        if baseline:
            lines.append("baseline: " + json.dumps(baseline))
        if slos:
            lines += ["slos:"] + ["  - " + json.dumps(text) for text in slos]
        return "\n".join(lines) + "\n"
