// Why a call was refused, in words. The wire carries only a number; the words go to the log, and to the client that
// asks for them over the same connection (EXT_ERROR_DETAIL).
#pragma once

#include <string>
#include <vector>

#include "runtime/control.hpp"

namespace openl2tp::rpc {

/// Logs why a call was refused and returns the negative number that its reply carries. The words are also kept where
/// the RefusalNote of this thread says, when there is one.
[[nodiscard]] int refused(const char* procedure, const runtime::ControlError& error);

/// Tells what a call took otherwise than it was given: "max_retries: 200 is not allowed, 100 is used". Logged as a
/// warning, and kept as the words of a refusal are.
void adjusted(const std::string& note);
void adjusted(const std::vector<std::string>& notes);

/// While it lives, refused() on this thread keeps its words in `text`, which is emptied first. It lives as long as one
/// call is answered.
class RefusalNote {
 public:
  /// @param text  outlives the note; null: the words are not kept
  explicit RefusalNote(std::string* text) noexcept;
  ~RefusalNote();
  RefusalNote(const RefusalNote&) = delete;
  RefusalNote& operator=(const RefusalNote&) = delete;

 private:
  std::string* before_;
};

} // namespace openl2tp::rpc
