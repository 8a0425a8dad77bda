#include "tools/l2tpload/options.hpp"

#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <string_view>

namespace openl2tp::load {

const char* const usage =
    "l2tpload: load for an L2TP daemon. It sends to loopback, or to the address given, and ends by itself.\n"
    "\n"
    "  l2tpload tunnels N [--calls M] [--hold SECONDS]    open N tunnels and M calls on each, hold and clear them\n"
    "  l2tpload churn SECONDS [--tunnels N] [--calls M] [--kind hello|calls|acknowledged] [--burst B]\n"
    "                                                     work N open tunnels: HELLOs, or calls set up and cleared, "
    "which\n"
    "                                                     wait for the ICCN's acknowledgement (acknowledged) or not "
    "(calls)\n"
    "  l2tpload echo SECONDS [--size OCTETS] [--calls M]  data messages of M sessions against an echo server "
    "(uring_echo, frames_echo)\n"
    "  l2tpload lns SECONDS [--tunnels N] [--calls M]     accept N tunnels with M calls each\n"
    "\n"
    "  --target ADDRESS   whom to talk to (127.0.0.1); --port PORT its port, or the port to listen on (1701)\n"
    "  --local ADDRESS    our address (the target's family, any; lns: 127.0.0.1)\n"
    "  --source-port P    our port (any); --ports P how many, counted up (1)\n"
    "  --in-flight K      what may wait for an answer at once (64)\n"
    "  --opening K        tunnels that may open at once (as many as --in-flight)\n"
    "  --rate R           operations a second at most (no limit)\n"
    "  --burst B          HELLOs in a row on one tunnel (half the peer's window)\n"
    "  --clear WHAT       in the end: nothing, tunnels (StopCCN), calls (CDN, then StopCCN) (tunnels)\n"
    "  --retries N        of one message before its tunnel is dead (7)\n"
    "  --window N         messages that we offer to take at once (16)\n"
    "  --limit SECONDS    end of the run, come what may (300; at most 3600)\n"
    "  --gso              send runs of equal messages in one call; they all reach one shard\n"
    "  --watch PID        measure that process along: processor time and resident memory\n"
    "  --cpu N            run on that processor\n"
    "  --json             one JSON object a line\n";

namespace {

tl::unexpected<std::string> wrong(std::string_view option, std::string_view value, std::string_view allowed) {
  return tl::unexpected(std::string(option) + ": '" + std::string(value) + "' is not " + std::string(allowed));
}

enum Key : int { target, port, local, source_port, clear, kind, gso, json, numbers };

struct Number {
  const char* name;
  std::uint32_t low, high;
  void (*store)(Options&, std::uint32_t);
};

// What takes a plain number, one row each.
constexpr Number number_options[] = {
    {"ports", 1, 64, [](Options& o, std::uint32_t v) { o.transport.sockets = static_cast<std::uint16_t>(v); }},
    {"tunnels", 1, 65535, [](Options& o, std::uint32_t v) { o.tunnels.tunnels = v; }},
    {"calls", 0, 65534, [](Options& o, std::uint32_t v) { o.lac.calls = v, o.echo.sessions = std::max(v, 1U); }},
    {"in-flight", 1, 1'000'000, [](Options& o, std::uint32_t v) { o.lac.in_flight = o.echo.in_flight = v; }},
    {"opening", 1, 65535, [](Options& o, std::uint32_t v) { o.lac.opening = v; }},
    {"hold", 0, 3600, [](Options& o, std::uint32_t v) { o.lac.hold_s = v; }},
    {"burst", 1, Tunnels::queue_size, [](Options& o, std::uint32_t v) { o.lac.burst = v; }},
    {"rate", 0, 10'000'000, [](Options& o, std::uint32_t v) { o.lac.rate = o.echo.rate = v; }},
    {"retries", 1, 20, [](Options& o, std::uint32_t v) { o.tunnels.retries = static_cast<std::uint16_t>(v); }},
    {"window", 1, 1024, [](Options& o, std::uint32_t v) { o.receive_window = static_cast<std::uint16_t>(v); }},
    {"limit", 1, 3600, [](Options& o, std::uint32_t v) { o.lac.limit_s = v; }},
    {"size", 1, Transport::send_size_max, [](Options& o, std::uint32_t v) { o.echo.size = v; }},
    {"watch", 1, 0x7fffffff, [](Options& o, std::uint32_t v) { o.watched = static_cast<int>(v); }},
    {"cpu", 0, 1023, [](Options& o, std::uint32_t v) { o.processor = static_cast<int>(v); }},
};

tl::expected<std::uint32_t, std::string> parse_number(std::string_view option, std::string_view text, std::uint32_t low,
                                                      std::uint32_t high) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    return wrong(option, text, "a number from " + std::to_string(low) + " to " + std::to_string(high));
  return value;
}

struct Addresses {
  std::string target = "127.0.0.1", local;
  std::uint16_t port = 1701, source_port = 0;
};

tl::expected<void, std::string> take_addresses(Options& options, const Addresses& given) {
  const bool listen = options.mode == Mode::lns;
  options.transport.listen = listen;
  const auto target_address = Address::parse(given.target, given.port);
  if (!target_address) return wrong("--target", given.target, "an IPv4 or IPv6 address");
  options.transport.target = *target_address;
  const char* any = target_address->family() == AF_INET ? "0.0.0.0" : "::";
  const std::string local_text = !given.local.empty() ? given.local : listen ? "127.0.0.1" : any;
  const auto local_address = Address::parse(local_text, listen ? given.port : given.source_port);
  if (!local_address) return wrong("--local", local_text, "an IPv4 or IPv6 address");
  if (!listen && local_address->family() != target_address->family())
    return wrong("--local", local_text, "of the target's address family");
  options.transport.local = *local_address;
  return {};
}

/// The mode and its number.
tl::expected<void, std::string> take_words(Options& options, int count, char** words) {
  if (count == 0 || std::strcmp(words[0], "help") == 0) return {};
  const std::string_view mode = words[0];
  const Mode modes[] = {Mode::tunnels, Mode::churn, Mode::echo, Mode::lns};
  const std::string_view names[] = {"tunnels", "churn", "echo", "lns"};
  const auto found = std::find(std::begin(names), std::end(names), mode);
  if (found == std::end(names)) return wrong("mode", mode, "one of tunnels, churn, echo, lns");
  if (count != 2) return wrong(mode, std::to_string(count - 1) + " words", "one number and options");
  options.mode = modes[found - std::begin(names)];
  const bool of_tunnels = options.mode == Mode::tunnels;
  const auto value = parse_number(mode, words[1], 1, of_tunnels ? 65535 : 3600);
  if (!value) return tl::unexpected(value.error());
  (of_tunnels ? options.tunnels.tunnels : options.seconds) = *value;
  return {};
}

} // namespace

tl::expected<Options, std::string> parse(int argc, char** argv) {
  Options options;
  Addresses addresses;
  std::vector<option> table = {{"target", required_argument, nullptr, target},
                               {"port", required_argument, nullptr, port},
                               {"local", required_argument, nullptr, local},
                               {"source-port", required_argument, nullptr, source_port},
                               {"clear", required_argument, nullptr, clear},
                               {"kind", required_argument, nullptr, kind},
                               {"gso", no_argument, nullptr, gso},
                               {"json", no_argument, nullptr, json},
                               {"help", no_argument, nullptr, 'h'}};
  for (std::size_t i = 0; i < std::size(number_options); ++i)
    table.push_back({number_options[i].name, required_argument, nullptr, numbers + static_cast<int>(i)});
  table.push_back({});

  options.tunnels.tunnels = 1000;
  optind = 0;
  for (int key = 0; (key = getopt_long(argc, argv, ":h", table.data(), nullptr)) != -1;) {
    const std::string_view value = optarg == nullptr ? "" : optarg;
    if (key == 'h') return Options{};
    if (key == '?' || key == ':')
      return tl::unexpected(std::string(argv[optind - 1]) + (key == '?' ? ": no such option" : ": needs a value"));
    if (key == target) {
      addresses.target = value;
    } else if (key == local) {
      addresses.local = value;
    } else if (key == port || key == source_port) {
      const auto parsed = parse_number(key == port ? "--port" : "--source-port", value, 1, 65535);
      if (!parsed) return tl::unexpected(parsed.error());
      (key == port ? addresses.port : addresses.source_port) = static_cast<std::uint16_t>(*parsed);
    } else if (key == clear) {
      if (value == "nothing")
        options.lac.clear = Clear::nothing;
      else if (value == "tunnels")
        options.lac.clear = Clear::tunnels;
      else if (value == "calls")
        options.lac.clear = Clear::calls;
      else
        return wrong("--clear", value, "nothing, tunnels or calls");
    } else if (key == kind) {
      if (value == "hello")
        options.lac.churn = Churn::hello;
      else if (value == "calls")
        options.lac.churn = Churn::calls;
      else if (value == "acknowledged")
        options.lac.churn = Churn::acknowledged;
      else
        return wrong("--kind", value, "hello, calls or acknowledged");
    } else if (key == gso) {
      options.transport.segment = true;
    } else if (key == json) {
      options.json = true;
    } else {
      const Number& row = number_options[key - numbers];
      const auto parsed = parse_number(std::string("--") + row.name, value, row.low, row.high);
      if (!parsed) return tl::unexpected(parsed.error());
      row.store(options, *parsed);
    }
  }
  if (auto taken = take_words(options, argc - optind, argv + optind); !taken) return tl::unexpected(taken.error());
  if (auto taken = take_addresses(options, addresses); !taken) return tl::unexpected(taken.error());
  options.lac.churn_s = options.mode == Mode::churn ? options.seconds : 0;
  options.echo.seconds = options.seconds;
  // As many slots more than stay up as the calls need that come and go.
  const std::uint32_t coming = (options.lac.in_flight + options.tunnels.tunnels - 1) / options.tunnels.tunnels;
  options.tunnels.calls = options.lac.calls + (options.lac.churn_s != 0 ? std::min(coming, 1000U) : 0);
  return options;
}

} // namespace openl2tp::load
