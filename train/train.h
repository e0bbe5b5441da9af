#pragma once

/// Helpers around a training loop. They write to streams that the caller passes.
#include <reel/train/checkpoint.h>
#include <reel/train/metrics.h>
#include <reel/train/plot.h>
#include <reel/train/progress.h>
