// l2tpload: a scripted LAC, LNS or echo client that loads a daemon from a process of its own. Independent of the
// project's engine.

#include <sched.h>

#include <csignal>
#include <cstdio>

#include "tools/l2tpload/echo.hpp"
#include "tools/l2tpload/lac.hpp"
#include "tools/l2tpload/lns.hpp"
#include "tools/l2tpload/message.hpp"
#include "tools/l2tpload/meter.hpp"
#include "tools/l2tpload/options.hpp"

using namespace openl2tp::load;

namespace {

void count_interruption(int) { interruptions = interruptions + 1; }

int fail(const std::string& reason, int status) {
  std::fprintf(stderr, "l2tpload: %s\n", reason.c_str());
  return status;
}

int run(const Options& options) {
  auto transport = Transport::open(options.transport);
  if (!transport) return fail(transport.error(), 1);
  Meter meter(options.json, options.watched);
  if (options.mode == Mode::echo) return run_echo(options.echo, *transport, meter) ? 0 : 1;

  const Templates templates("l2tpload", options.receive_window);
  Tunnels tunnels(options.tunnels, *transport, templates);
  if (options.mode == Mode::lns) {
    Lns(tunnels, meter).run(options.seconds);
    return 0;
  }
  return Lac(options.lac, tunnels, meter).run() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (!options) return fail(options.error() + "; --help lists what there is", 2);
  if (options->mode == Mode::help) {
    std::fputs(usage, stdout);
    return 0;
  }
  struct sigaction action{};
  action.sa_handler = count_interruption;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  if (options->processor >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(options->processor), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) return fail("--cpu: no such processor for us", 1);
  }
  return run(*options);
}
