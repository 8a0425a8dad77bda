// monitor: events of tunnels and sessions as they happen, until it is stopped.
#include <ctime>

#include <fmt/format.h>

#include "tools/l2tpconfig/json.hpp"

namespace openl2tp::cli {
namespace {

constexpr std::uint32_t kWaitMs = 15000; // below the time in which an answer must come

const char* kind_text(l2tp_ext_event_kind kind) noexcept {
  switch (kind) {
  case L2TP_EXT_EVENT_TUNNEL_CREATED: return "tunnel created";
  case L2TP_EXT_EVENT_TUNNEL_UP: return "tunnel up";
  case L2TP_EXT_EVENT_TUNNEL_DOWN: return "tunnel down";
  case L2TP_EXT_EVENT_TUNNEL_GONE: return "tunnel gone";
  case L2TP_EXT_EVENT_SESSION_UP: return "session up";
  case L2TP_EXT_EVENT_SESSION_DOWN: return "session down";
  case L2TP_EXT_EVENT_PPP_UP: return "ppp up";
  }
  return "event";
}

std::string time_text(std::uint64_t at_ms) {
  const auto seconds = static_cast<std::time_t>(at_ms / 1000);
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return std::to_string(at_ms);
  char text[32];
  text[std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local)] = '\0';
  return fmt::format("{}.{:03}", text, at_ms % 1000);
}

void print(Context& context, const l2tp_ext_event& event) {
  if (context.json) { // a document a line, so that a reader need not wait for the end
    const Json object = {{"at_ms", event.at_ms},
                         {"event", kind_text(event.kind)},
                         {"tunnel_id", event.tunnel_id},
                         {"session_id", event.session_id},
                         {"peer_tunnel_id", event.peer_tunnel_id},
                         {"peer_session_id", event.peer_session_id},
                         {"text", event.text}};
    context.out << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return;
  }
  context.out << fmt::format("{} {} {}", time_text(event.at_ms), kind_text(event.kind), event.tunnel_id);
  if (event.session_id != 0) context.out << fmt::format("/{}", event.session_id);
  const std::string text = printable(event.text);
  context.out << (text.empty() ? "" : ": ") << text << '\n';
}

Status monitor(Context& context, const Arguments& arguments) {
  const wire_u16 tunnel = id_of(arguments, "tunnel_id");
  const ArgumentValue* limit = arguments.find("limit");
  std::int64_t printed = 0;
  l2tp_ext_monitor_request request{0}; // the first call begins the watch
  while (!is_stopped(context)) {
    const auto reply = context.stub.call<l2tp_ext_monitor_reply>(L2TP_EXT_MONITOR_NEXT, request);
    if (!reply) return unanswered(context, reply.error() + "; events need a connection (-t) and openl2tpd");
    if ((*reply)->result < 0) return refused(context, "monitor", (*reply)->result);
    request.wait_ms = kWaitMs;
    if ((*reply)->lost > 0) context.err << (*reply)->lost << " events lost: they came faster than they were read\n";
    const auto& events = (*reply)->events;
    for (u_int i = 0; i < events.events_len; ++i) {
      if (tunnel != 0 && events.events_val[i].tunnel_id != tunnel) continue;
      print(context, events.events_val[i]);
      if (limit != nullptr && ++printed >= limit->number) return Status::done;
    }
    context.out.flush();
  }
  return Status::done;
}

} // namespace

std::span<const Command> monitor_commands() {
  static constexpr std::array parameters = {Parameter{"tunnel_id", Type::uint16, "Only events of this tunnel"},
                                            Parameter{"limit", Type::uint32, "Leave after so many events"}};
  static constexpr std::array rows = {
      Command{{"monitor"}, Access::read, "Print events as they happen", parameters, &monitor}};
  return rows;
}

} // namespace openl2tp::cli
