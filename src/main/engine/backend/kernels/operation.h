// The part of TensorFlow's C API for kernels that ours use, with errors reported to the graph.
#pragma once

#include <cstdint>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace vitrine {

using Shape = std::vector<int64_t>;

// One run of an op. After a failure `failed` is true and the results of the calls must not be used.
class Operation {
 public:
  explicit Operation(TF_OpKernelContext* context);
  ~Operation();
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  const float* input(int index);
  // Number of floats of an input.
  int64_t length(int index);
  Shape shape(int index);
  int32_t integer(int index);
  float* output(int index, const Shape& shape);
  // The memory of the input where nobody else needs it, otherwise new memory.
  float* outputInPlaceOf(int input, int index, const Shape& shape);
  // Makes the run fail unless `holds`.
  void require(bool holds, const char* sentence);
  bool failed() const { return failed_; }

 private:
  TF_Tensor* tensor(int index);
  bool ok();

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
  std::vector<TF_Tensor*> made_;
  bool failed_ = false;
};

// An op's attributes, read when a graph is loaded.
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction);
  ~Attributes();
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  float number(const char* name);
  int64_t integer(const char* name);

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

}  // namespace vitrine
