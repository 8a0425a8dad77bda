// What an oracle throws when something that must always hold does not. Caught by whoever runs the simulation, who knows
// the seed.
#pragma once

#include <stdexcept>
#include <string>

namespace openl2tp::protocol::sim {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `text` is made only when it is needed.
template <class Text>
void require(bool holds, Text text) {
  if (!holds) throw Violation(text());
}

} // namespace openl2tp::protocol::sim
