// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace cmm {

/// page.html, as it was at the build.
extern const std::string_view page_html;

}  // namespace cmm
