#include "operation.h"

namespace vitrine {

Operation::Operation(TF_OpKernelContext* context)
    : context_(context), status_(TF_NewStatus()), tensors_(TF_NumInputs(context), nullptr) {}

Operation::~Operation() {
  for (TF_Tensor* tensor : tensors_) {
    if (tensor != nullptr) TF_DeleteTensor(tensor);
  }
  for (TF_Tensor* tensor : made_) TF_DeleteTensor(tensor);
  TF_DeleteStatus(status_);
}

bool Operation::ok() {
  if (TF_GetCode(status_) == TF_OK) return true;
  if (!failed_) TF_OpKernelContext_Failure(context_, status_);
  failed_ = true;
  return false;
}

void Operation::require(bool holds, const char* sentence) {
  if (holds || failed_) return;
  TF_SetStatus(status_, TF_INVALID_ARGUMENT, sentence);
  ok();
}

TF_Tensor* Operation::tensor(int index) {
  if (tensors_[index] == nullptr && !failed_) {
    TF_GetInput(context_, index, &tensors_[index], status_);
    if (!ok()) return nullptr;
  }
  return tensors_[index];
}

const float* Operation::input(int index) {
  const TF_Tensor* from = tensor(index);
  return from == nullptr ? nullptr : static_cast<const float*>(TF_TensorData(from));
}

int64_t Operation::length(int index) {
  const TF_Tensor* from = tensor(index);
  return from == nullptr ? 0 : TF_TensorElementCount(from);
}

Shape Operation::shape(int index) {
  const TF_Tensor* from = tensor(index);
  Shape sizes;
  if (from != nullptr) {
    for (int axis = 0; axis < TF_NumDims(from); axis++) sizes.push_back(TF_Dim(from, axis));
  }
  return sizes;
}

int32_t Operation::integer(int index) {
  const TF_Tensor* from = tensor(index);
  return from == nullptr ? 0 : *static_cast<const int32_t*>(TF_TensorData(from));
}

namespace {

int64_t elementCount(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

}  // namespace

float* Operation::output(int index, const Shape& shape) {
  if (failed_) return nullptr;
  TF_Tensor* made = TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(), int(shape.size()),
                                      elementCount(shape) * sizeof(float), status_);
  if (!ok()) return nullptr;
  made_.push_back(made);
  return static_cast<float*>(TF_TensorData(made));
}

float* Operation::outputInPlaceOf(int input, int index, const Shape& shape) {
  if (failed_) return nullptr;
  // A tensor that is held here counts as in use.
  if (tensors_[input] != nullptr) {
    TF_DeleteTensor(tensors_[input]);
    tensors_[input] = nullptr;
  }
  int forwarded = -1;
  TF_Tensor* made =
      TF_ForwardInputOrAllocateOutput(context_, &input, 1, index, shape.data(), int(shape.size()), &forwarded, status_);
  if (!ok()) return nullptr;
  made_.push_back(made);
  return static_cast<float*>(TF_TensorData(made));
}

Attributes::Attributes(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}

Attributes::~Attributes() { TF_DeleteStatus(status_); }

float Attributes::number(const char* name) {
  float value = 0;
  TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
  if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
  return value;
}

int64_t Attributes::integer(const char* name) {
  int64_t value = 0;
  TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
  if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
  return value;
}

}  // namespace vitrine
