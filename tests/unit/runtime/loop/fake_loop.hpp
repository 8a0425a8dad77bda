// A loop on virtual time, for tests of everything that needs a loop but no kernel.
#pragma once

#include <memory>

#include "runtime/loop/loop.hpp"
#include "runtime/loop/sleep.hpp"
#include "tests/support/fake_ring.hpp"

namespace openl2tp::runtime {

struct FakeLoop {
  explicit FakeLoop(bool other_threads = false) : loop(std::make_unique<FakeRing>(network, other_threads)) {}
  FakeNetwork network;
  Loop loop;
};

} // namespace openl2tp::runtime
