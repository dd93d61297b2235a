// Interpolation and splatting. A thread takes a few channels of one item, a point or a row, and goes over its links in
// order, so that every sum has one writer and the order that it has on the CPU. The threads of a warp stand side by
// side in an item and the items behind it, which makes their loads coalesced. Blocks have nothing in common.
//
// ELEMENT: what matrices hold.
#include "channels.cuh"
#include "walks.cuh"

constexpr int kThreads = 256;
constexpr int kAhead = 4;  // links whose loads are on their way at a time

using Number = Sum<ELEMENT>;

// What a kernel needs of a link; each loads its part.
template <int kWidth>
struct Loaded {
  ELEMENT values[kWidth];
  int32_t points[kWidth];
  double weight;
};

// Calls use(other, loaded) for each link of an item, in order; fetch(link, other, loaded) loads.
template <int kWidth, class Fetch, class Use>
SPC_DEVICE void for_links(const LinkWalk &walk, int64_t item, const Fetch &fetch, const Use &use) {
  const int64_t end = walk.starts[item + 1];
  for (int64_t first = walk.starts[item]; first < end; first += kAhead) {
    int32_t others[kAhead];
    Loaded<kWidth> loaded[kAhead];
    SPC_UNROLL
    for (int i = 0; i < kAhead; ++i) others[i] = first + i < end ? walk.others[first + i] : -1;
    SPC_UNROLL
    for (int i = 0; i < kAhead; ++i) {
      if (others[i] >= 0) fetch(first + i, others[i], loaded[i]);
    }
    SPC_UNROLL
    for (int i = 0; i < kAhead; ++i) {
      if (others[i] >= 0) use(others[i], loaded[i]);
    }
  }
}

// scales: of each other item, or null. mean: whether sums are divided by that of the weights.
template <int kWidth>
SPC_DEVICE void sum(const LinkWalk &walk, const double *scales, bool mean, const ELEMENT *input, ELEMENT *output) {
  const Place place = place_of(global_thread(), walk.row_threads, kWidth);
  if (place.row >= walk.items) return;
  Number sums[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) sums[n] = 0;
  double total = 0;
  bool any = false;
  for_links<kWidth>(
      walk, place.row,
      [&](int64_t link, int32_t other, Loaded<kWidth> &to) {
        load(to.values, input + static_cast<int64_t>(other) * walk.channels + place.channel);
        to.weight = walk.weights != nullptr ? walk.weights[link] : 1.0;
      },
      [&](int32_t other, const Loaded<kWidth> &from) {
        any = true;
        total += from.weight;
        const double scaled = scales != nullptr ? product(from.weight, scales[other]) : from.weight;
        const auto weight = static_cast<Number>(scaled);
        SPC_UNROLL
        for (int n = 0; n < kWidth; ++n) sums[n] += product(weight, widen(from.values[n]));
      });
  if (mean && any) {
    const auto over = static_cast<Number>(total);
    SPC_UNROLL
    for (int n = 0; n < kWidth; ++n) sums[n] /= over;
  }
  store_narrow(output + place.row * walk.channels + place.channel, sums);
}

// Not-a-number is larger than all; of equal values the first point's stays. saved: the point that holds each maximum,
// or -1; or null.
template <int kWidth>
SPC_DEVICE void maximum(const LinkWalk &walk, const ELEMENT *input, int32_t *saved, ELEMENT *output) {
  const Place place = place_of(global_thread(), walk.row_threads, kWidth);
  if (place.row >= walk.items) return;
  Number best[kWidth];
  int32_t points[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) {
    best[n] = 0;
    points[n] = -1;
  }
  for_links<kWidth>(
      walk, place.row,
      [&](int64_t, int32_t other, Loaded<kWidth> &to) {
        load(to.values, input + static_cast<int64_t>(other) * walk.channels + place.channel);
      },
      [&](int32_t other, const Loaded<kWidth> &from) {
        SPC_UNROLL
        for (int n = 0; n < kWidth; ++n) {
          const Number value = widen(from.values[n]);
          const bool take = points[n] < 0 || value > best[n] || (value != value && best[n] == best[n]);
          best[n] = take ? value : best[n];
          points[n] = take ? other : points[n];
        }
      });
  const int64_t at = place.row * walk.channels + place.channel;
  store_narrow(output + at, best);
  if (saved != nullptr) store(saved + at, points);
}

// Reads gradients and saved points by row, writes gradients by point.
template <int kWidth>
SPC_DEVICE void maximum_gradient(const LinkWalk &walk, const ELEMENT *grad_output, const int32_t *saved,
                                 ELEMENT *grad_input) {
  const Place place = place_of(global_thread(), walk.row_threads, kWidth);
  if (place.row >= walk.items) return;
  Number sums[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) sums[n] = 0;
  for_links<kWidth>(
      walk, place.row,
      [&](int64_t, int32_t other, Loaded<kWidth> &to) {
        const int64_t at = static_cast<int64_t>(other) * walk.channels + place.channel;
        load(to.values, grad_output + at);
        load(to.points, saved + at);
      },
      [&](int32_t, const Loaded<kWidth> &from) {
        SPC_UNROLL
        for (int n = 0; n < kWidth; ++n) sums[n] += from.points[n] == place.row ? widen(from.values[n]) : Number(0);
      });
  store_narrow(grad_input + place.row * walk.channels + place.channel, sums);
}

SPC_KERNEL(kThreads, link_sum, LinkWalk walk, const double *scales, int32_t mean, const ELEMENT *input,
           ELEMENT *output) {
  walk.width == 1 ? sum<1>(walk, scales, mean != 0, input, output)
                  : sum<kVector<ELEMENT>>(walk, scales, mean != 0, input, output);
}

SPC_KERNEL(kThreads, link_maximum, LinkWalk walk, const ELEMENT *input, int32_t *saved, ELEMENT *output) {
  walk.width == 1 ? maximum<1>(walk, input, saved, output) : maximum<kVector<ELEMENT>>(walk, input, saved, output);
}

SPC_KERNEL(kThreads, link_maximum_gradient, LinkWalk walk, const ELEMENT *grad_output, const int32_t *saved,
           ELEMENT *grad_input) {
  walk.width == 1 ? maximum_gradient<1>(walk, grad_output, saved, grad_input)
                  : maximum_gradient<kVector<ELEMENT>>(walk, grad_output, saved, grad_input);
}

// One over the sum of the weights of each item's links; a thread has one item.
SPC_KERNEL(kThreads, invert_totals, int64_t items, const int64_t *starts, const double *weights, double *scales) {
  const int64_t item = global_thread();
  if (item >= items) return;
  double total = 0;
  for (int64_t link = starts[item]; link < starts[item + 1]; ++link) total += weights != nullptr ? weights[link] : 1.0;
  scales[item] = 1 / total;
}
