#include "runtime/loop/signals.hpp"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <span>

#include "runtime/loop/file_io.hpp"

namespace openl2tp::runtime {

Signals::Signals(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers)
    sigaddset(&set, number);
  OPENL2TP_ASSERT(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC));
  OPENL2TP_ASSERT(fd_);
}

Task<int> Signals::next() {
  signalfd_siginfo info{};
  const int octets = co_await read_file(fd_.get(), std::as_writable_bytes(std::span(&info, 1)));
  if (octets == -ECANCELED) co_return 0;
  if (octets < 0) co_return octets;
  co_return static_cast<int>(info.ssi_signo);
}

} // namespace openl2tp::runtime
