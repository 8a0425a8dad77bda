#include "runtime/trace/sink.hpp"

#include <bit>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "protocol/wire/avp_table.hpp"
#include "runtime/trace/category.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime {

namespace {

using namespace protocol;

constexpr std::size_t note_octets_max = 512;

std::string_view word(Direction direction) { return direction == Direction::received ? "received" : "sent"; }

void append_subject(std::string& line, TunnelId tunnel, SessionId session) {
  auto out = std::back_inserter(line);
  if (tunnel && session)
    fmt::format_to(out, "tunnel {} session {}: ", tunnel.value, session.value);
  else if (tunnel)
    fmt::format_to(out, "tunnel {}: ", tunnel.value);
  else if (session)
    fmt::format_to(out, "session {}: ", session.value);
}

std::uint64_t number_of(Octets value) {
  std::uint64_t number = 0;
  for (const std::byte octet : value)
    number = number << 8 | std::to_integer<std::uint64_t>(octet);
  return number;
}

void append_value(std::string& line, const AvpRow& row, Octets value) {
  switch (row.kind) {
  case ValueKind::number16:
  case ValueKind::nonzero16:
  case ValueKind::low_octet:
  case ValueKind::number32:
    if (row.fits(value.size()))
      line += std::to_string(number_of(value));
    else
      append_hex(line, value);
    return;
  case ValueKind::text: append_quoted(line, {reinterpret_cast<const char*>(value.data()), value.size()}); return;
  case ValueKind::none:
  case ValueKind::bits32:
  case ValueKind::octets:
  case ValueKind::structure:
  case ValueKind::result_code:
    line += "0x";
    append_hex(line, value);
    return;
  }
}

void append_avp(std::string& line, TraceMask category, const AvpTrace& avp) {
  const AvpRow* row = avp.vendor == 0 ? find_avp_row(avp.attribute) : nullptr;
  auto out = std::back_inserter(line);
  fmt::format_to(out, "{} AVP ", word(avp.direction));
  if (row != nullptr)
    fmt::format_to(out, "{} ({})", row->name, avp.attribute);
  else if (avp.vendor == 0)
    fmt::format_to(out, "{}", avp.attribute);
  else
    fmt::format_to(out, "{} of vendor {}", avp.attribute, avp.vendor);
  if (avp.mandatory) line += ", mandatory";
  if (avp.hidden) line += ", hidden";
  fmt::format_to(out, ", {} octets", avp.length);
  if (category != trace::avp_data) return;
  // What we do not know may be a secret, and what was hidden was hidden for a reason.
  if (row == nullptr || row->secret || avp.hidden) {
    line += ", value not shown";
  } else if (!avp.value.empty()) {
    line += ": ";
    append_value(line, *row, avp.value);
  }
}

} // namespace

void append_trace_line(std::string& line, const TraceEvent& event) {
  append_subject(line, event.tunnel, event.session);
  struct Words {
    std::string& line;
    TraceMask category;
    void operator()(const MessageTrace& m) const {
      fmt::format_to(std::back_inserter(line), "{} {}, Ns {} Nr {}, {} octets", word(m.direction), m.message, m.ns,
                     m.nr, m.octets);
    }
    void operator()(const TransitionTrace& t) const {
      fmt::format_to(std::back_inserter(line), "{} {} --{}--> {}", t.machine, t.from, t.event, t.to);
    }
    void operator()(const AvpTrace& avp) const { append_avp(line, category, avp); }
    void operator()(const NoteTrace& note) const { append_printable(line, note.text, note_octets_max); }
  };
  std::visit(Words{line, event.category}, event.what);
}

TraceWriter::TraceWriter(Log& log, std::function<TimePoint()> now, TraceRates rates)
    : log_(log), now_(std::move(now)), categories_([&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto names = trace_categories();
        return std::array<Stream, sizeof...(I)>{Stream{names[I].name, TokenBucket(rates.lines_per_second)}...};
      }(std::make_index_sequence<11>{})),
      warnings_{"warning", TokenBucket(rates.warnings_per_second)} {}

TraceWriter::~TraceWriter() {
  const TimePoint now = now_();
  for (Stream& stream : categories_)
    report(stream, now, true);
  report(warnings_, now, true);
}

TraceWriter::Stream& TraceWriter::stream_of(const TraceEvent& event) noexcept {
  if (event.warning) return warnings_;
  const auto bit = static_cast<std::size_t>(std::countr_zero(event.category));
  return categories_[bit < categories_.size() ? bit
                                              : 6]; // an event without a category counts as a step inside the daemon
}

void TraceWriter::trace(const TraceEvent& event) {
  const TimePoint now = now_();
  Stream& stream = stream_of(event);
  const bool passes = stream.bucket.take(now);
  report(stream, now, false);
  if (!passes) return;
  line_.clear();
  append_trace_line(line_, event);
  log_.write(event.warning ? LogLevel::warning : LogLevel::trace, line_);
}

void TraceWriter::note(TraceMask category, TunnelId tunnel, SessionId session, std::string_view text) {
  trace({.category = category, .tunnel = tunnel, .session = session, .warning = false, .what = NoteTrace{text}});
}

void TraceWriter::warn(TunnelId tunnel, SessionId session, std::string_view text) {
  trace({.category = 0, .tunnel = tunnel, .session = session, .warning = true, .what = NoteTrace{text}});
}

void TraceWriter::tick() {
  const TimePoint now = now_();
  for (Stream& stream : categories_)
    report(stream, now, false);
  report(warnings_, now, false);
}

void TraceWriter::report(Stream& stream, TimePoint now, bool final) {
  const std::uint64_t refused = stream.bucket.take_report(now, final);
  if (refused == 0) return;
  const bool warnings = &stream == &warnings_;
  log_.write(warnings ? LogLevel::warning : LogLevel::trace,
             fmt::format("{} {}lines held back: more than {} a second", refused,
                         warnings ? std::string("warning ") : fmt::format("trace {} ", stream.name),
                         stream.bucket.per_second()));
}

} // namespace openl2tp::runtime
