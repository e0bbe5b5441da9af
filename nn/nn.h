#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

/// Modules: layers, losses, containers, initialisation. The models of `nn/models/` are included one by one.
#include <reel/nn/activation.h>
#include <reel/nn/activation_variants.h>
#include <reel/nn/attention.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/bilinear.h>
#include <reel/nn/conv.h>
#include <reel/nn/ctc_loss.h>
#include <reel/nn/distance.h>
#include <reel/nn/dropout.h>
#include <reel/nn/embedding.h>
#include <reel/nn/embedding_bag.h>
#include <reel/nn/freeze.h>
#include <reel/nn/function_layer.h>
#include <reel/nn/functional.h>
#include <reel/nn/init.h>
#include <reel/nn/instance_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/lora.h>
#include <reel/nn/loss.h>
#include <reel/nn/margin_loss.h>
#include <reel/nn/normalization.h>
#include <reel/nn/packed_sequence.h>
#include <reel/nn/padding.h>
#include <reel/nn/pooling.h>
#include <reel/nn/recurrent.h>
#include <reel/nn/regression_loss.h>
#include <reel/nn/reparametrization.h>
#include <reel/nn/rotary.h>
#include <reel/nn/sequential.h>
#include <reel/nn/shape_layers.h>
#include <reel/nn/transformer.h>
#include <reel/nn/unflatten.h>
