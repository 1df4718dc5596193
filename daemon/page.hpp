// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/http_server.hpp"

namespace cmm {

/// The page that shows the daemon's work, made from page.html: one document without outside resources.
HttpResponse page();

}  // namespace cmm
