// openl2tpd: the order in which the daemon starts and stops. Every step before the first thread is here in one reading.
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include "runtime/descriptors.hpp"
#include "runtime/plugin/crash_note.hpp"
#include "runtime/plugin/loader.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/trace/log.hpp"
#include "tools/openl2tpd/assembly.hpp"
#include "tools/openl2tpd/checks.hpp"
#include "tools/openl2tpd/config_source.hpp"
#include "tools/openl2tpd/daemonise.hpp"
#include "tools/openl2tpd/guard.hpp"
#include "tools/openl2tpd/options.hpp"
#include "tools/openl2tpd/pid_file.hpp"
#include "tools/openl2tpd/plugin_info.hpp"
#include "tools/openl2tpd/plugin_paths.hpp"
#include "tools/openl2tpd/privileges.hpp"
#include "tools/openl2tpd/service_manager.hpp"

namespace openl2tp::daemon {

namespace {

constexpr std::chrono::milliseconds acknowledgements_most{5000}; // that the StopCCNs' acknowledgements may take
constexpr int status_interval_s = 10;                            // between two lines for the service manager
constexpr int names_interval_s = 30;                             // between two looks at host names that have no address
constexpr std::chrono::milliseconds children_deadline{
    4000}; // of what plugins started: TERM, then KILL after three seconds

/// Blocks the signals that are taken from descriptors; every later thread inherits that.
/// @return those that the main thread takes. The guard takes SIGTERM and SIGINT.
sigset_t block_signals() {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2})
    sigaddset(&handled, signal);
  sigset_t blocked = handled;
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  std::signal(SIGPIPE, SIG_IGN); // NOLINT(concurrency-mt-unsafe): the only thread
  return handled;
}

/// The next signal for the main thread; 0 when none came within `patience_ms` (-1: for ever), SIGTERM when the daemon
/// is to stop.
int next_signal(int signals, int stop, int patience_ms) {
  while (true) {
    std::array<pollfd, 2> watched{{{stop, POLLIN, 0}, {signals, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), patience_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return 0;
    if (ready < 0 || watched[0].revents != 0) return SIGTERM;
    signalfd_siginfo info{};
    if (::read(signals, &info, sizeof info) == sizeof info) return static_cast<int>(info.ssi_signo);
  }
}

/// SIGHUP: the file anew. Whatever is wrong with it, the daemon stays as it is.
/// @return what came of it, in a line
std::string read_again(ConfigSource& source, Assembly& assembly, runtime::Log& log) {
  auto configuration = source.load();
  if (!configuration) {
    for (const std::string& line : configuration.error())
      log.error(line);
    log.error("SIGHUP: nothing was changed");
    return "reload failed, nothing was changed: " + configuration.error().front();
  }
  const std::string file = configuration->file;
  const auto applied = assembly.apply(std::move(*configuration));
  if (!applied) {
    const std::string fault = fault_text(file, applied.error());
    log.error(fault);
    log.error("SIGHUP: nothing was changed");
    return "reload failed, nothing was changed: " + fault;
  }
  const std::string done =
      fmt::format("{}: {} created, {} modified, {} replaced, {} deleted", file.empty() ? "no file" : file,
                  applied->created, applied->modified, applied->replaced, applied->deleted);
  log.info("SIGHUP: " + done);
  return "reloaded " + done;
}

/// Host names of the file that have got an address meanwhile: their tunnels are made now.
void look_names_up(ConfigSource& source, Assembly& assembly, runtime::Log& log) {
  auto configuration = source.resolve_again();
  if (!configuration) return; // it was in order before, and is told when it is read again
  const auto applied = assembly.apply(std::move(*configuration));
  if (!applied || (applied->created == 0 && applied->modified == 0 && applied->replaced == 0)) return;
  log.info(fmt::format("host names of the configuration have addresses now: {} created, {} modified, {} replaced",
                       applied->created, applied->modified, applied->replaced));
}

/// What is done once in a while, each at its own time.
struct Every {
  using Clock = std::chrono::steady_clock;
  Clock::duration interval;
  Clock::time_point last = Clock::now();
  /// Whether the interval has passed since this was true, or since it was made.
  bool operator()() {
    if (Clock::now() - last < interval) return false;
    last = Clock::now();
    return true;
  }
};

/// Tells the service manager that the daemon lives, as long as every shard turns.
class Watchdog {
 public:
  Watchdog(ServiceManager& manager, Assembly& assembly, runtime::Log& log)
      : manager_(manager), assembly_(assembly), log_(log) {
    assembly_.ask_shards();
  }
  void look() {
    const auto silent = assembly_.silent_shards();
    if (silent.empty()) {
      manager_.alive();
      told_ = false;
    } else if (!std::exchange(told_, true)) {
      log_.error(
          fmt::format("shard {} has not turned since the last look: the watchdog is not fed", fmt::join(silent, ", ")));
    }
    assembly_.ask_shards();
  }

 private:
  ServiceManager& manager_;
  Assembly& assembly_;
  runtime::Log& log_;
  bool told_ = false;
};

/// Until the daemon is to stop.
void serve(int signals, int stop, ConfigSource& source, Assembly& assembly, ServiceManager& manager, bool debug,
           runtime::Log& log) {
  using std::chrono::seconds;
  Every names{seconds(names_interval_s)}, retries{seconds(1)}, status{seconds(status_interval_s)};
  Every watch{manager.watchdog().value_or(seconds(0))};
  Watchdog watchdog(manager, assembly, log);
  bool mistake = false; // of the file, at the last reload
  while (true) {
    const bool waits = assembly.has_pending() || source.has_unresolved() || manager.listens();
    const std::chrono::milliseconds patience =
        manager.watchdog() ? std::min<std::chrono::milliseconds>(*manager.watchdog(), seconds(1)) : seconds(1);
    const int signal = next_signal(signals, stop, waits ? static_cast<int>(patience.count()) : -1);
    if (signal == SIGTERM) return;
    if (manager.watchdog() && watch()) watchdog.look();
    if (signal == 0) {
      if (assembly.has_pending() && retries()) assembly.retry();
      if (source.has_unresolved() && names()) look_names_up(source, assembly, log);
      if (manager.listens() && !mistake && status()) manager.status(assembly.summary());
    } else if (signal == SIGHUP) {
      manager.reloading();
      const std::string outcome = read_again(source, assembly, log);
      manager.ready(outcome);
      mistake = !outcome.starts_with("reloaded"); // stays to be seen
    } else if (signal == SIGUSR1) {
      debug = !debug;
      log.set_debug(debug);
      const runtime::TraceMask trace = debug ? protocol::trace::all : 0;
      assembly.trace_new_objects(trace);
      source.trace_new_objects(trace);
      log.info(fmt::format("SIGUSR1: debug {}", debug ? "on" : "off"));
    } else {
      log.info(fmt::format("SIG{}: ignored", ::sigabbrev_np(signal)));
    }
  }
}

int run(const Options& options, const std::vector<std::string>& plugin_files, StartReport report,
        ServiceManager manager, const sigset_t& handled) {
  const auto fail = [&](runtime::Log* log, const std::string& line) {
    if (log != nullptr && report.in_background()) log->error(line);
    report.fail(line);
    return EXIT_FAILURE;
  };

  auto written = PidFile::write(options.pid_file);
  if (!written) return fail(nullptr, written.error());
  const PidFile pid_file = std::move(*written);

  const std::string limits = raise_limits();
  // Before there is a second thread, and while all privileges are there: programs such as pppd need others than the
  // daemon itself.
  auto spawner = runtime::Spawner::start(
      {.channels = shard_count(options), .confine = [&] { return confine_spawner(options.program_capabilities); }});
  if (!spawner) return fail(nullptr, spawner.error());
  // While other processes may be looked at: whoever has the port is named.
  auto listening = runtime::open_listening_sockets(listening_options(options));
  if (!listening) return fail(nullptr, listening.error());
  const auto privileges = drop_privileges();
  if (!privileges) return fail(nullptr, privileges.error());

  runtime::install_crash_note(!options.foreground);
  const UniqueFd signals(::signalfd(-1, &handled, SFD_CLOEXEC));
  if (!signals) return fail(nullptr, "cannot make a signal descriptor: " + runtime::error_text(errno));

  // From here on there is a second thread.
  runtime::Log log(options.foreground ? runtime::make_terminal_sink()
                                      : runtime::make_syslog_sink(options.log_facility.value_or(LOG_DAEMON)),
                   {.debug = options.debug});
  log.adopt_default_logger();
  log.info(fmt::format("openl2tpd {} starts, process {}", version(), ::getpid()));
  log.info(limits);
  for (const std::string& note : *privileges)
    log.warning(note);

  auto guard = Guard::start({.stop_limit = std::chrono::seconds(options.stop_timeout_s),
                             .last = [file = options.pid_file] { ::unlink(file.c_str()); }},
                            log);
  if (!guard) return fail(&log, guard.error());

  const auto features = runtime::probe_features();
  if (!features) return fail(&log, features.error().text);

  runtime::PluginSet plugins(log);
  for (const std::string& file : plugin_files)
    if (const auto loaded = plugins.load(file); !loaded) return fail(&log, loaded.error());
  if (plugins.ppp_providers().empty()) {
    const auto loaded = plugins.load(runtime::plugin_path("ppp_unix", plugin_directory(), "/"));
    if (!loaded)
      return fail(&log, fmt::format("{} (no other plugin provides PPP; -p ppp_null runs the control plane alone)",
                                    loaded.error()));
  }
  for (const auto& [profile, plugin] : options.ppp_plugins)
    if (const auto assigned = plugins.assign(profile, plugin); !assigned)
      return fail(&log, "--ppp-plugin: " + assigned.error());

  ConfigSource source(options.config_file,
                      {.system = default_system(options), .trace = options.debug ? protocol::trace::all : 0}, log);
  auto configuration = source.load();
  if (!configuration) return fail(&log, fmt::format("{}", fmt::join(configuration.error(), "\nopenl2tpd: ")));

  auto assembly = assemble(options, std::move(*configuration), *features, plugins,
                           {.sockets = std::move(*listening), .spawner = *spawner}, log);
  if (!assembly) {
    const int status = fail(&log, assembly.error());
    // A thread that is inside a plugin for good stands on what returning from here would destroy.
    if (!runtime::plugin_calls().empty()) (*guard)->end(status, "the start failed");
    return status;
  }
  if (std::string lack = runtime::check_descriptors(); !lack.empty()) {
    (*assembly)->stop(std::chrono::milliseconds(0));
    return fail(&log, lack);
  }
  log.info("ready");
  report.succeed();
  manager.ready((*assembly)->summary());

  serve(signals.get(), (*guard)->asked_to_stop(), source, **assembly, manager, options.debug, log);
  manager.stopping("ends " + (*assembly)->summary());
  (*assembly)->stop(std::min(acknowledgements_most, std::chrono::milliseconds(options.stop_timeout_s * 500)));
  assembly->reset();
  if (!spawner->finish(children_deadline)) log.warning("programs that plugins started have not ended yet");
  log.info("stopped");
  return EXIT_SUCCESS;
}

} // namespace

} // namespace openl2tp::daemon

int main(int argc, char** argv) {
  using namespace openl2tp::daemon;
  const sigset_t handled = block_signals();

  const auto options = parse_options({argv, static_cast<std::size_t>(argc)});
  if (!options) {
    std::fputs(options.error().output.c_str(), stdout);
    std::fputs(options.error().error.c_str(), stderr);
    return options.error().status;
  }
  const auto files = plugin_files(options->plugins);
  if (!files) {
    std::fprintf(stderr, "openl2tpd: %s\n", files.error().c_str());
    return EXIT_FAILURE;
  }
  if (options->plugin_info) {
    const auto file = plugin_files({*options->plugin_info});
    const auto text = file ? plugin_info(file->front()) : tl::unexpected(file.error());
    if (!text) {
      std::fprintf(stderr, "openl2tpd: %s\n", text.error().c_str());
      return EXIT_FAILURE;
    }
    std::fputs(text->c_str(), stdout);
    return EXIT_SUCCESS;
  }
  Options resolved = *options;
  // While the working directory is the operator's.
  const auto make_absolute = [](const char* option, std::string& path) {
    std::error_code fault;
    path = std::filesystem::absolute(path, fault).string();
    if (fault) std::fprintf(stderr, "openl2tpd: %s: %s\n", option, fault.message().c_str());
    return !fault;
  };
  if (!make_absolute("-P", resolved.pid_file) || !make_absolute("--status-directory", resolved.status_directory) ||
      (resolved.config_file && !make_absolute("-c", *resolved.config_file)))
    return EXIT_FAILURE;

  if (resolved.check) return check_configuration(resolved);
  if (resolved.check_system) return check_system(resolved);

  StartReport report;
  if (!resolved.foreground) {
    auto forked = daemonise();
    if (!forked) {
      std::fprintf(stderr, "openl2tpd: %s\n", forked.error().c_str());
      return EXIT_FAILURE;
    }
    report = std::move(*forked);
  }
  return run(resolved, *files, std::move(report), ServiceManager::from_environment(), handled);
}
