"""Medians, and the table that is printed."""

import statistics


def median(rounds, *path):
    """The median over rounds of the number at a path such as ("hello", "cpu_us_per_message")."""
    values = []
    for phases in rounds:
        value = phases
        for step in path:
            value = value[step]
        values.append(value)
    return statistics.median(values)


def growth_by_tenth(phase, field="cpu_us_per_operation_by_tenth"):
    """How much dearer an operation is when nearly all exist than when few do: the mean of the last three tenths over that of the
    second to fourth. The first tenth pays for memory that is touched first."""
    tenths = phase.get(field, [])
    if len(tenths) < 10:
        return None
    early = statistics.mean(tenths[1:4])
    return statistics.mean(tenths[7:10]) / early if early > 0 else None


class Report:
    """Prints rows as they come and keeps them for --json."""

    def __init__(self):
        self.rows = []
        self.notes = []

    def heading(self, text):
        print(f"\n== {text}", flush=True)

    def row(self, name, value, unit="", budget=None, holds=None):
        """One figure. `budget` is its text, `holds` whether it is kept; None: no budget."""
        self.rows.append({"name": name, "value": value, "unit": unit, "budget": budget, "holds": holds})
        shown = "-" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        verdict = "" if holds is None else f"   budget {budget}: {'kept' if holds else 'MISSED'}"
        print(f"{name:58} {shown:>12} {unit:12}{verdict}", flush=True)

    def note(self, text):
        self.notes.append(text)
        print(f"   {text}", flush=True)
