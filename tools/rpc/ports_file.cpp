// Text file of two lines, "udp N" and "tcp N", replaced by rename so that a reader never sees half of it.
#include "tools/rpc/ports_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace openl2tp::rpc {
namespace {

constexpr const char* kVariable = "OPENL2TP_RPC_PORTS";

std::string problem(const std::string& path, int error) {
  char buffer[128];
  return path + ": " + strerror_r(error, buffer, sizeof buffer);
}

} // namespace

bool ports_file_is_explicit() {
  const char* path = std::getenv(kVariable);
  return path != nullptr && *path != '\0';
}

bool is_instance_name(const std::string& name) noexcept {
  constexpr std::size_t length_max = 32;
  if (name.size() > length_max || name.starts_with('.')) return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
         std::string::npos;
}

std::string ports_file_path(const std::string& instance) {
  if (ports_file_is_explicit()) return std::getenv(kVariable);
  std::string suffix = instance;
  if (const char* variable = std::getenv("OPENL2TP_INSTANCE"); suffix.empty() && variable != nullptr) suffix = variable;
  if (!is_instance_name(suffix)) suffix.clear();
  if (!suffix.empty()) suffix.insert(0, ".");
  struct stat namespace_of_us{};
  if (stat("/proc/self/ns/net", &namespace_of_us) != 0) namespace_of_us.st_ino = 0;
  return "/run/openl2tpd/rpc-ports." + std::to_string(namespace_of_us.st_ino) + suffix;
}

tl::expected<void, std::string> write_ports_file(const std::string& path, ServicePorts ports) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  const std::string temporary = path + "." + std::to_string(getpid());
  // Exclusive creation: a planted link or an old file of our pid is not written through.
  std::remove(temporary.c_str());
  std::FILE* file = std::fopen(temporary.c_str(), "wxe");
  if (file == nullptr) return tl::unexpected(problem(temporary, errno));
  const bool written = std::fprintf(file, "udp %u\ntcp %u\n", unsigned{ports.udp}, unsigned{ports.tcp}) > 0;
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(temporary.c_str());
    return tl::unexpected(problem(path, error));
  }
  return {};
}

tl::expected<ServicePorts, std::string> read_ports_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return tl::unexpected(problem(path, errno));
  ServicePorts ports;
  std::string name;
  unsigned port = 0;
  while (file >> name >> port) {
    if (port > 0xffff) return tl::unexpected(path + ": port " + std::to_string(port) + " is above 65535");
    if (name == "udp") ports.udp = static_cast<std::uint16_t>(port);
    if (name == "tcp") ports.tcp = static_cast<std::uint16_t>(port);
  }
  if (!file.eof() || (ports.udp == 0 && ports.tcp == 0)) return tl::unexpected(path + ": no ports in it");
  return ports;
}

void remove_ports_file(const std::string& path, ServicePorts ports) {
  const auto now = read_ports_file(path);
  if (now && *now == ports) std::remove(path.c_str());
}

} // namespace openl2tp::rpc
