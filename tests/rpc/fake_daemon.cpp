// A management service without a daemon behind it, for tests of finding and reaching one: runs until standard input
// ends.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string_view>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/service.hpp"

int main(int argc, char** argv) {
  using namespace openl2tp;
  // Standard output is a pipe that is read up to "ready": log lines would fill it, and the service would stand still.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("log"));
  test::FakeControl control;
  control.system.tunnels = 7; // what the tests look for
  for (unsigned id = 1; id <= 60'000; ++id)
    control.ids.push_back(static_cast<std::uint16_t>(id));
  rpc::ServiceOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-i") {
      options.register_interval = std::chrono::milliseconds(300); // nobody waits for 20 s
    } else if (word == "-q") {
      spdlog::set_level(spdlog::level::warn); // refusals by the thousand are not logged, as nobody reads them
    } else if (word == "-R") {
      options.remote = true;
    } else if (const auto address = protocol::parse_ip_address(word)) {
      options.addresses.push_back(*address);
    } else if (const auto network = rpc::parse_network(word)) {
      options.allow.push_back(*network);
    }
  }
  rpc::Service service(control, options);
  if (const auto started = service.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().c_str());
    return 1;
  }
  std::printf("ready %u %u %s\n", unsigned{service.ports().udp}, unsigned{service.ports().tcp},
              service.socket_file().c_str());
  std::fflush(stdout);
  char octet = 0;
  while (read(STDIN_FILENO, &octet, 1) > 0) {
  }
  service.stop();
  return 0;
}
