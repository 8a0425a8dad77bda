#include "plugins/ppp_kernel/leases_file.hpp"
#include "plugins/descriptors.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/ppp_kernel/network.hpp"

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::size_t user_max = 255;
constexpr std::string_view digits = "0123456789abcdef";

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

bool stands_for_itself(char c) noexcept { return c > ' ' && c < 0x7f && c != '%' && c != '#'; }

std::optional<char> escaped(std::string_view two) noexcept {
  const std::size_t high = digits.find(two[0]), low = digits.find(two[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

std::string system_fault(const std::string& path) { return path + ": " + plugins::error_text(errno); }

} // namespace

std::optional<LeaseLine> parse_lease(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto address = ppp::Ipv4::parse(line.substr(0, blank));
  if (!address || !address->usable()) return std::nullopt;
  LeaseLine lease{*address, {}};
  for (std::string_view name = line.substr(blank + 1); !name.empty();) {
    std::optional<char> octet = name[0];
    const bool escape = name[0] == '%';
    if (escape)
      octet = name.size() < 3 ? std::nullopt : escaped(name.substr(1, 2));
    else if (!stands_for_itself(name[0]))
      octet.reset();
    if (!octet || lease.user.size() == user_max) return std::nullopt;
    lease.user.push_back(*octet);
    name.remove_prefix(escape ? 3 : 1);
  }
  if (lease.user.empty()) return std::nullopt;
  return lease;
}

std::string lease_line(ppp::Ipv4 address, std::string_view user) {
  std::string line = address.text() + " ";
  for (const char c : user)
    if (stands_for_itself(c)) {
      line.push_back(c);
    } else {
      const auto octet = static_cast<unsigned char>(c);
      line.push_back('%');
      line.push_back(digits[octet >> 4U]);
      line.push_back(digits[octet & 15U]);
    }
  return line;
}

LeasesRead read_leases(const std::string& path) {
  LeasesRead read;
  Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat facts{};
  if (fd.get() < 0 || fstat(fd.get(), &facts) < 0) {
    if (errno != ENOENT) read.fault = system_fault(path);
    return read;
  }
  if (!S_ISREG(facts.st_mode)) {
    read.fault = path + ": not a file";
    return read;
  }
  const File file(fdopen(dup(fd.get()), "r"));
  if (file == nullptr) {
    read.fault = system_fault(path);
    return read;
  }
  // The longest line of ours, and some: what is longer comes in pieces, none of which is a lease.
  char buffer[1'024];
  while (std::fgets(buffer, sizeof(buffer), file.get()) != nullptr) {
    std::string_view line(buffer);
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (read.lines.size() + read.bad >= ppp::AddressPool::addresses_max) break;
    if (auto lease = parse_lease(line))
      read.lines.push_back(std::move(*lease));
    else
      ++read.bad;
  }
  return read;
}

std::string write_leases(const std::string& path, const std::vector<ppp::AddressPool::Known>& known) {
  const std::string beside = path + ".new";
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fd < 0) return system_fault(beside);
  File file(fdopen(fd, "w"));
  if (file == nullptr) {
    std::string fault = system_fault(beside);
    close(fd);
    return fault;
  }
  bool good = std::fputs("# Who had which address. Written by openl2tpd; changed while it runs, changes are lost.\n",
                         file.get()) >= 0;
  for (const auto& one : known)
    good = good && std::fputs((lease_line(one.address, one.user) + "\n").c_str(), file.get()) >= 0;
  good = good && std::fflush(file.get()) == 0 && fsync(fd) == 0;
  good = std::fclose(file.release()) == 0 && good;
  if (good && std::rename(beside.c_str(), path.c_str()) == 0) return {};
  std::string fault = system_fault(beside);
  (void)unlink(beside.c_str());
  return fault;
}

} // namespace openl2tp::ppp_kernel
