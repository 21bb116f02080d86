// Matrix products that fit into the cache, for the heads of attention.
#pragma once

#include "vectors.h"

namespace {

// `Rows` rows by two vectors of columns, held in registers over the whole sum.
template <int Rows>
inline void productTile(const float* a, long rowStride, long columnStride, const float* b, long bStride, long inner,
                        float* c, long cStride, bool adds) {
  Vector left[Rows] = {};
  Vector right[Rows] = {};
  for (long k = 0; k < inner; k++) {
    const Vector b0 = load(b + k * bStride);
    const Vector b1 = load(b + k * bStride + lanes);
    for (int row = 0; row < Rows; row++) {
      const Vector value = broadcast(a[row * rowStride + k * columnStride]);
      left[row] += value * b0;
      right[row] += value * b1;
    }
  }
  for (int row = 0; row < Rows; row++) {
    float* to = c + row * cStride;
    store(to, adds ? load(to) + left[row] : left[row]);
    store(to + lanes, adds ? load(to + lanes) + right[row] : right[row]);
  }
}

template <int Rows>
inline void narrowTile(const float* a, long rowStride, long columnStride, const float* b, long bStride, long inner,
                       float* c, long cStride, bool adds) {
  Vector sums[Rows] = {};
  for (long k = 0; k < inner; k++) {
    const Vector b0 = load(b + k * bStride);
    for (int row = 0; row < Rows; row++) sums[row] += broadcast(a[row * rowStride + k * columnStride]) * b0;
  }
  for (int row = 0; row < Rows; row++) {
    float* to = c + row * cStride;
    store(to, adds ? load(to) + sums[row] : sums[row]);
  }
}

template <int Rows>
inline void productRows(const float* a, long rowStride, long columnStride, const float* b, long bStride, long columns,
                        long inner, float* c, long cStride, bool adds) {
  long column = 0;
  for (; column + 2 * lanes <= columns; column += 2 * lanes) {
    productTile<Rows>(a, rowStride, columnStride, b + column, bStride, inner, c + column, cStride, adds);
  }
  if (column < columns) {
    narrowTile<Rows>(a, rowStride, columnStride, b + column, bStride, inner, c + column, cStride, adds);
  }
}

// c = a·b, or c += a·b. a: [rows, inner], its element (i, k) at i · rowStride + k · columnStride;
// b: [inner, columns] and c: [rows, columns], rows `bStride` and `cStride` apart; `columns` is a
// multiple of the vector length.
inline void product(const float* a, long rowStride, long columnStride, const float* b, long bStride, long rows,
                    long columns, long inner, float* c, long cStride, bool adds) {
  long row = 0;
  for (; row + 6 <= rows; row += 6) {
    productRows<6>(a + row * rowStride, rowStride, columnStride, b, bStride, columns, inner, c + row * cStride, cStride,
                   adds);
  }
  for (; row + 2 <= rows; row += 2) {
    productRows<2>(a + row * rowStride, rowStride, columnStride, b, bStride, columns, inner, c + row * cStride, cStride,
                   adds);
  }
  if (row < rows) {
    productRows<1>(a + row * rowStride, rowStride, columnStride, b, bStride, columns, inner, c + row * cStride, cStride,
                   adds);
  }
}

}  // namespace
