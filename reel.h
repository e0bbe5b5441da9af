#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

/// The whole library: tensors, operations, the tape, modules, optimizers, data and training helpers.
#include <reel/autograd/anomaly.h>
#include <reel/autograd/checkpoint.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/gradcheck.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/autograd/tape/op.h>
#include <reel/autograd/to_dot.h>
#include <reel/data/data.h>
#include <reel/kernels/algorithm.h>
#include <reel/kernels/float32_precision.h>
#include <reel/kernels/threads.h>
#include <reel/kernels/winograd.h>
#include <reel/nn/nn.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/tensor/core/cuda_stream.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/version.h>
#include <reel/tensor/tensor.h>
#include <reel/training/training.h>
