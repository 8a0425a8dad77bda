// A management service without a daemon behind it, for tests of finding and reaching one: runs until standard input
// ends.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include <spdlog/spdlog.h>

#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/service.hpp"

int main(int argc, char** argv) {
  using namespace openl2tp;
  test::FakeControl control;
  control.system.tunnels = 7; // what the tests look for
  for (unsigned id = 1; id <= 60'000; ++id)
    control.ids.push_back(static_cast<std::uint16_t>(id));
  // -q: refusals by the thousand are not logged, as nobody reads them.
  if (argc > 1 && std::strcmp(argv[1], "-q") == 0) spdlog::set_level(spdlog::level::warn);
  rpc::Service service(control, {.remote = argc > 1 && std::strcmp(argv[1], "-R") == 0});
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
