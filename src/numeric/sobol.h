// Sobol sequence with nested uniform (Owen) scrambling: points that fill a cube evenly, reproducible by seed.
//
// Direction numbers: new-joe-kuo-6.21201 (Joe and Kuo 2008, SIAM J. Sci. Comput. 30), as shipped with Boost.Random.
// Scrambling by hashing: Burley 2020, "Practical hash-based Owen scrambling", JCGT 9(4), after Laine and Karras 2011.
// Not thread safe; a generator belongs to one thread.
#pragma once

#include <cstdint>
#include <vector>

namespace trimtab::numeric {

// `count` points of `dimension` coordinates in [0, 1), row after row. Precondition: 1 <= dimension <= 3667.
[[nodiscard]] std::vector<double> scrambled_sobol(std::size_t count, std::size_t dimension, std::uint64_t seed);

}  // namespace trimtab::numeric
