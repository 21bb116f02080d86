// Shares loops out over all cores.
#pragma once

#include <functional>

namespace vitrine {

// Calls `body(index)` once for each index below `count`, on this thread and on those of a pool that
// lives as long as the process. Returns when all calls have. Calls from several threads may overlap.
void parallelFor(long count, const std::function<void(long)>& body);

}  // namespace vitrine
