// SPDX-License-Identifier: Apache-2.0
#include "policy/ledger.hpp"

namespace cmm {

Ledger with(Ledger ledger, const ReclaimOutcome& outcome) {
  ++ledger.reclaims;
  ledger.slices += outcome.slices;
  ledger.requested += outcome.requested;
  ledger.freed += outcome.freed;
  ledger.cpu += outcome.cpu;
  ledger.duration += outcome.duration;
  return ledger;
}

Ledger with_refaults(Ledger ledger, Bytes refaulted) {
  ledger.refaulted = ledger.refaulted.value_or(Bytes{}) + refaulted;
  return ledger;
}

}  // namespace cmm
