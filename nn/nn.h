#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

/// Modules: layers, losses, containers, initialisation. The models of `nn/models/` are included one by one.
#include <reel/nn/freeze.h>
#include <reel/nn/functional.h>
#include <reel/nn/init.h>
#include <reel/nn/layers/activation.h>
#include <reel/nn/layers/activation_variants.h>
#include <reel/nn/layers/attention.h>
#include <reel/nn/layers/batch_norm.h>
#include <reel/nn/layers/bilinear.h>
#include <reel/nn/layers/conv.h>
#include <reel/nn/layers/distance.h>
#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/embedding.h>
#include <reel/nn/layers/embedding_bag.h>
#include <reel/nn/layers/function_layer.h>
#include <reel/nn/layers/instance_norm.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/layers/packed_sequence.h>
#include <reel/nn/layers/padding.h>
#include <reel/nn/layers/pooling.h>
#include <reel/nn/layers/recurrent.h>
#include <reel/nn/layers/rotary.h>
#include <reel/nn/layers/shape_layers.h>
#include <reel/nn/layers/transformer.h>
#include <reel/nn/layers/unflatten.h>
#include <reel/nn/lora.h>
#include <reel/nn/losses/ctc_loss.h>
#include <reel/nn/losses/loss.h>
#include <reel/nn/losses/margin_loss.h>
#include <reel/nn/losses/regression_loss.h>
#include <reel/nn/reparametrization.h>
#include <reel/nn/sequential.h>
