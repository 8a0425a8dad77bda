#include "runtime/net/loss_report.hpp"

namespace openl2tp::runtime {

std::vector<std::string> LossReport::take(const std::vector<LossCounter>& counters) {
  std::vector<std::string> lines;
  for (const LossCounter& counter : counters) {
    std::uint64_t& told = told_[counter.what];
    if (counter.count <= told) continue;
    lines.push_back(std::string(counter.what) + ": " + std::to_string(counter.count - told) + " more, " +
                    std::to_string(counter.count) + " since the start");
    told = counter.count;
  }
  return lines;
}

} // namespace openl2tp::runtime
