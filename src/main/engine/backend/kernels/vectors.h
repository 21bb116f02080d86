// Vectors of floats as wide as the instruction set that this file is compiled for, with the few
// functions that the kernels need. Everything is in an unnamed namespace: each instruction set's
// object file keeps its own copy.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

#if defined(__AVX512F__)
constexpr long lanes = 16;
#elif defined(__AVX2__)
constexpr long lanes = 8;
#else
constexpr long lanes = 4;
#endif

typedef float Vector __attribute__((vector_size(lanes * 4)));
typedef int32_t Integers __attribute__((vector_size(lanes * 4)));
typedef uint32_t Bits __attribute__((vector_size(lanes * 4)));

inline Vector load(const float* from) {
  Vector value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void store(float* to, Vector value) { std::memcpy(to, &value, sizeof(value)); }

inline Vector loadSome(const float* from, long count) {
  Vector value = {};
  std::memcpy(&value, from, count * sizeof(float));
  return value;
}

inline void storeSome(float* to, Vector value, long count) { std::memcpy(to, &value, count * sizeof(float)); }

// Minus zero changes no number, so this costs one instruction; plus zero would change −0.
inline Vector broadcast(float value) { return value - Vector{}; }

inline Vector maximum(Vector a, Vector b) { return a > b ? a : b; }

inline Vector minimum(Vector a, Vector b) { return a < b ? a : b; }

inline float sumOf(Vector value) {
  float total = 0;
  for (long lane = 0; lane < lanes; lane++) total += value[lane];
  return total;
}

inline float maximumOf(Vector value) {
  float largest = value[0];
  for (long lane = 1; lane < lanes; lane++) largest = value[lane] > largest ? value[lane] : largest;
  return largest;
}

// 0, 1, 2, …
inline Bits laneNumbers() {
  Bits numbers = {};
  for (long lane = 0; lane < lanes; lane++) numbers[lane] = uint32_t(lane);
  return numbers;
}

// Applies `body(offset, count)` to whole vectors and once to what is left over.
template <typename Body>
inline void forEachVector(long length, Body body) {
  long offset = 0;
  for (; offset + lanes <= length; offset += lanes) body(offset, lanes);
  if (offset < length) body(offset, length - offset);
}

inline Vector loadUpTo(const float* from, long count) { return count == lanes ? load(from) : loadSome(from, count); }

inline void storeUpTo(float* to, Vector value, long count) {
  if (count == lanes) {
    store(to, value);
  } else {
    storeSome(to, value, count);
  }
}

// e^x to about one unit in the last place; arguments outside the range of float32 are clamped to it,
// and what is no number stays none.
// x = n·ln 2 + r, and a polynomial of degree 6 for e^r (Cephes, expf).
inline Vector exponential(Vector given) {
  Vector x = minimum(maximum(given, broadcast(-87.3f)), broadcast(88.3f));
  const Vector rounding = broadcast(12582912.0f);
  const Vector n = (x * 1.44269504088896341f + rounding) - rounding;
  const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Vector p = broadcast(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
  Vector scale;
  std::memcpy(&scale, &power, sizeof(scale));
  return given == given ? p * scale : given;
}

struct NormalDistribution {
  Vector cumulative;
  Vector density;
};

// Φ(x) and φ(x). The error function is Abramowitz & Stegun's 7.1.26, within 1.5e-7; its exponential
// serves the density too.
inline NormalDistribution normalDistribution(Vector x) {
  const Vector bell = exponential(x * x * -0.5f);
  const Vector magnitude = (x < 0.0f ? -x : x) * 0.70710678118654752f;
  const Vector t = 1.0f / (1.0f + magnitude * 0.3275911f);
  Vector p = broadcast(1.061405429f);
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const Vector tail = p * t * bell * 0.5f;
  return {x < 0.0f ? tail : 1.0f - tail, bell * 0.39894228040143268f};
}

// A hash of 32 bits to 32 bits in which every input bit changes half of the output's (C. Wellons' lowbias32).
inline Bits scramble(Bits x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

// The finaliser of SplitMix64 (Steele et al., 2014).
inline uint64_t scramble64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Dropout's factors: 0 where an element is dropped, 1 / (1 − rate) where it stays. They depend on
// nothing but the key and the element's place, so a gradient can make them again.
class DropoutMask {
 public:
  DropoutMask(uint64_t key, float rate)
      : key_(key), threshold_(uint32_t(double(rate) * 4294967296.0)), factor_(1.0f / (1.0f - rate)) {}

  bool active() const { return threshold_ != 0; }

  // Chooses the row that `factors` speaks of.
  void row(uint64_t number) { rowKey_ = uint32_t(scramble64(key_ ^ (number * 0xd1342543de82ef95u))); }

  Vector factors(long column) const {
    const Bits place = (laneNumbers() + uint32_t(column)) * 0x9e3779b1u + rowKey_;
    const Bits drawn = scramble(place);
    return drawn >= threshold_ ? broadcast(factor_) : Vector{};
  }

 private:
  uint64_t key_;
  uint32_t threshold_;
  float factor_;
  uint32_t rowKey_ = 0;
};

}  // namespace
