// How fast sessions with PPP units come and go, one after the other and as the kernel path does it, in one run. Figures
// are printed; what is tested is that they all come up, and that nothing is left.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/kernel/path/two_ends.hpp"

namespace openl2tp::runtime::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// Sessions of each round; OPENL2TP_RATE_SESSIONS changes it.
std::uint16_t sessions_asked() {
  const char* const asked = std::getenv("OPENL2TP_RATE_SESSIONS");
  return static_cast<std::uint16_t>(asked != nullptr ? std::atoi(asked) : 60);
}

double rate(std::size_t count, Clock::time_point since) {
  return static_cast<double>(count) / std::chrono::duration<double>(Clock::now() - since).count();
}

struct Rates {
  double up = 0, down = 0;
};

/// One thread, one call after the other.
Rates serial(TwoEnds& ends, std::uint16_t count, bool ppp) {
  auto& kernel = ends.kernel;
  std::vector<UniqueFd> sockets(count);
  std::vector<PppLink> links(count);
  const KernelTunnel tunnel = ends.tunnel(0);
  auto made = set_up_tunnel(kernel, tunnel);
  EXPECT_TRUE(made) << to_string(made.error());
  Rates rates;
  auto since = Clock::now();
  for (std::uint16_t i = 0; i < count; ++i) {
    auto socket = set_up_session(kernel, tunnel, ends.session(0, i), made->udp.get());
    EXPECT_TRUE(socket) << to_string(socket.error());
    sockets[i] = std::move(*socket);
    if (ppp) EXPECT_EQ(links[i].attach(sockets[i].get()), 0);
  }
  rates.up = rate(count, since);
  since = Clock::now();
  for (std::uint16_t i = 0; i < count; ++i) {
    links[i].detach();
    take_down_session(kernel, tunnel, ends.session(0, i).session, std::move(sockets[i]));
  }
  rates.down = rate(count, since);
  (void)take_down_tunnel(kernel, tunnel, std::move(made->management));
  return rates;
}

Task<void> bring_up(TwoEnds* ends, std::uint16_t number, PppLink* link, bool ppp, std::size_t* up) {
  auto opening = ends->path[0]->open_session(ends->tunnel(0), ends->session(0, number));
  const auto opened = co_await std::move(opening);
  if (!opened) co_return;
  if (!ppp) {
    ++*up;
    co_return;
  }
  auto attach = [link, socket = opened->socket] { return link->attach(socket); };
  const auto attached = co_await run_on(*ends->workers, attach);
  if (attached && *attached == 0) ++*up;
}

Task<void> bring_down(TwoEnds* ends, std::uint16_t number, PppLink* link, bool ppp) {
  if (ppp) {
    auto detach = [link] { return link->detach(), 0; };
    const auto detached = co_await run_on(*ends->workers, detach);
    EXPECT_TRUE(detached);
  }
  ends->path[0]->close_session(ends->tunnel(0).tunnel, ends->session(0, number).session);
}

Task<void> all(TwoEnds* ends, std::vector<PppLink>* links, bool ppp, bool up, std::size_t* count) {
  TaskScope scope(*ends->loop);
  for (std::uint16_t number = 0; number < links->size(); ++number)
    scope.spawn(up ? bring_up(ends, number, &(*links)[number], ppp, count)
                   : bring_down(ends, number, &(*links)[number], ppp));
  co_await scope.join();
  if (up) co_return;
  auto closing = ends->path[0]->close_all();
  co_await std::move(closing);
}

Rates parallel(TwoEnds& ends, std::uint16_t count, bool ppp) {
  std::vector<PppLink> links(count);
  std::size_t up = 0;
  Rates rates;
  auto since = Clock::now();
  ends.loop->run(all(&ends, &links, ppp, true, &up));
  rates.up = rate(count, since);
  EXPECT_EQ(up, count);
  since = Clock::now();
  ends.loop->run(all(&ends, &links, ppp, false, &up));
  rates.down = rate(count, since);
  return rates;
}

void print(const char* what, const Rates& one, const Rates& other) {
  std::printf("RATE %s: serial %.0f/s up, %.0f/s down; parallel %.0f/s up, %.0f/s down; ratio %.1f up, %.1f down\n",
              what, one.up, one.down, other.up, other.down, other.up / one.up, other.down / one.down);
}

void compare(const char* what, bool ppp) {
  Rates one_by_one, at_once;
  {
    TwoEnds ends(false, false);
    one_by_one = serial(ends, sessions_asked(), ppp);
  }
  {
    TwoEnds ends(false, false);
    at_once = parallel(ends, sessions_asked(), ppp);
    EXPECT_EQ(ends.path[0]->counters().sessions, 0U);
  }
  print(what, one_by_one, at_once);
  EXPECT_EQ(left_behind(), std::vector<std::string>());
}

TEST(KernelRate, SessionsInParallelAgainstOneByOne) { compare("sessions", false); }
TEST(KernelRate, SessionsWithUnitsInParallelAgainstOneByOne) { compare("sessions with a PPP unit", true); }

/// Times that this thread gave up its processor of its own accord: what a call that waits makes it do.
long waits() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  return used.ru_nvcsw;
}

/// Reads statistics and changes sequencing all the while; counts how often one of them waited.
Task<void> watch(TwoEnds* ends, std::uint16_t session, const bool* done, long* waited, std::size_t* calls) {
  const auto tunnel = ends->tunnel(1).tunnel;
  const auto id = ends->session(1, session).session;
  while (!*done) {
    const long before = waits();
    EXPECT_TRUE(ends->path[1]->statistics(tunnel, id));
    EXPECT_TRUE(ends->path[1]->modify_session(tunnel, id, {.send_sequence = true}));
    *waited += waits() - before;
    ++*calls;
    const bool elapsed = co_await sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(elapsed);
  }
}

Task<void> churn(TwoEnds* ends, std::vector<PppLink>* links, bool* done) {
  std::size_t up = 0;
  auto coming = all(ends, links, true, true, &up);
  co_await std::move(coming);
  auto going = all(ends, links, true, false, &up);
  co_await std::move(going);
  *done = true;
}

Task<void> both(TwoEnds* ends, std::vector<PppLink>* links, long* waited, std::size_t* calls) {
  auto opening = ends->path[1]->open_session(ends->tunnel(1), ends->session(1, 1));
  const auto opened = co_await std::move(opening);
  EXPECT_TRUE(opened);
  bool done = false;
  TaskScope scope(*ends->loop);
  scope.spawn(churn(ends, links, &done));
  scope.spawn(watch(ends, 1, &done, waited, calls));
  co_await scope.join();
}

TEST(KernelRate, QuickCallsDoNotWaitWhileOthersComeAndGo) {
  TwoEnds ends(false, false);
  std::vector<PppLink> links(sessions_asked());
  long waited = 0;
  std::size_t calls = 0;
  ends.loop->run(both(&ends, &links, &waited, &calls));
  EXPECT_GT(calls, 0U);
  EXPECT_EQ(waited, 0) << "in " << calls << " calls";
}

} // namespace
} // namespace openl2tp::runtime::testing
