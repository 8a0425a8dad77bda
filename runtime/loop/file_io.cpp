#include "runtime/loop/file_io.hpp"

#include <cerrno>

namespace openl2tp::runtime {

bool FileRequest::begin(PromiseBase& promise) {
  if (promise.stop().stop_requested()) {
    result_ = -ECANCELED;
    return false;
  }
  promise_ = &promise;
  promise.stop().subscribe(*this);
  Ring& ring = promise.loop().ring();
  switch (kind_) {
  case Kind::read: ring.read(*this, file_, buffer_); break;
  case Kind::write: ring.write(*this, file_, data_); break;
  case Kind::poll: ring.poll(*this, file_, events_, false); break;
  }
  return true;
}

void FileRequest::complete(const Completion& completion) noexcept {
  StopCallback::unlink();
  result_ = completion.result;
  post(promise_->loop(), *promise_);
}

void FileRequest::on_stop() noexcept { promise_->loop().ring().cancel(*this); }

} // namespace openl2tp::runtime
