// Cancellation inside one loop: a source, tokens that name it, callbacks linked into it in place. No atomics, no
// allocation, and no thread but the loop's own. std::stop_token would bring all three.
#pragma once

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

class StopSource; // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final, which the check does not see here

/// A link in a source. on_stop() is called at most once, from request_stop(); it should only post or cancel, never run
/// user code.
class StopCallback {
 public:
  StopCallback(const StopCallback&) = delete;
  StopCallback& operator=(const StopCallback&) = delete;

 protected:
  StopCallback() = default;
  ~StopCallback() { unlink(); }
  virtual void on_stop() noexcept = 0;

  void unlink() noexcept {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  friend class StopSource;
  friend class StopToken;
  StopCallback* next_ = nullptr;
  StopCallback* previous_ = nullptr;
};

/// Names a source (or none, which never stops). The source must outlive it.
class StopToken {
 public:
  StopToken() = default;

  [[nodiscard]] bool stop_requested() const noexcept;
  /// Links `callback` until it unlinks itself or the stop comes. Not after a stop was requested: ask first.
  void subscribe(StopCallback& callback) const noexcept;

 private:
  friend class StopSource;
  explicit StopToken(StopSource& source) noexcept : source_(&source) {}
  StopSource* source_ = nullptr;
};

/// Who may ask for a stop. With a parent it also stops when the parent does.
class StopSource final : private StopCallback {
 public:
  StopSource() noexcept { end_.next_ = end_.previous_ = &end_; }
  explicit StopSource(StopToken parent) noexcept : StopSource() {
    if (parent.stop_requested()) {
      requested_ = true;
    } else {
      parent.subscribe(*this);
    }
  }
  ~StopSource() {
    OPENL2TP_ASSERT(end_.next_ == &end_);
    end_.next_ = end_.previous_ = nullptr;
  }

  [[nodiscard]] StopToken token() noexcept { return StopToken(*this); }
  [[nodiscard]] bool stop_requested() const noexcept { return requested_; }

  /// Calls every callback once. Asking again changes nothing.
  void request_stop() noexcept {
    if (requested_) return;
    requested_ = true;
    StopCallback::unlink();
    while (end_.next_ != &end_) {
      StopCallback& callback = *end_.next_;
      callback.unlink();
      callback.on_stop();
    }
  }

 private:
  friend class StopToken;
  struct End final : StopCallback {
    void on_stop() noexcept override {}
  };
  void on_stop() noexcept override { request_stop(); }
  void link(StopCallback& callback) noexcept {
    OPENL2TP_ASSERT(callback.next_ == nullptr && !requested_);
    callback.next_ = &end_;
    callback.previous_ = end_.previous_;
    end_.previous_->next_ = &callback;
    end_.previous_ = &callback;
  }

  bool requested_ = false;
  End end_holder_;
  StopCallback& end_ = end_holder_; // sentinel of the circular list
};

inline bool StopToken::stop_requested() const noexcept { return source_ != nullptr && source_->requested_; }

inline void StopToken::subscribe(StopCallback& callback) const noexcept {
  if (source_ != nullptr) source_->link(callback);
}

} // namespace openl2tp::runtime
