#include "runtime/loop/watch.hpp"

namespace openl2tp::runtime {

void FileWatch::start() {
  OPENL2TP_ASSERT(!armed_ && !closing_);
  arm();
}

void FileWatch::arm() {
  armed_ = true;
  loop_.ring().poll(*this, {.fd = fd_, .slot = -1}, events_, true);
}

void FileWatch::close() noexcept {
  if (closing_) return;
  closing_ = true;
  if (armed_) {
    loop_.ring().cancel(*this);
  } else {
    closed_.set();
  }
}

void FileWatch::complete(const Completion& completion) noexcept {
  armed_ = completion.more;
  if (closing_) {
    if (!armed_) closed_.set();
    return;
  }
  if (completion.result < 0) {
    on_ready(0, completion.result);
    return;
  }
  if (!armed_) arm(); // before the callback, which may close
  on_ready(static_cast<std::uint32_t>(completion.result), 0);
}

} // namespace openl2tp::runtime
