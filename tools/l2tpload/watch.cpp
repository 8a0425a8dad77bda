#include "tools/l2tpload/watch.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace openl2tp::load {

Usage usage_of(pid_t process) {
  Usage usage;
  if (process <= 0) return usage;
  const std::string folder = "/proc/" + std::to_string(process);
  std::error_code error;
  for (std::filesystem::directory_iterator thread(folder + "/task", error), end; !error && thread != end;
       thread.increment(error)) {
    std::uint64_t on_cpu = 0;
    if (std::ifstream(thread->path() / "schedstat") >> on_cpu) usage.cpu_ns += on_cpu;
  }
  std::ifstream status(folder + "/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") status >> usage.rss_kib;
  return usage;
}

namespace {
std::uint64_t clock_ns(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}
} // namespace

std::uint64_t own_cpu_ns() noexcept { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }
std::uint64_t now_us() noexcept { return clock_ns(CLOCK_MONOTONIC) / 1000; }

} // namespace openl2tp::load
