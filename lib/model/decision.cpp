// SPDX-License-Identifier: Apache-2.0
#include "model/decision.hpp"

namespace cmm {
namespace {

struct Reason {
  std::string_view operator()(const BelowThreshold&) const { return "below threshold"; }
  std::string_view operator()(const CoolingDown&) const { return "cooling down"; }
  std::string_view operator()(const InFlight&) const { return "in flight"; }
  std::string_view operator()(const NothingReclaimable&) const { return "nothing reclaimable"; }
  std::string_view operator()(const Needed&) const { return "needed"; }
  std::string_view operator()(const WouldSwap&) const { return "would swap"; }
  std::string_view operator()(const UnderPressure&) const { return "under pressure"; }
  std::string_view operator()(const Ignored&) const { return "ignored"; }
  std::string_view operator()(const Deferred&) const { return "deferred"; }
  std::string_view operator()(const Stuck&) const { return "stuck"; }
  std::string_view operator()(const Unreadable&) const { return "unreadable"; }
};

}  // namespace

std::string_view reason(const Skip& skip) { return std::visit(Reason{}, skip); }

}  // namespace cmm
