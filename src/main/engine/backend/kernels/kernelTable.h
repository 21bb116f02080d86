// What each instruction set's copy of the arithmetic offers. Matrices are row by row; a `rows`
// argument is the number of rows that a call works on, so that calls can share a matrix out.
#pragma once

#include <cstdint>

namespace vitrine {

struct Dropout {
  // Of one place in the model in one step.
  uint64_t key;
  // From 0 up to, but without, 1.
  float rate;
};

struct AttentionShape {
  long tokens;
  // The first so many tokens are asked; the others serve as keys and values alone.
  long queries;
  long heads;
  long headDim;
};

struct KernelTable {
  // y = (x − mean) · inverseStd · gamma + beta per row, with the biased variance.
  void (*layerNorm)(const float* x, const float* gamma, const float* beta, float epsilon, long rows, long width,
                    float* y, float* mean, float* inverseStd);
  // Adds this share of the rows to `gammaGradient` and `betaGradient`.
  void (*layerNormGradient)(const float* gradient, const float* x, const float* gamma, const float* mean,
                            const float* inverseStd, long rows, long width, float* xGradient, float* gammaGradient,
                            float* betaGradient);
  // y = (x + bias) · Φ(x + bias).
  void (*biasGelu)(const float* x, const float* bias, long rows, long width, float* y);
  // Adds this share of the rows to `biasGradient`.
  void (*biasGeluGradient)(const float* gradient, const float* x, const float* bias, long rows, long width,
                           float* xGradient, float* biasGradient);
  // Drops elements of rows whose numbers in the whole matrix begin with `firstRow`.
  void (*dropout)(const float* x, Dropout dropout, long firstRow, long rows, long width, float* y);
  // Adds the rows of x to `total`.
  void (*columnSums)(const float* x, long rows, long width, float* total);
  // Numbers that `attention` and `attentionGradient` need as working memory.
  long (*attentionScratch)(AttentionShape shape);
  // One head of one image. `qkv` points at the image's first token (its row: 3 · heads · headDim),
  // `output` at its first query (its row: heads · headDim); `logSums` holds, per query, the logarithm
  // of the sum that its softmax was divided by.
  void (*attention)(const float* qkv, AttentionShape shape, long image, long head, Dropout dropout, float* output,
                    float* logSums, float* scratch);
  // Writes the head's part of all rows of `qkvGradient`.
  void (*attentionGradient)(const float* gradient, const float* qkv, const float* output, const float* logSums,
                            AttentionShape shape, long image, long head, Dropout dropout, float* qkvGradient,
                            float* scratch);
};

const KernelTable* baselineKernels();
const KernelTable* avx2Kernels();
const KernelTable* avx512Kernels();

}  // namespace vitrine
