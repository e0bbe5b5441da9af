// The CUDA backend of a build without CUDA. No tensor can be on a GPU, so these kernels are never called: they only
// fill the kernel tables. Families of functors expand from their lists; every other kernel has a line of its own. (Weak
// symbols would save the lines, but then a kernel that is missing from `kernels/cuda` would link.)

#include <span>
#include <tuple>

#include <reel/kernels/activation_variant_ops.h>
#include <reel/kernels/arange.h>
#include <reel/kernels/attention.h>
#include <reel/kernels/conv.h>
#include <reel/kernels/copy.h>
#include <reel/kernels/cross_entropy.h>
#include <reel/kernels/ctc.h>
#include <reel/kernels/dropout.h>
#include <reel/kernels/elementwise.h>
#include <reel/kernels/embedding.h>
#include <reel/kernels/gemm.h>
#include <reel/kernels/grid_sample.h>
#include <reel/kernels/im2col.h>
#include <reel/kernels/indexing.h>
#include <reel/kernels/linalg.h>
#include <reel/kernels/loss_ops.h>
#include <reel/kernels/norm.h>
#include <reel/kernels/number_ops.h>
#include <reel/kernels/optim.h>
#include <reel/kernels/pool.h>
#include <reel/kernels/random.h>
#include <reel/kernels/range_check.h>
#include <reel/kernels/recurrence.h>
#include <reel/kernels/reduce.h>
#include <reel/kernels/resample.h>
#include <reel/kernels/response_norm.h>
#include <reel/kernels/rnn.h>
#include <reel/kernels/rotary.h>
#include <reel/kernels/scatter_reduce.h>
#include <reel/kernels/searchsorted.h>
#include <reel/kernels/shift_ops.h>
#include <reel/kernels/softmax.h>
#include <reel/kernels/sort.h>
#include <reel/kernels/special_ops.h>
#include <reel/kernels/triangle.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/tensor/core/cuda_stream.h>
#include <reel/tensor/core/cuda_thread_streams.h>

namespace reel {
namespace {

[[noreturn]] void absent() { throw DeviceError("no GPU can be used: " + cuda::unavailable_reason()); }

}  // namespace

namespace kernels::cuda {

template <class F> void elementwise(const F&, const ElementwiseArgs<F::arity>&) { absent(); }
template <class R> void reduce(const ReduceArgs&) { absent(); }

namespace {

template <class... F> constexpr auto loops(FunctorList<F...>) { return std::tuple{&elementwise<F>...}; }
template <class... R> constexpr auto reductions(FunctorList<R...>) { return std::tuple{&reduce<R>...}; }

}  // namespace

extern const auto absent_loops =
    std::tuple{loops(ActivationFunctors{}), loops(AlgebraicFunctors{}), loops(ArithmeticFunctors{}),
               loops(ComparisonFunctors{}), loops(FunctionFunctors{}),  loops(LogicalFunctors{}),
               loops(LossFunctors{}),       reductions(Reducers{}),     loops(ActivationVariantFunctors{}),
               loops(SpecialFunctors{}),    loops(ShiftFunctors{}),     loops(NumberFunctors{})};

void arange(const ArangeArgs&) { absent(); }
void conv(const ConvArgs&) { absent(); }
void conv_input_grad(const ConvInputGradArgs&) { absent(); }
void conv_weight_grad(const ConvWeightGradArgs&) { absent(); }
void attention(const AttentionArgs&) { absent(); }
void attention_grad(const AttentionGradArgs&) { absent(); }
void copy(const CopyArgs&) { absent(); }
void fill(const FillArgs&) { absent(); }
void transfer(void*, Device, const void*, Device, std::size_t, bool) { absent(); }
void label_weights(const LabelWeightArgs&) { absent(); }
void cross_entropy(const CrossEntropyArgs&) { absent(); }
void cross_entropy_grad(const CrossEntropyGradArgs&) { absent(); }
void pick_label(const PickLabelArgs&) { absent(); }
void place_label(const PickLabelArgs&) { absent(); }
void dropout(const DropoutArgs&) { absent(); }
void embedding(const EmbeddingArgs&) { absent(); }
void embedding_grad(const EmbeddingArgs&) { absent(); }
void gemm(const GemmArgs&) { absent(); }
void im2col(const Im2colArgs&) { absent(); }
void col2im(const Col2imArgs&) { absent(); }
void gather(const GatherArgs&) { absent(); }
void scatter(const GatherArgs&) { absent(); }
void scatter_add(const GatherArgs&) { absent(); }
void scatter_reduce(const GatherArgs&, ScatterReduction) { absent(); }
void index_take(const IndexArgs&) { absent(); }
void index_write(const IndexArgs&) { absent(); }
void index_add(const IndexArgs&) { absent(); }
void linear_index(const LinearIndexArgs&) { absent(); }
bool has_cusolver() { return false; }
void lu(const LuArgs&) { absent(); }
void cholesky(const CholeskyArgs&) { absent(); }
void qr(const QrArgs&) { absent(); }
void svd(const SvdArgs&) { absent(); }
void eigh(const EighArgs&) { absent(); }
void triangular_solve(const TriangularSolveArgs&) { absent(); }
std::int64_t count_nonzero(const bool*, std::int64_t) { absent(); }
void nonzero(const bool*, std::int64_t, std::int64_t*) { absent(); }
void unravel_index(const std::int64_t*, std::int64_t, const Shape&, std::int64_t*) { absent(); }
void rnn(const RnnArgs&) { absent(); }
void rnn_grad(const RnnGradArgs&) { absent(); }
void grid_sample(const GridSampleArgs&) { absent(); }
void grid_sample_grad(const GridSampleGradArgs&) { absent(); }
void resample(const ResampleArgs&) { absent(); }
void norm_forward(const NormForwardArgs&) { absent(); }
void norm_apply(const NormApplyArgs&) { absent(); }
void norm_grad(const NormGradArgs&) { absent(); }
void sgd(const SgdArgs&) { absent(); }
void adam(const AdamArgs&) { absent(); }
void rmsprop(const RmspropArgs&) { absent(); }
void adagrad(const AdagradArgs&) { absent(); }
void max_pool2d(const MaxPoolArgs&) { absent(); }
void max_pool2d_grad(const MaxPoolGradArgs&) { absent(); }
void pool_gather(const PoolGatherArgs&) { absent(); }
void avg_pool2d(const AvgPoolArgs&) { absent(); }
void avg_pool2d_grad(const AvgPoolGradArgs&) { absent(); }
void random(const RandomArgs&) { absent(); }
void range_check(const RangeCheckArgs&) { absent(); }
void extremum(const ExtremumArgs&) { absent(); }
void variance(const VarianceArgs&) { absent(); }
void euclidean_norm(const ReduceArgs&) { absent(); }
void logsumexp(const ReduceArgs&) { absent(); }
void cumsum(const ScanArgs&) { absent(); }
void ctc_loss(const CtcLossArgs&) { absent(); }
void ctc_loss_grad(const CtcGradArgs&) { absent(); }
void recurrence(const RecurrenceArgs&) { absent(); }
void response_norm(const ResponseNormArgs&) { absent(); }
void response_norm_grad(const ResponseNormArgs&) { absent(); }
void rotary(const RotaryArgs&) { absent(); }
void softmax(const SoftmaxArgs&) { absent(); }
void softmax_grad(const SoftmaxGradArgs&) { absent(); }
void searchsorted(const SearchArgs&) { absent(); }
void sort(const SortArgs&) { absent(); }
void triangle(const TriangleArgs&) { absent(); }

}  // namespace kernels::cuda

namespace cuda {

bool is_available() { return false; }
std::string unavailable_reason() { return "Reel was built without CUDA"; }
int device_count() { return 0; }
int current_device() { return 0; }
void use_device(int) { absent(); }
ThreadStreams thread_streams() { return {}; }
void set_thread_streams(const ThreadStreams&) {}
void synchronize() { absent(); }
std::size_t memory_allocated() { absent(); }
std::size_t max_memory_allocated() { absent(); }
std::size_t memory_reserved() { absent(); }
void reset_peak_memory() { absent(); }
void empty_cache() { absent(); }
Allocator& allocator(int) { absent(); }
Allocator& pinned_allocator() { absent(); }
void record_stream(void*, const Stream&) { absent(); }

Stream::Stream() { absent(); }
Stream Stream::current() { absent(); }
Stream Stream::default_stream() { absent(); }
void Stream::synchronize() const { absent(); }
bool Stream::query() const { absent(); }
void Stream::wait(const Event&) const { absent(); }
StreamGuard::StreamGuard(const Stream& stream) : former_device_(0), former_(stream) { absent(); }
StreamGuard::~StreamGuard() {}  // NOLINT(modernize-use-equals-default): elsewhere it is not trivial
Event::Event() { absent(); }
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() {}  // NOLINT(modernize-use-equals-default)
void Event::record() { absent(); }
void Event::record(const Stream&) { absent(); }
bool Event::query() const { absent(); }
void Event::synchronize() const { absent(); }
double Event::elapsed_ms(const Event&) const { absent(); }

struct Graph::Impl {};
Graph::Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;
void Graph::capture(const std::function<void()>&) { absent(); }
void Graph::replay() { absent(); }
bool Graph::is_captured() const { return false; }
bool is_capturing() { return false; }
// NOLINTBEGIN(performance-unnecessary-value-param)
const std::uint64_t* step_values(std::span<const std::uint64_t>, std::function<void(std::span<std::uint64_t>)>,
                                 std::function<void()>) {
  absent();
}
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace cuda
}  // namespace reel
