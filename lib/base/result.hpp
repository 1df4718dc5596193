// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tl/expected.hpp>

#include "base/error.hpp"

namespace cmm {

/// Either a value or the Error that stood in its way.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace cmm
