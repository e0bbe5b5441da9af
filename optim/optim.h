#pragma once

#include <reel/tensor/core/require_cpp20.h>  // first

/// Optimizers, gradient clipping and learning-rate schedules.
#include <reel/optim/adadelta.h>
#include <reel/optim/adafactor.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/adamax.h>
#include <reel/optim/clip_grad.h>
#include <reel/optim/combined_lr.h>
#include <reel/optim/cyclic_lr.h>
#include <reel/optim/grad_scaler.h>
#include <reel/optim/lbfgs.h>
#include <reel/optim/lion.h>
#include <reel/optim/lr_scheduler.h>
#include <reel/optim/muon.h>
#include <reel/optim/nadam.h>
#include <reel/optim/optimizer.h>
#include <reel/optim/parameter_average.h>
#include <reel/optim/radam.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/sgd.h>
