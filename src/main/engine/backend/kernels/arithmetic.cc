// The arithmetic of the kernels. This file is compiled once per instruction set; VITRINE_TABLE names
// the function that hands out the copy.
#include "kernelTable.h"
#include "smallProduct.h"
#include "vectors.h"

namespace {

using vitrine::AttentionShape;
using vitrine::Dropout;

void layerNorm(const float* x, const float* gamma, const float* beta, float epsilon, long rows, long width, float* y,
               float* mean, float* inverseStd) {
  for (long row = 0; row < rows; row++, x += width, y += width) {
    Vector sums = {};
    forEachVector(width, [&](long at, long count) { sums += loadUpTo(x + at, count); });
    const float average = sumOf(sums) / float(width);
    Vector squares = {};
    long at = 0;
    for (; at + lanes <= width; at += lanes) {
      const Vector centred = load(x + at) - average;
      squares += centred * centred;
    }
    float variance = sumOf(squares);
    for (; at < width; at++) variance += (x[at] - average) * (x[at] - average);
    const float inverse = 1.0f / std::sqrt(variance / float(width) + epsilon);
    forEachVector(width, [&](long at, long count) {
      const Vector normalised = (loadUpTo(x + at, count) - average) * inverse;
      storeUpTo(y + at, normalised * loadUpTo(gamma + at, count) + loadUpTo(beta + at, count), count);
    });
    mean[row] = average;
    inverseStd[row] = inverse;
  }
}

void layerNormGradient(const float* gradient, const float* x, const float* gamma, const float* mean,
                       const float* inverseStd, long rows, long width, float* xGradient, float* gammaGradient,
                       float* betaGradient) {
  for (long row = 0; row < rows; row++, gradient += width, x += width, xGradient += width) {
    const float average = mean[row];
    const float inverse = inverseStd[row];
    Vector sums = {};
    Vector products = {};
    forEachVector(width, [&](long at, long count) {
      const Vector incoming = loadUpTo(gradient + at, count);
      const Vector scaled = incoming * loadUpTo(gamma + at, count);
      const Vector normalised = (loadUpTo(x + at, count) - average) * inverse;
      sums += scaled;
      products += scaled * normalised;
      storeUpTo(gammaGradient + at, loadUpTo(gammaGradient + at, count) + incoming * normalised, count);
      storeUpTo(betaGradient + at, loadUpTo(betaGradient + at, count) + incoming, count);
    });
    const float meanScaled = sumOf(sums) / float(width);
    const float meanProduct = sumOf(products) / float(width);
    forEachVector(width, [&](long at, long count) {
      const Vector scaled = loadUpTo(gradient + at, count) * loadUpTo(gamma + at, count);
      const Vector normalised = (loadUpTo(x + at, count) - average) * inverse;
      storeUpTo(xGradient + at, (scaled - meanScaled - normalised * meanProduct) * inverse, count);
    });
  }
}

void biasGelu(const float* x, const float* bias, long rows, long width, float* y) {
  for (long row = 0; row < rows; row++, x += width, y += width) {
    forEachVector(width, [&](long at, long count) {
      const Vector value = loadUpTo(x + at, count) + loadUpTo(bias + at, count);
      storeUpTo(y + at, value * normalDistribution(value).cumulative, count);
    });
  }
}

void biasGeluGradient(const float* gradient, const float* x, const float* bias, long rows, long width, float* xGradient,
                      float* biasGradient) {
  for (long row = 0; row < rows; row++, gradient += width, x += width, xGradient += width) {
    forEachVector(width, [&](long at, long count) {
      const Vector value = loadUpTo(x + at, count) + loadUpTo(bias + at, count);
      const NormalDistribution normal = normalDistribution(value);
      const Vector outgoing = loadUpTo(gradient + at, count) * (normal.cumulative + value * normal.density);
      storeUpTo(xGradient + at, outgoing, count);
      storeUpTo(biasGradient + at, loadUpTo(biasGradient + at, count) + outgoing, count);
    });
  }
}

void dropout(const float* x, Dropout dropout, long firstRow, long rows, long width, float* y) {
  DropoutMask mask(dropout.key, dropout.rate);
  for (long row = 0; row < rows; row++, x += width, y += width) {
    mask.row(uint64_t(firstRow + row));
    forEachVector(width,
                  [&](long at, long count) { storeUpTo(y + at, loadUpTo(x + at, count) * mask.factors(at), count); });
  }
}

void columnSums(const float* x, long rows, long width, float* total) {
  for (long row = 0; row < rows; row++, x += width) {
    forEachVector(width, [&](long at, long count) {
      storeUpTo(total + at, loadUpTo(total + at, count) + loadUpTo(x + at, count), count);
    });
  }
}

// At most so many queries are worked on together, so that their scores stay in the cache.
constexpr long queryBlock = 64;

// The queries of one block, so that all blocks are about as large.
inline long blockOf(long queries) {
  const long blocks = (queries + queryBlock - 1) / queryBlock;
  return (queries + blocks - 1) / blocks;
}

inline long paddedTo(long count) { return (count + lanes - 1) / lanes * lanes; }

inline long shorter(long a, long b) { return a < b ? a : b; }

// Where the parts of the working memory begin. Rows are padded with zeros to whole vectors.
struct AttentionMemory {
  long paddedTokens;
  long paddedDim;
  float* keysAcross;     // [headDim, tokens]
  float* valuesAcross;   // [headDim, tokens]
  float* keys;           // [tokens, headDim]
  float* values;         // [tokens, headDim]
  float* keyGradient;    // [tokens, headDim]
  float* valueGradient;  // [tokens, headDim]
  float* queries;        // [queryBlock, headDim]
  float* gradient;       // [queryBlock, headDim]
  float* mixed;          // [queryBlock, headDim]
  float* scores;         // [queryBlock, tokens]
  float* others;         // [queryBlock, tokens]
  long size;

  AttentionMemory(AttentionShape shape, float* memory)
      : paddedTokens(paddedTo(shape.tokens)), paddedDim(paddedTo(shape.headDim)) {
    long used = 0;
    const auto take = [&](long count) {
      float* part = memory == nullptr ? nullptr : memory + used;
      used += count;
      return part;
    };
    keysAcross = take(shape.headDim * paddedTokens);
    valuesAcross = take(shape.headDim * paddedTokens);
    keys = take(shape.tokens * paddedDim);
    values = take(shape.tokens * paddedDim);
    keyGradient = take(shape.tokens * paddedDim);
    valueGradient = take(shape.tokens * paddedDim);
    queries = take(queryBlock * paddedDim);
    gradient = take(queryBlock * paddedDim);
    mixed = take(queryBlock * paddedDim);
    scores = take(queryBlock * paddedTokens);
    others = take(queryBlock * paddedTokens);
    size = used;
  }
};

long attentionScratch(AttentionShape shape) { return AttentionMemory(shape, nullptr).size; }

// Copies rows that lie `stride` apart, each padded with zeros.
void gather(const float* from, long stride, long rows, long width, long paddedWidth, float* to) {
  for (long row = 0; row < rows; row++, from += stride, to += paddedWidth) {
    std::memcpy(to, from, width * sizeof(float));
    std::memset(to + width, 0, (paddedWidth - width) * sizeof(float));
  }
}

// The same rows as columns, a vector's worth of rows at a time.
void gatherAcross(const float* from, long stride, long rows, long width, long paddedRows, float* to) {
  long row = 0;
  for (; row + lanes <= rows; row += lanes, from += lanes * stride) {
    for (long column = 0; column < width; column++) {
      Vector values;
      for (long lane = 0; lane < lanes; lane++) values[lane] = from[lane * stride + column];
      store(to + column * paddedRows + row, values);
    }
  }
  if (row == rows) return;
  for (long column = 0; column < width; column++) {
    Vector values = {};
    for (long lane = 0; lane < rows - row; lane++) values[lane] = from[lane * stride + column];
    store(to + column * paddedRows + row, values);
  }
}

void scatter(const float* from, long paddedWidth, long rows, long width, long stride, float* to) {
  for (long row = 0; row < rows; row++) std::memcpy(to + row * stride, from + row * paddedWidth, width * sizeof(float));
}

// Zeros whatever lies behind the last of `count` numbers up to whole vectors.
inline void clearPadding(float* row, long count, long padded) {
  for (long at = count; at < padded; at++) row[at] = 0;
}

void attention(const float* qkv, AttentionShape shape, long image, long head, Dropout dropout, float* output,
               float* logSums, float* scratch) {
  const AttentionMemory memory(shape, scratch);
  const long width = shape.heads * shape.headDim;
  const long stride = 3 * width;
  const float* query = qkv + head * shape.headDim;
  const float scale = 1.0f / std::sqrt(float(shape.headDim));
  gatherAcross(query + width, stride, shape.tokens, shape.headDim, memory.paddedTokens, memory.keysAcross);
  gather(query + 2 * width, stride, shape.tokens, shape.headDim, memory.paddedDim, memory.values);
  DropoutMask mask(dropout.key, dropout.rate);
  const long block = blockOf(shape.queries);
  for (long first = 0; first < shape.queries; first += block) {
    const long count = shorter(block, shape.queries - first);
    product(query + first * stride, stride, 1, memory.keysAcross, memory.paddedTokens, count, memory.paddedTokens,
            shape.headDim, memory.scores, memory.paddedTokens, false);
    for (long row = 0; row < count; row++) {
      float* scores = memory.scores + row * memory.paddedTokens;
      Vector largestLanes = broadcast(-INFINITY);
      long at = 0;
      for (; at + lanes <= shape.tokens; at += lanes) largestLanes = maximum(largestLanes, load(scores + at));
      float largest = maximumOf(largestLanes);
      for (; at < shape.tokens; at++) largest = scores[at] > largest ? scores[at] : largest;
      const float offset = largest * scale;
      for (at = 0; at < memory.paddedTokens; at += lanes) {
        store(scores + at, exponential(load(scores + at) * scale - offset));
      }
      clearPadding(scores, shape.tokens, memory.paddedTokens);
      Vector sums = {};
      for (at = 0; at < memory.paddedTokens; at += lanes) sums += load(scores + at);
      const float total = sumOf(sums);
      logSums[first + row] = offset + std::log(total);
      const float inverse = 1.0f / total;
      if (mask.active()) mask.row(uint64_t((image * shape.heads + head) * shape.queries + first + row));
      for (at = 0; at < memory.paddedTokens; at += lanes) {
        Vector weight = load(scores + at) * inverse;
        if (mask.active()) weight *= mask.factors(at);
        store(scores + at, weight);
      }
    }
    product(memory.scores, memory.paddedTokens, 1, memory.values, memory.paddedDim, count, memory.paddedDim,
            shape.tokens, memory.mixed, memory.paddedDim, false);
    scatter(memory.mixed, memory.paddedDim, count, shape.headDim, width, output + first * width + head * shape.headDim);
  }
}

void attentionGradient(const float* gradient, const float* qkv, const float* output, const float* logSums,
                       AttentionShape shape, long image, long head, Dropout dropout, float* qkvGradient,
                       float* scratch) {
  const AttentionMemory memory(shape, scratch);
  const long width = shape.heads * shape.headDim;
  const long stride = 3 * width;
  const long dim = shape.headDim;
  const float* query = qkv + head * dim;
  const float scale = 1.0f / std::sqrt(float(dim));
  gatherAcross(query + width, stride, shape.tokens, dim, memory.paddedTokens, memory.keysAcross);
  gatherAcross(query + 2 * width, stride, shape.tokens, dim, memory.paddedTokens, memory.valuesAcross);
  gather(query + width, stride, shape.tokens, dim, memory.paddedDim, memory.keys);
  DropoutMask mask(dropout.key, dropout.rate);
  float* outgoing = qkvGradient + head * dim;
  const long block = blockOf(shape.queries);
  for (long first = 0; first < shape.queries; first += block) {
    const long count = shorter(block, shape.queries - first);
    const bool adds = first > 0;
    const float* incoming = gradient + first * width + head * dim;
    const float* mixed = output + first * width + head * dim;
    gather(incoming, width, count, dim, memory.paddedDim, memory.gradient);
    gather(query + first * stride, stride, count, dim, memory.paddedDim, memory.queries);
    product(memory.queries, memory.paddedDim, 1, memory.keysAcross, memory.paddedTokens, count, memory.paddedTokens,
            dim, memory.scores, memory.paddedTokens, false);
    product(memory.gradient, memory.paddedDim, 1, memory.valuesAcross, memory.paddedTokens, count, memory.paddedTokens,
            dim, memory.others, memory.paddedTokens, false);
    for (long row = 0; row < count; row++) {
      float* scores = memory.scores + row * memory.paddedTokens;
      float* others = memory.others + row * memory.paddedTokens;
      Vector dots = {};
      forEachVector(dim, [&](long at, long some) {
        dots += loadUpTo(incoming + row * width + at, some) * loadUpTo(mixed + row * width + at, some);
      });
      const float dot = sumOf(dots);
      const float logSum = logSums[first + row];
      if (mask.active()) mask.row(uint64_t((image * shape.heads + head) * shape.queries + first + row));
      for (long at = 0; at < memory.paddedTokens; at += lanes) {
        const Vector weight = exponential(load(scores + at) * scale - logSum);
        const Vector factors = mask.active() ? mask.factors(at) : broadcast(1.0f);
        store(others + at, weight * (load(others + at) * factors - dot) * scale);
        store(scores + at, weight * factors);
      }
      clearPadding(scores, shape.tokens, memory.paddedTokens);
      clearPadding(others, shape.tokens, memory.paddedTokens);
    }
    product(memory.scores, 1, memory.paddedTokens, memory.gradient, memory.paddedDim, shape.tokens, memory.paddedDim,
            count, memory.valueGradient, memory.paddedDim, adds);
    product(memory.others, 1, memory.paddedTokens, memory.queries, memory.paddedDim, shape.tokens, memory.paddedDim,
            count, memory.keyGradient, memory.paddedDim, adds);
    product(memory.others, memory.paddedTokens, 1, memory.keys, memory.paddedDim, count, memory.paddedDim, shape.tokens,
            memory.mixed, memory.paddedDim, false);
    scatter(memory.mixed, memory.paddedDim, count, dim, stride, outgoing + first * stride);
  }
  for (long token = shape.queries; token < shape.tokens; token++) {
    std::memset(outgoing + token * stride, 0, dim * sizeof(float));
  }
  scatter(memory.keyGradient, memory.paddedDim, shape.tokens, dim, stride, outgoing + width);
  scatter(memory.valueGradient, memory.paddedDim, shape.tokens, dim, stride, outgoing + 2 * width);
}

const vitrine::KernelTable table = {
    layerNorm,  layerNormGradient, biasGelu,  biasGeluGradient,  dropout,
    columnSums, attentionScratch,  attention, attentionGradient,
};

}  // namespace

namespace vitrine {

const KernelTable* VITRINE_TABLE() { return &table; }

}  // namespace vitrine
