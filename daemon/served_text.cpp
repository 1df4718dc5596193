// SPDX-License-Identifier: Apache-2.0
#include "daemon/served_text.hpp"

#include <malloc.h>

namespace cmm {

std::shared_ptr<const std::string> ServedText::get() {
  if (kept_) return kept_;
  kept_ = last_.lock();
  if (!kept_ || before_last_.expired()) {
    if (kept_) before_last_ = kept_;
    kept_ = std::make_shared<const std::string>(make_());
    last_ = kept_;
  }
  drop_later();
  return kept_;
}

void ServedText::drop_later() {
  timer_.expires_after(keep_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    kept_.reset();
    // What a text was made of lies scattered; the allocator wouldn't give it back by itself.
    ::malloc_trim(0);
  });
}

}  // namespace cmm
