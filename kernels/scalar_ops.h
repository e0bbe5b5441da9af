#pragma once

#include <reel/kernels/functors/activations.h>
#include <reel/kernels/functors/arithmetic.h>
#include <reel/kernels/functors/comparisons.h>
#include <reel/kernels/functors/functions.h>
#include <reel/kernels/functors/pointwise.h>

/// The lists of all elementwise functors, from which each backend instantiates its loops. A functor computes one
/// element of the output from one element of each input, on every device; its members are its parameters. The functors
/// are in `kernels/functors/`, by family. A functor that is in no list does not link.
namespace reel::kernels {

using ArithmeticFunctors = FunctorList<Add, Sub, Mul, Div, Neg, AddScaled, SubScaled, ScalarRight<Add>,
                                       ScalarRight<Sub>, ScalarLeft<Sub>, ScalarRight<Mul>, ScalarRight<Div>,
                                       ScalarLeft<Div>, Masked, Lerp, Pow, ScalarRight<Pow>, ScalarLeft<Pow>>;
using AlgebraicFunctors = FunctorList<Abs, Sign, Square, Cube, Sqrt, Rsqrt, Reciprocal, Floor, Ceil, Round, Clamp,
                                      ClampGrad, Maximum, Minimum, ChoiceGrad<Maximum>, ChoiceGrad<Minimum>, Remainder,
                                      ScalarRight<Remainder>, FloorDivide, ScalarRight<FloorDivide>>;
using FunctionFunctors =
    FunctorList<Exp, Expm1, Log, Log1p, Log2, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Tanh, Erf, Atan2>;
using ActivationFunctors = FunctorList<Sigmoid, SigmoidGrad, TanhGrad, Relu, ReluGrad, LeakyRelu, LeakyReluGrad, PRelu,
                                       Elu, EluGrad, Gelu, GeluGrad, GeluTanh, GeluTanhGrad, Silu, SiluGrad, Swiglu,
                                       SwigluGateGrad, Mish, MishGrad, Softplus, SoftplusGrad, HardtanhGrad>;
using ComparisonFunctors =
    FunctorList<Equal, NotEqual, Less, LessEqual, ScalarRight<Equal>, ScalarRight<NotEqual>, ScalarRight<Less>,
                ScalarRight<LessEqual>, ScalarLeft<Less>, ScalarLeft<LessEqual>>;
using LogicalFunctors = FunctorList<LogicalNot, LogicalAnd, LogicalOr, LogicalXor, BitwiseNot, BitwiseAnd, BitwiseOr,
                                    BitwiseXor, IsNan, IsInf, IsClose, Where>;

}  // namespace reel::kernels
