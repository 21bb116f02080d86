// TensorFlow ops for the parts of a transformer that are no large matrix products. They are
// registered when the addon is loaded, for processors only; the arithmetic is in arithmetic.cc.
#include <algorithm>
#include <vector>

#include "kernelTable.h"
#include "operation.h"
#include "tensorflow/c/ops.h"
#include "threadPool.h"
#include "vectors.h"

namespace vitrine {

namespace {

// The widest instruction set that this processor has.
const KernelTable& kernels() {
  static const KernelTable* const chosen = __builtin_cpu_supports("avx512f") ? avx512Kernels()
                                           : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                                               ? avx2Kernels()
                                               : baselineKernels();
  return *chosen;
}

// Rows are shared out in at most so many parts. The number doesn't depend on the machine, so sums over
// rows are rounded the same everywhere.
constexpr long mostParts = 16;
constexpr long fewestRows = 32;

struct Part {
  long index;
  long first;
  long rows;
};

long partCount(long rows) { return std::clamp(rows / fewestRows, 1L, mostParts); }

template <typename Body>
void forEachPart(long rows, Body body) {
  const long parts = partCount(rows);
  parallelFor(parts, [&](long index) {
    const long first = rows * index / parts;
    body(Part{index, first, rows * (index + 1) / parts - first});
  });
}

// One sum per part, added up in order in the end.
class PartialSums {
 public:
  PartialSums(long parts, long width) : width_(width), values_(parts * width, 0.0f) {}

  float* of(const Part& part) { return values_.data() + part.index * width_; }

  void addUp(float* total) const {
    std::fill(total, total + width_, 0.0f);
    kernels().columnSums(values_.data(), long(values_.size()) / width_, width_, total);
  }

 private:
  const long width_;
  std::vector<float> values_;
};

struct Matrix {
  long rows;
  long width;
};

// All axes but the last are rows.
Matrix matrixOf(const Shape& shape) {
  if (shape.empty()) return {1, 1};
  long rows = 1;
  for (size_t axis = 0; axis + 1 < shape.size(); axis++) rows *= shape[axis];
  return {rows, shape.back()};
}

struct LayerNorm {
  const float epsilon;

  explicit LayerNorm(Attributes& attributes) : epsilon(attributes.number("epsilon")) {}

  void compute(Operation& run) const {
    const Shape shape = run.shape(0);
    const auto [rows, width] = matrixOf(shape);
    run.require(run.length(1) == width && run.length(2) == width, "scale and shift must be as long as a row");
    const float *x = run.input(0), *gamma = run.input(1), *beta = run.input(2);
    float *y = run.output(0, shape), *mean = run.output(1, {rows}), *inverse = run.output(2, {rows});
    if (run.failed()) return;
    forEachPart(rows, [&, width = width](const Part& part) {
      const long start = part.first * width;
      kernels().layerNorm(x + start, gamma, beta, epsilon, part.rows, width, y + start, mean + part.first,
                          inverse + part.first);
    });
  }
};

struct LayerNormGradient {
  explicit LayerNormGradient(const Attributes&) {}

  void compute(Operation& run) const {
    const Shape shape = run.shape(1);
    const auto [rows, width] = matrixOf(shape);
    run.require(run.shape(0) == shape && run.length(2) == width && run.length(3) == rows && run.length(4) == rows,
                "the gradient must have the shape of the value");
    const float *gradient = run.input(0), *x = run.input(1), *gamma = run.input(2), *mean = run.input(3),
                *inverse = run.input(4);
    float *gammaGradient = run.output(1, {width}), *betaGradient = run.output(2, {width});
    float* xGradient = run.outputInPlaceOf(0, 0, shape);
    if (run.failed()) return;
    PartialSums gammas(partCount(rows), width);
    PartialSums betas(partCount(rows), width);
    forEachPart(rows, [&, width = width](const Part& part) {
      const long start = part.first * width;
      kernels().layerNormGradient(gradient + start, x + start, gamma, mean + part.first, inverse + part.first,
                                  part.rows, width, xGradient + start, gammas.of(part), betas.of(part));
    });
    gammas.addUp(gammaGradient);
    betas.addUp(betaGradient);
  }
};

struct BiasGelu {
  explicit BiasGelu(const Attributes&) {}

  void compute(Operation& run) const {
    const Shape shape = run.shape(0);
    const auto [rows, width] = matrixOf(shape);
    run.require(run.length(1) == width, "the bias must be as long as a row");
    const float *x = run.input(0), *bias = run.input(1);
    float* y = run.output(0, shape);
    if (run.failed()) return;
    forEachPart(rows, [&, width = width](const Part& part) {
      const long start = part.first * width;
      kernels().biasGelu(x + start, bias, part.rows, width, y + start);
    });
  }
};

struct BiasGeluGradient {
  explicit BiasGeluGradient(const Attributes&) {}

  void compute(Operation& run) const {
    const Shape shape = run.shape(1);
    const auto [rows, width] = matrixOf(shape);
    run.require(run.shape(0) == shape && run.length(2) == width, "the gradient must have the shape of the value");
    const float *gradient = run.input(0), *x = run.input(1), *bias = run.input(2);
    float* biasGradient = run.output(1, {width});
    float* xGradient = run.outputInPlaceOf(0, 0, shape);
    if (run.failed()) return;
    PartialSums biases(partCount(rows), width);
    forEachPart(rows, [&, width = width](const Part& part) {
      const long start = part.first * width;
      kernels().biasGeluGradient(gradient + start, x + start, bias, part.rows, width, xGradient + start,
                                 biases.of(part));
    });
    biases.addUp(biasGradient);
  }
};

// Which dropout this is: its rate, and its place in the model, which keeps its choices apart from others'.
struct DropoutSite {
  const float rate;
  const int64_t site;

  explicit DropoutSite(Attributes& attributes) : rate(attributes.number("rate")), site(attributes.integer("site")) {}

  Dropout in(int32_t seed) const { return {scramble64((uint64_t(uint32_t(seed)) << 32) ^ uint64_t(site)), rate}; }
};

struct DropoutLayer {
  const DropoutSite site;

  explicit DropoutLayer(Attributes& attributes) : site(attributes) {}

  void compute(Operation& run) const {
    const Shape shape = run.shape(0);
    const auto [rows, width] = matrixOf(shape);
    const float* x = run.input(0);
    const Dropout dropout = site.in(run.integer(1));
    float* y = run.outputInPlaceOf(0, 0, shape);
    if (run.failed()) return;
    forEachPart(rows, [&, width = width](const Part& part) {
      const long start = part.first * width;
      kernels().dropout(x + start, dropout, part.first, part.rows, width, y + start);
    });
  }
};

struct ColumnSums {
  explicit ColumnSums(const Attributes&) {}

  void compute(Operation& run) const {
    const auto [rows, width] = matrixOf(run.shape(0));
    const float* x = run.input(0);
    float* total = run.output(0, {width});
    if (run.failed()) return;
    PartialSums sums(partCount(rows), width);
    forEachPart(rows, [&, width = width](const Part& part) {
      kernels().columnSums(x + part.first * width, part.rows, width, sums.of(part));
    });
    sums.addUp(total);
  }
};

// Working memory of the calling thread.
float* workingMemory(long count) {
  thread_local std::vector<float> memory;
  if (long(memory.size()) < count) memory.resize(count);
  return memory.data();
}

struct AttentionSettings {
  const AttentionShape sizes;
  const DropoutSite site;

  explicit AttentionSettings(Attributes& attributes)
      : sizes{attributes.integer("tokens"), attributes.integer("queries"), attributes.integer("heads"),
              attributes.integer("head_dim")},
        site(attributes) {}

  long width() const { return sizes.heads * sizes.headDim; }
};

struct Attention {
  const AttentionSettings settings;

  explicit Attention(Attributes& attributes) : settings(attributes) {}

  void compute(Operation& run) const {
    const AttentionShape& sizes = settings.sizes;
    const auto [rows, width] = matrixOf(run.shape(0));
    run.require(width == 3 * settings.width() && rows % sizes.tokens == 0, "queries, keys and values don't fit");
    const float* qkv = run.input(0);
    const Dropout dropout = settings.site.in(run.integer(1));
    const long images = rows / sizes.tokens;
    float* output = run.output(0, {images * sizes.queries, settings.width()});
    float* logSums = run.output(1, {images, sizes.heads, sizes.queries});
    if (run.failed()) return;
    parallelFor(images * sizes.heads, [&](long task) {
      const long image = task / sizes.heads;
      kernels().attention(qkv + image * sizes.tokens * 3 * settings.width(), sizes, image, task % sizes.heads, dropout,
                          output + image * sizes.queries * settings.width(), logSums + task * sizes.queries,
                          workingMemory(kernels().attentionScratch(sizes)));
    });
  }
};

struct AttentionGradient {
  const AttentionSettings settings;

  explicit AttentionGradient(Attributes& attributes) : settings(attributes) {}

  void compute(Operation& run) const {
    const AttentionShape& sizes = settings.sizes;
    const Shape shape = run.shape(1);
    const auto [rows, width] = matrixOf(shape);
    run.require(width == 3 * settings.width() && rows % sizes.tokens == 0, "queries, keys and values don't fit");
    const long images = rows / sizes.tokens;
    run.require(run.length(0) == images * sizes.queries * settings.width() && run.length(2) == run.length(0) &&
                    run.length(3) == images * sizes.heads * sizes.queries,
                "the gradient must have the shape of the value");
    const float *gradient = run.input(0), *qkv = run.input(1), *output = run.input(2), *logSums = run.input(3);
    const Dropout dropout = settings.site.in(run.integer(4));
    float* qkvGradient = run.output(0, shape);
    if (run.failed()) return;
    parallelFor(images * sizes.heads, [&](long task) {
      const long image = task / sizes.heads;
      const long start = image * sizes.queries * settings.width();
      const long first = image * sizes.tokens * 3 * settings.width();
      kernels().attentionGradient(gradient + start, qkv + first, output + start, logSums + task * sizes.queries, sizes,
                                  image, task % sizes.heads, dropout, qkvGradient + first,
                                  workingMemory(kernels().attentionScratch(sizes)));
    });
  }
};

template <typename Kernel>
void* create(TF_OpKernelConstruction* construction) {
  Attributes attributes(construction);
  return new Kernel(attributes);
}

template <typename Kernel>
void compute(void* kernel, TF_OpKernelContext* context) {
  Operation run(context);
  static_cast<Kernel*>(kernel)->compute(run);
}

template <typename Kernel>
void destroy(void* kernel) {
  delete static_cast<Kernel*>(kernel);
}

void unknownShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

struct Signature {
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  std::vector<const char*> attributes;
};

template <typename Kernel>
void registerOp(const char* name, const Signature& signature) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* input : signature.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : signature.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* attribute : signature.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknownShapes);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create<Kernel>, compute<Kernel>, destroy<Kernel>),
                             status);
  }
  TF_DeleteStatus(status);
}

const bool registered = [] {
  registerOp<LayerNorm>("VitrineLayerNorm", {{"x: float", "gamma: float", "beta: float"},
                                             {"y: float", "mean: float", "inverse_std: float"},
                                             {"epsilon: float"}});
  registerOp<LayerNormGradient>("VitrineLayerNormGradient",
                                {{"gradient: float", "x: float", "gamma: float", "mean: float", "inverse_std: float"},
                                 {"x_gradient: float", "gamma_gradient: float", "beta_gradient: float"},
                                 {}});
  registerOp<BiasGelu>("VitrineBiasGelu", {{"x: float", "bias: float"}, {"y: float"}, {}});
  registerOp<BiasGeluGradient>(
      "VitrineBiasGeluGradient",
      {{"gradient: float", "x: float", "bias: float"}, {"x_gradient: float", "bias_gradient: float"}, {}});
  registerOp<DropoutLayer>("VitrineDropout", {{"x: float", "seed: int32"}, {"y: float"}, {"rate: float", "site: int"}});
  registerOp<ColumnSums>("VitrineColumnSums", {{"x: float"}, {"total: float"}, {}});
  registerOp<Attention>("VitrineAttention",
                        {{"qkv: float", "seed: int32"},
                         {"output: float", "log_sums: float"},
                         {"tokens: int", "queries: int", "heads: int", "head_dim: int", "rate: float", "site: int"}});
  registerOp<AttentionGradient>(
      "VitrineAttentionGradient",
      {{"gradient: float", "qkv: float", "output: float", "log_sums: float", "seed: int32"},
       {"qkv_gradient: float"},
       {"tokens: int", "queries: int", "heads: int", "head_dim: int", "rate: float", "site: int"}});
  return true;
}();

}  // namespace

}  // namespace vitrine
