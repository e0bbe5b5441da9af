#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

/// Helpers around a training loop. They write to streams and files that the caller names.
#include <reel/training/checkpoint.h>
#include <reel/training/metrics.h>
#include <reel/training/plot.h>
#include <reel/training/progress.h>
#include <reel/training/save.h>
#include <reel/training/update_bn.h>
