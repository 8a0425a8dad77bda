#include "tools/openl2tpd/options.hpp"

#include <getopt.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "runtime/trace/category.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::daemon {

namespace {

constexpr int long_only = 256; // getopt values of rows without a letter: this plus their index

constexpr std::array<OptionRow, 29> rows{{
    {'h', "help", "", "show this help and exit"},
    {0, "version", "", "show the version and exit"},
    {'f', "foreground", "", "stay in the foreground and log to standard output"},
    {'u', "udp-port", "PORT", "listen on this UDP port, and expect peers there (1701)"},
    {0, "listen", "ADDRESS", "listen on this local address only; may be repeated (any IPv4 and any IPv6 address)"},
    {0, "receive-buffer", "KIB", "octets of each listening socket's receive buffer, in KiB (32768)"},
    {'T', "threads", "N", "run on N threads (one for each core)"},
    {'p', "plugin", "NAME", "load a plugin; may be repeated (ppp_unix, unless a plugin provides PPP)"},
    {0, "ppp-plugin", "PROFILE=NAME", "sessions with this PPP profile go to this plugin alone; may be repeated"},
    {0, "plugin-info", "FILE", "show what this plugin offers, and exit"},
    {'c', "config-file", "FILE", "read this configuration file (/etc/openl2tpd.conf, where there is one)"},
    {0, "check", "", "read the configuration file, print what is wrong with it, and exit"},
    {0, "check-system", "", "print what this machine lacks for the daemon, with cures, and exit"},
    {'R', "remote-management", "", "answer management requests of other hosts, too"},
    {0, "remote-address", "ADDRESS", "do so on this local address only; may be repeated (every address)"},
    {0, "remote-allow", "NETWORK", "do so for these hosts only; may be repeated (every host)"},
    {0, "instance", "NAME", "the name of this daemon, where several run in one network namespace"},
    {0, "program-capabilities", "NAMES", "what programs that plugins start may do (net_admin,net_raw)"},
    {'P', "pid-file", "FILE", "write the process id to this file (/var/run/openl2tpd.pid)"},
    {'L', "log-facility", "FACILITY", "log to this syslog facility, local0 to local7 (daemon)"},
    {'d', "trace", "FLAGS", "trace these categories: a number, or names with commas between"},
    {'D', "debug", "", "log debug messages; new tunnels and sessions trace everything"},
    {'S', "status-files", "", "write a status file for every tunnel, session, profile and peer"},
    {0, "status-directory", "DIR", "write the status files there, and do write them (/var/run/openl2tpd)"},
    {0, "kernel-path", "HOW", "reach the kernel's L2TP by netlink, by sockets, or not at all: auto, sockets, off"},
    {0, "stop-timeout", "SECONDS", "end the daemon when a plugin holds up a stop for longer (12)"},
    {0, "test", "", "let the test commands inject faults; not for production"},
    {'y', "ppp-setup-max", "N", "let at most N sessions set up PPP at once (no bound)"},
    {0, "half-open", "N[,M]", "keep at most N half-open tunnels on each thread, M of one peer address (32768,16384)"},
}};

tl::unexpected<EarlyExit> refuse(int status, std::string error) {
  return tl::unexpected(EarlyExit{status, {}, std::move(error)});
}

std::string quoted(std::string_view text) {
  std::string out;
  runtime::append_quoted(out, text);
  return out;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

std::optional<int> parse_facility(std::string_view text) {
  constexpr std::array facilities{LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                  LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  if (!text.starts_with("local") || text.size() != 6 || text[5] < '0' || text[5] > '7') return std::nullopt;
  return facilities[static_cast<std::size_t>(text[5] - '0')];
}

tl::expected<void, std::string> add_address(const OptionRow& row, std::string_view value,
                                            std::vector<protocol::IpAddress>& addresses) {
  if (const auto address = protocol::parse_ip_address(value)) {
    addresses.push_back(*address);
    return {};
  }
  return tl::unexpected(
      fmt::format("--{}: address {}: must be an IPv4 or IPv6 address in numbers", row.long_name, quoted(value)));
}

/// "N" or "N,M".
std::optional<protocol::HalfOpenLimits> parse_half_open(std::string_view text) {
  protocol::HalfOpenLimits limits;
  const std::size_t comma = text.find(',');
  const auto total = parse_number(text.substr(0, comma), 1, half_open_max);
  if (!total) return std::nullopt;
  limits.total_max = *total;
  limits.per_source_max = std::min(limits.per_source_max, *total);
  if (comma == std::string_view::npos) return limits;
  const auto source = parse_number(text.substr(comma + 1), 1, half_open_max);
  if (!source) return std::nullopt;
  limits.per_source_max = *source;
  return limits;
}

/// The options without a letter.
tl::expected<void, std::string> apply_long(const OptionRow& row, std::string_view value, Options& options) {
  if (row.long_name == "listen") return add_address(row, value, options.listen);
  if (row.long_name == "remote-address") {
    options.remote_management = true;
    return add_address(row, value, options.remote_addresses);
  }
  if (row.long_name == "remote-allow") {
    options.remote_management = true;
    auto network = rpc::parse_network(value);
    if (!network) return tl::unexpected("--remote-allow: " + network.error());
    options.remote_allow.push_back(*network);
    return {};
  }
  if (row.long_name == "ppp-plugin") {
    const std::size_t equals = value.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == value.size())
      return tl::unexpected(fmt::format("--ppp-plugin: {}: must be PROFILE=NAME", quoted(value)));
    options.ppp_plugins.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    return {};
  }
  if (row.long_name == "plugin-info") {
    if (value.empty()) return tl::unexpected(std::string("--plugin-info: a plugin needs a name"));
    options.plugin_info = value;
    return {};
  }
  if (row.long_name == "instance") {
    options.instance = value; // the service refuses what is no name
    return {};
  }
  if (row.long_name == "status-directory") {
    if (value.empty()) return tl::unexpected(std::string("--status-directory: a directory needs a name"));
    options.status_files = true;
    options.status_directory = value;
    return {};
  }
  if (row.long_name == "kernel-path") {
    if (value != "auto" && value != "sockets" && value != "off")
      return tl::unexpected(fmt::format("--kernel-path: {}: must be auto, sockets or off", quoted(value)));
    options.kernel_path = value == "auto"      ? runtime::KernelChoice::automatic
                          : value == "sockets" ? runtime::KernelChoice::sockets
                                               : runtime::KernelChoice::off;
    return {};
  }
  if (row.long_name == "receive-buffer") {
    const auto kib = parse_number(value, receive_kib_least, receive_kib_most);
    if (!kib)
      return tl::unexpected(fmt::format("--receive-buffer: {} KiB: must be {} to {}", quoted(value), receive_kib_least,
                                        receive_kib_most));
    options.receive_octets = static_cast<int>(*kib * 1024 - (*kib == receive_kib_most ? 1 : 0));
    return {};
  }
  if (row.long_name == "half-open") {
    const auto limits = parse_half_open(value);
    if (!limits)
      return tl::unexpected(fmt::format("--half-open: {}: must be one or two numbers, 1 to {}, with a comma between",
                                        quoted(value), half_open_max));
    options.half_open = *limits;
    return {};
  }
  if (row.long_name == "program-capabilities") {
    const auto mask = parse_capabilities(value);
    if (!mask) return tl::unexpected("--program-capabilities: " + mask.error());
    options.program_capabilities = *mask;
    return {};
  }
  if (row.long_name == "stop-timeout") {
    const auto seconds = parse_number(value, 1, stop_timeout_max_s);
    if (!seconds)
      return tl::unexpected(
          fmt::format("--stop-timeout: seconds {}: must be 1 to {}", quoted(value), stop_timeout_max_s));
    options.stop_timeout_s = *seconds;
    return {};
  }
  if (row.long_name == "check" || row.long_name == "check-system") {
    (row.long_name == "check" ? options.check : options.check_system) = true;
    return {};
  }
  if (row.long_name == "test") {
    options.test = true;
    return {};
  }
  return tl::unexpected(fmt::format("--{} is not handled", row.long_name)); // a test parses every row
}

/// Puts one option's value into `options`. @error the sentence for the operator.
tl::expected<void, std::string> apply(const OptionRow& row, std::string_view value, Options& options) {
  if (row.letter == 0) return apply_long(row, value, options);
  switch (row.letter) {
  case 'f': options.foreground = true; return {};
  case 'D': options.debug = true; return {};
  case 'R': options.remote_management = true; return {};
  case 'S': options.status_files = true; return {};
  case 'c':
    if (value.empty()) return tl::unexpected(std::string("-c: the configuration file needs a name"));
    options.config_file = value;
    return {};
  case 'p':
    if (value.empty()) return tl::unexpected(std::string("-p: a plugin needs a name"));
    options.plugins.emplace_back(value);
    return {};
  case 'P':
    if (value.empty()) return tl::unexpected(std::string("-P: the pid file needs a name"));
    options.pid_file = value;
    return {};
  case 'u':
    if (const auto port = parse_number(value, 1, 65535)) {
      options.udp_port = static_cast<std::uint16_t>(*port);
      return {};
    }
    return tl::unexpected(fmt::format("-u: port {}: must be 1 to 65535", quoted(value)));
  case 'T':
    if (const auto threads = parse_number(value, 1, threads_max)) {
      options.threads = *threads;
      return {};
    }
    return tl::unexpected(fmt::format("-T: threads {}: must be 1 to {}", quoted(value), threads_max));
  case 'y':
    if (const auto most = parse_number(value, 0, ppp_setups_max)) {
      options.ppp_setups = *most;
      return {};
    }
    return tl::unexpected(fmt::format("-y: sessions {}: must be 0 (no bound) to {}", quoted(value), ppp_setups_max));
  case 'L':
    options.log_facility = parse_facility(value);
    if (options.log_facility) return {};
    return tl::unexpected(fmt::format("-L: facility {}: must be local0 to local7", quoted(value)));
  case 'd': {
    const auto mask = runtime::parse_trace_mask(value);
    if (!mask) return tl::unexpected(mask.error());
    options.trace = *mask;
    return {};
  }
  default: return tl::unexpected(fmt::format("-{} is not handled", row.letter)); // a test parses every row
  }
}

} // namespace

std::span<const OptionRow> option_table() noexcept { return rows; }

std::string_view version() noexcept { return OPENL2TP_VERSION; }

std::string usage(std::string_view program) {
  std::string text = fmt::format(
      "Usage: {} [OPTION]...\nThe L2TP (RFC 2661) daemon: LAC and LNS. Manage it with l2tpconfig.\n\n", program);
  for (const OptionRow& row : rows) {
    const std::string letter = row.letter != 0 ? fmt::format("-{},", row.letter) : std::string("   ");
    std::string name = fmt::format("--{}{}{}", row.long_name, row.argument.empty() ? "" : "=", row.argument);
    fmt::format_to(std::back_inserter(text), "  {} {:<25} {}\n", letter, name, row.help);
  }
  text += "\nFLAGS: ";
  for (const runtime::TraceCategory& category : runtime::trace_categories())
    fmt::format_to(std::back_inserter(text), "{},{}", category.name, category.name == "avp_data" ? "\n       " : " ");
  text += "all\n";
  return text;
}

tl::expected<Options, EarlyExit> parse_options(std::span<char* const> arguments) {
  std::string letters = ":"; // a missing argument is told apart from an unknown option
  std::vector<option> longs;
  std::vector<std::string> names; // getopt wants NUL-terminated names
  names.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const OptionRow& row = rows[i];
    if (row.letter != 0) {
      letters += row.letter;
      if (!row.argument.empty()) letters += ':';
    }
    names.emplace_back(row.long_name);
    longs.push_back({names.back().c_str(), row.argument.empty() ? no_argument : required_argument, nullptr,
                     row.letter != 0 ? row.letter : long_only + static_cast<int>(i)});
  }
  longs.push_back({nullptr, 0, nullptr, 0});

  std::vector<char*> argv(arguments.begin(), arguments.end()); // getopt reorders it
  argv.push_back(nullptr);
  const int argc = static_cast<int>(arguments.size());
  const std::string program = arguments.empty() ? "openl2tpd" : arguments[0];
  const auto wrong = [&](const std::string& what) { return refuse(1, fmt::format("{}: {}\n", program, what)); };

  Options options;
  optind = 0; // glibc: start afresh
  opterr = 0;
  while (true) {
    const int index = optind == 0 ? 1 : optind;
    const int found =
        ::getopt_long(argc, argv.data(), letters.c_str(), longs.data(), nullptr); // NOLINT(concurrency-mt-unsafe)
    if (found == -1) break;
    if (found == '?' || found == ':') {
      std::string what = found == ':' ? "option needs an argument -- " : "invalid option -- ";
      const std::string_view word = argv[static_cast<std::size_t>(index)];
      if (word.starts_with("--"))
        what += quoted(word);
      else
        what += fmt::format("'{}'", static_cast<char>(optopt));
      return refuse(1, fmt::format("{}: {}\n{}", program, what, usage(program)));
    }
    const OptionRow* row = nullptr;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (found == rows[i].letter || found == long_only + static_cast<int>(i)) row = &rows[i];
    if (row == nullptr) return wrong(fmt::format("getopt answered {}", found));
    if (row->long_name == "help") return tl::unexpected(EarlyExit{0, usage(program), {}});
    if (row->long_name == "version") return tl::unexpected(EarlyExit{0, fmt::format("openl2tpd {}\n", version()), {}});
    const auto applied = apply(*row, optarg == nullptr ? "" : optarg, options);
    // OpenL2TP says this one without the program's name, and scripts look for it.
    if (!applied && row->letter == 'd') return refuse(1, applied.error() + '\n');
    if (!applied) return wrong(applied.error());
  }
  if (optind < argc)
    return refuse(1, fmt::format("{}: unexpected argument {}\n{}", program,
                                 quoted(argv[static_cast<std::size_t>(optind)]), usage(program)));
  return options;
}

} // namespace openl2tp::daemon
