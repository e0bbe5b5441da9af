// Upper and lower triangles of matrices on the CPU.

#include <reel/kernels/triangle.h>

#include <cstring>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {

void triangle(const TriangleArgs& args) {
  const auto size = static_cast<std::int64_t>(size_of(args.dtype));
  const std::int64_t columns = args.columns;
  parallel_for(args.batch * args.rows, std::max<std::int64_t>(1, kGrain / columns),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const std::int64_t middle = row % args.rows + args.diagonal;
                   const std::int64_t first = args.upper ? std::clamp<std::int64_t>(middle, 0, columns) : 0;
                   const std::int64_t last = args.upper ? columns : std::clamp<std::int64_t>(middle + 1, 0, columns);
                   char* out = static_cast<char*>(args.out) + row * columns * size;
                   const char* x = static_cast<const char*>(args.x) + row * columns * size;
                   std::memset(out, 0, static_cast<std::size_t>(first * size));
                   std::memcpy(out + first * size, x + first * size, static_cast<std::size_t>((last - first) * size));
                   std::memset(out + last * size, 0, static_cast<std::size_t>((columns - last) * size));
                 }
               });
}

}  // namespace reel::kernels::cpu
