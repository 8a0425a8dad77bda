// Losses that nothing else tells the operator about, by name: each counter that has grown becomes one line of the log,
// at most once a second. Belongs to one shard.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace openl2tp::runtime {

struct LossCounter {
  std::string_view what; // "datagrams received and not taken: ..."; a literal
  std::uint64_t count = 0;
};

class LossReport {
 public:
  /// Lines for those that have grown since the last call.
  [[nodiscard]] std::vector<std::string> take(const std::vector<LossCounter>& counters);

 private:
  std::map<std::string_view, std::uint64_t> told_;
};

} // namespace openl2tp::runtime
