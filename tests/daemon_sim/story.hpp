// What happens in a run, for whoever reads one with --verbose.
#pragma once

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "tests/support/fake_ring.hpp"

namespace openl2tp::daemon_sim {

class Story {
 public:
  explicit Story(const runtime::FakeNetwork& network, bool wanted) noexcept : network_(network), wanted_(wanted) {}
  template <class... Arguments>
  void tell(fmt::format_string<Arguments...> text, Arguments&&... arguments) const {
    if (!wanted_) return;
    const std::string line = fmt::format(text, std::forward<Arguments>(arguments)...);
    std::fprintf(stderr, "%8lld %s\n", static_cast<long long>(network_.now().time_since_epoch().count()), line.c_str());
  }

 private:
  const runtime::FakeNetwork& network_;
  bool wanted_;
};

} // namespace openl2tp::daemon_sim
