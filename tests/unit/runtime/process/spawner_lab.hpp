// A helper process, a loop and a client of it, and children that tell what they see through pipes. For tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/process/spawner.hpp"
#include "runtime/process/spawner_client.hpp"
#include "tests/unit/runtime/loop/fake_loop.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime::testing {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  /// Everything until the last writer is gone. Waits for that.
  std::string read_all() {
    writer.reset();
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t length = 0; (length = ::read(reader.get(), part.data(), part.size())) > 0;)
      all.append(part.data(), static_cast<std::size_t>(length));
    return all;
  }
  char read_one() const {
    char octet = 0;
    EXPECT_EQ(::read(reader.get(), &octet, 1), 1);
    return octet;
  }
  UniqueFd reader, writer;
};

inline Spawner make_spawner(SpawnerOptions options = {}) {
  auto spawner = Spawner::start(options);
  EXPECT_TRUE(spawner) << spawner.error();
  return std::move(*spawner);
}

class SpawnerLab final : public ChildOwner {
 public:
  explicit SpawnerLab(SpawnerOptions options = {}, SpawnerLimits limits = {})
      : spawner(make_spawner(options)),
        client(fake.loop, spawner.take_channel(0), spawner.process(), captured.log(), limits) {}
  ~SpawnerLab() {
    close();
    EXPECT_TRUE(spawner.finish(std::chrono::seconds(60)));
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    fake.loop.run(client.close());
  }
  void on_exit(ChildId child, std::int32_t status) noexcept override {
    EXPECT_TRUE(exits.emplace(child, status).second) << "a second report";
  }

  tl::expected<ChildId, StartRefused> start(std::vector<const char*> arguments, std::vector<ChildFd> fds = {},
                                            std::vector<const char*> environment = {}) {
    return client.start({.path = arguments.at(0), .arguments = arguments, .environment = environment, .fds = fds},
                        *this);
  }
  ChildId started(std::vector<const char*> arguments, std::vector<ChildFd> fds = {},
                  std::vector<const char*> environment = {}) {
    const auto child = start(std::move(arguments), std::move(fds), std::move(environment));
    EXPECT_TRUE(child) << static_cast<int>(child.error());
    return child.value_or(0);
  }
  template <class Condition>
  void turn_until(Condition condition) {
    // A turn waits after it ran what was queued, so what is queued runs before, without waiting.
    while (!condition())
      if (!fake.loop.turn(false) && !condition()) fake.loop.turn(true);
  }
  std::int32_t exit_of(ChildId child) {
    turn_until([&] { return exits.contains(child); });
    return exits.at(child);
  }
  /// What the program writes to its standard output, and status 0.
  std::string output_of(std::vector<const char*> arguments, std::vector<ChildFd> fds = {},
                        std::vector<const char*> environment = {}) {
    Pipe pipe;
    fds.push_back({.from = pipe.writer.get(), .to = STDOUT_FILENO});
    const ChildId child = started(std::move(arguments), std::move(fds), std::move(environment));
    std::string text = pipe.read_all();
    EXPECT_EQ(exit_of(child), 0);
    return text;
  }

  FakeLoop fake{true};
  CapturedLog captured;
  Spawner spawner;
  SpawnerClient client;
  std::map<ChildId, std::int32_t> exits;

 private:
  bool closed_ = false;
};

/// A program that ignores TERM, once it has echoed an octet.
struct Stubborn {
  explicit Stubborn(SpawnerLab& lab)
      : child(lab.started({"/usr/bin/env", "--ignore-signal=TERM", "/bin/cat"},
                          {{.from = in.reader.get(), .to = 0}, {.from = out.writer.get(), .to = 1}})) {
    in.reader.reset();
    out.writer.reset();
    echo();
  }
  void echo() const {
    EXPECT_EQ(::write(in.writer.get(), "x", 1), 1);
    EXPECT_EQ(out.read_one(), 'x');
  }
  /// Waits for its death.
  void gone() { EXPECT_EQ(out.read_all(), ""); }
  Pipe in, out;
  ChildId child;
};

} // namespace openl2tp::runtime::testing
