// ppp_kernel's configuration file, and the lines of a leases file. Input: the text. Oracle: what is accepted is within
// its bounds and means the same again, pools have no address in common, a pool of our own behind it is found or refused
// with its line; a lease that is read is written as it was.
#include <cstdint>
#include <string>

#include "plugins/ppp_kernel/configuration.hpp"
#include "plugins/ppp_kernel/leases_file.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::ppp_kernel;

namespace {

void check_leases(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    const auto lease = parse_lease(line);
    if (!lease) continue;
    FUZZ_CHECK(lease->address.usable() && !lease->user.empty() && lease->user.size() <= 255);
    const auto again = parse_lease(lease_line(lease->address, lease->user));
    FUZZ_CHECK(again && again->address == lease->address && again->user == lease->user);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_leases(text);

  const auto parsed = parse_configuration(text);
  const auto again = parse_configuration(text);
  FUZZ_CHECK(parsed.has_value() == again.has_value());
  if (!parsed) {
    FUZZ_CHECK(!parsed.error().empty() && parsed.error().size() <= configuration_problems_max);
    FUZZ_CHECK(parsed.error().size() == again.error().size());
    for (const ConfigurationProblem& problem : parsed.error())
      FUZZ_CHECK(problem.line > 0 && !problem.what.empty() && problem.what.size() < 512);
    return 0;
  }
  FUZZ_CHECK(parsed->pools.size() <= pools_max && parsed->options.tun_profiles.size() <= profiles_max);
  FUZZ_CHECK(parsed->options.tun_profiles == again->options.tun_profiles);
  FUZZ_CHECK(parsed->options.scripts == again->options.scripts);
  for (std::size_t i = 0; i < parsed->pools.size(); ++i) {
    const PoolDefinition& pool = parsed->pools[i];
    FUZZ_CHECK(pool.pool.size() > 0 && pool.pool.size() <= openl2tp::ppp::AddressPool::addresses_max);
    FUZZ_CHECK(pool.leases.empty() || pool.leases[0] == '/');
    for (std::size_t k = 0; k < i; ++k)
      FUZZ_CHECK(!pool.pool.overlaps(parsed->pools[k].pool) && pool.name != parsed->pools[k].name);
  }
  const auto longer = parse_configuration(std::string(text) + "\npool of-our-own 192.0.2.1\n");
  if (longer)
    FUZZ_CHECK(longer->pools.size() == parsed->pools.size() + 1);
  else
    FUZZ_CHECK(longer.error().size() == 1);
  return 0;
}
