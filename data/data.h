#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

/// Datasets, file formats and the loader.
#include <reel/data/cifar10.h>
#include <reel/data/data_loader.h>
#include <reel/data/dataset.h>
#include <reel/data/digits.h>
#include <reel/data/gguf.h>
#include <reel/data/idx.h>
#include <reel/data/image.h>
#include <reel/data/loader.h>
#include <reel/data/mnist.h>
#include <reel/data/safetensors.h>
#include <reel/data/tokenizer.h>
#include <reel/data/transforms.h>
