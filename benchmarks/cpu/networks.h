#pragma once

#include <cstdint>
#include <string>

/// The networks whose training steps on photographs are measured: Reel's own models, and the same ones in libtorch.
namespace bench {

struct Network {
  std::string name;
  std::int64_t batch;

  /// What its row is called.
  std::string step() const { return name + " step, 224x224, batch " + std::to_string(batch) + ", SGD momentum"; }
};

inline const Network kAlexNet2012{"AlexNet of 2012", 16};  // in two groups, with local response normalisation
inline const Network kAlexNet{"AlexNet", 16};              // torchvision's, in one group and without
inline const Network kVgg11{"VGG-11", 2};                  // configuration A
inline const Network kVgg16{"VGG-16", 2};                  // configuration D
inline const Network kGoogLeNet{"GoogLeNet", 8};           // torchvision's, whose auxiliary losses count 0.3 each
inline const Network kResNet50{"ResNet-50", 8};
inline const Network kResNet152{"ResNet-152", 4};

}  // namespace bench
