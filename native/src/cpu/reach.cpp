#include "cpu/reach.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace spc {
namespace {

constexpr int64_t kPartBlocks = 4096;
constexpr int64_t kPartsOfThread = 8;

}  // namespace

Shape::Shape(const Kernel &kernel, Reading reading) {
  SplitOffsets offsets = split_offsets(kernel, reading);
  if (reading == Reading::kFloor) {
    offsets.assign(1, offsets[0]);
    // Halving a line takes its sites by their rest.
    if (kernel.stride[kernel.last()] == 2) offsets.push_back(offsets[0]), offsets[1][kernel.last()].rest = 1;
  }
  std::map<Profile, std::size_t> seen;
  for (const FanSlab &slab : fan_out(offsets, kernel.dimensions)) {
    slabs.push_back({slab.offset, {}});
    for (const FanLine &line : slab.lines) {
      Profile profile;
      for (const FanTap &tap : line.taps) add_tap(profile, tap.offset);
      const auto [known, added] = seen.try_emplace(profile, profiles.size());
      if (added) profiles.push_back(profile);
      slabs.back().lines.push_back({line.offset, known->second});
    }
  }
}

void Shape::add_tap(Profile &profile, const Split &offset) {
  // One more bit is left to what a block's first site carries.
  constexpr int64_t kMostSpan = kBlockSites - 2;
  const bool near = !profile.empty() && offset.quotient - profile.back().first <= kMostSpan;
  const int64_t first = near ? profile.back().first : offset.quotient;
  const auto cluster = std::find_if(profile.begin(), profile.end(), [&](const Cluster &known) {
    return known.first == first && known.rest == offset.rest;
  });
  const uint64_t tap = uint64_t{1} << (offset.quotient - first);
  if (cluster != profile.end()) {
    cluster->taps |= tap;
  } else {
    profile.push_back({first, offset.rest, tap});
  }
}

Reach::Reach(const Sites &from, const Kernel &kernel, const Shape &shape, Reading reading, const Box &to)
    : from_(from),
      kernel_(kernel),
      shape_(shape),
      reading_(reading),
      to_(to),
      last_(kernel.last()),
      words_(static_cast<int64_t>(to.line_blocks)),
      slab_words_(to.weights[std::max(last_ - 1, 0)]),
      tail_(~uint64_t{0} >> (to.line_blocks * kBlockSites - static_cast<uint64_t>(to.extent[last_ + 1]))) {}

BlockList Reach::run(uint64_t begin, uint64_t end) {
  BlockList made;
  if (begin == end) return made;
  read(sources(begin, end));
  find_entries(begin, end);
  for (std::size_t first = 0, last; first < entries_.size(); first = last) {
    last = first + 1;
    while (last < entries_.size() && entries_[last].slab == entries_[first].slab) ++last;
    make_slab(first, last, begin, end, made);
  }
  return made;
}

// The blocks of `from` that may lead to lines with keys in [begin, end), by the batch index and the first coordinate.
Range Reach::sources(uint64_t begin, uint64_t end) const {
  const Box &box = from_.box;
  const uint64_t batches[2] = {begin / to_.weights[0], (end - 1) / to_.weights[0]};
  if (last_ == 0) {
    const auto block = [&](uint64_t batch) { return from_.seek(0, batch * box.weights[0]); };
    return {block(batches[0]), block(batches[1] + 1)};
  }
  int64_t least = kernel_.offsets[0][0], most = least;
  for (const Offset &offset : kernel_.offsets) {
    least = std::min(least, offset[0]);
    most = std::max(most, offset[0]);
  }
  const int64_t stride = kernel_.stride[0];
  if (reading_ == Reading::kFloor) least = 0, most = stride - 1;
  const auto place = [&](uint64_t key, bool upper) {
    const int64_t site = to_.low[1] + static_cast<int64_t>(key % to_.weights[0] / to_.weights[1]);
    if (reading_ != Reading::kCoarseToFine) return stride * site + (upper ? most + 1 : least);
    return upper ? floor_divide(site - least, stride) + 1 : floor_divide(site - most + stride - 1, stride);
  };
  const auto block = [&](uint64_t batch, int64_t site) {
    const int64_t digit = std::clamp<int64_t>(site - box.low[1], 0, box.extent[1]);
    return from_.seek(0, batch * box.weights[0] + static_cast<uint64_t>(digit) * box.weights[1]);
  };
  return {block(batches[0], place(begin, false)), block(batches[1], place(end - 1, true))};
}

// Splits leading coordinates by the law and traces blocks along their lines.
void Reach::read(Range blocks) {
  const Box &box = from_.box;
  const uint64_t slab_keys = box.weights[std::max(last_ - 1, 0)];
  const std::size_t profiles = shape_.profiles.size();
  sources_.clear();
  lines_.resize(static_cast<std::size_t>(blocks.end - blocks.begin));
  starts_.resize(lines_.size() * profiles + 1);
  count_ = 0;
  SiteReader reader(box);
  uint64_t slab = 0;  // its first key
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const int64_t block = blocks.begin + static_cast<int64_t>(i);
    const uint64_t key = from_.keys[block];
    if (i == 0 || key - slab >= slab_keys) {
      slab = key - key % slab_keys;
      if (!sources_.empty()) sources_.back().end = i;
      sources_.push_back({reader.read(slab), {}, i, lines_.size()});
      Source &source = sources_.back();
      for (int axis = 0; axis + 1 < last_; ++axis) {
        source.lead[axis] = split_value(reading_, kernel_.stride[axis], source.site[axis + 1]);
      }
    }
    const Site &first = sources_.back().site;
    const uint64_t line = (key - slab) / box.line_blocks, word = key - slab - line * box.line_blocks;
    lines_[i] = {0, 0};
    if (last_ > 0) {
      lines_[i] = split_value(reading_, kernel_.stride[last_ - 1], first[last_] + static_cast<int64_t>(line));
      lines_[i].quotient -= to_.low[last_];
    }
    const int64_t site = first[last_ + 1] + static_cast<int64_t>(word) * kBlockSites;
    for (std::size_t profile = 0; profile < profiles; ++profile) {
      starts_[i * profiles + profile] = count_;
      trace(from_.masks[block], site, shape_.profiles[profile]);
    }
  }
  starts_.back() = count_;
}

// What a block becomes along a line; `site` is its first.
void Reach::trace(uint64_t mask, int64_t site, const Shape::Profile &profile) {
  const int64_t stride = kernel_.stride[last_];
  const std::size_t most = count_ + 4 * kBlockSites * profile.size();
  if (pieces_.size() < most) pieces_.resize(2 * most);
  for (auto begin = profile.begin(), end = begin; begin != profile.end(); begin = end) {
    while (end != profile.end() && end->first == begin->first) ++end;
    if (stride == 1) {
      lay_mask<1>(mask, site, begin, end);
    } else if (stride == 2 && reading_ != Reading::kCoarseToFine) {
      lay_mask<2>(mask, site, begin, end);
    } else {
      lay_bits(mask, site, begin, end);
    }
  }
}

// Clusters with the same first tap, all sites of a block at a time.
template <int64_t kStride>
void Reach::lay_mask(uint64_t mask, int64_t site, ClusterIterator cluster, ClusterIterator end) {
  const int64_t begin = floor_divide(site, kStride), rest = site - begin * kStride;
  const int64_t place = begin + cluster->first - to_.low[last_ + 1];
  uint64_t low = 0, high = 0;
  for (; cluster != end; ++cluster) {
    const int64_t first = cluster->rest - rest, carry = first < 0 ? 1 : 0;
    const uint64_t bits = pick(mask, first + carry * kStride, kStride);
    for (uint64_t taps = cluster->taps << carry; taps != 0; taps &= taps - 1) {
      const int tap = std::countr_zero(taps);
      low |= bits << tap;
      high |= bits >> 1 >> (kBlockSites - 1 - tap);
    }
  }
  const int64_t word = place >> 6;
  const int shift = static_cast<int>(place & (kBlockSites - 1)), back = kBlockSites - 1 - shift;
  add(word, low << shift);
  add(word + 1, low >> 1 >> back | high << shift);
  add(word + 2, high >> 1 >> back);
}

// Clusters with the same first tap, one site after the other: their places ascend, if not by one.
void Reach::lay_bits(uint64_t mask, int64_t site, ClusterIterator begin, ClusterIterator end) {
  const int64_t stride = kernel_.stride[last_], low = begin->first - to_.low[last_ + 1];
  int64_t word = -2;
  uint64_t here = 0, next = 0;
  for (; mask != 0; mask &= mask - 1) {
    const auto [quotient, rest] = split_value(reading_, stride, site + std::countr_zero(mask));
    const int64_t place = quotient + low;
    const int shift = static_cast<int>(place & (kBlockSites - 1));
    for (auto cluster = begin; cluster != end; ++cluster) {
      if (cluster->rest != rest) continue;
      if (place >> 6 != word) {
        add(word, here);
        here = place >> 6 == word + 1 ? next : 0;
        if (here == 0) add(word + 1, next);
        word = place >> 6, next = 0;
      }
      here |= cluster->taps << shift;
      next |= cluster->taps >> 1 >> (kBlockSites - 1 - shift);
    }
  }
  add(word, here);
  add(word + 1, next);
}

// Leaves out what is not on a line.
void Reach::add(int64_t word, uint64_t bits) {
  bits &= word == words_ - 1 ? tail_ : ~uint64_t{0};
  pieces_[count_] = {word, bits};
  count_ += bits != 0 && static_cast<uint64_t>(word) < static_cast<uint64_t>(words_) ? 1 : 0;
}

void Reach::find_entries(uint64_t begin, uint64_t end) {
  entries_.clear();
  for (const Source &source : sources_) {
    const uint64_t batch = to_.weights[0] * static_cast<uint64_t>(source.site[0] - to_.low[0]);
    for (const Shape::Slabs &offsets : shape_.slabs) {
      uint64_t slab = batch;
      bool inside = true;
      for (int axis = 0; axis + 1 < last_; ++axis) {
        const int64_t site = source.lead[axis].quotient + offsets.offset[axis].quotient;
        inside = inside && source.lead[axis].rest == offsets.offset[axis].rest && to_.holds(axis + 1, site);
        slab += to_.weights[axis + 1] * static_cast<uint64_t>(site - to_.low[axis + 1]);
      }
      if (inside && slab < end && slab + slab_words_ > begin) entries_.push_back({slab, &source, &offsets});
    }
  }
  const auto before = [](const Entry &a, const Entry &b) { return a.slab < b.slab; };
  if (!std::is_sorted(entries_.begin(), entries_.end(), before)) std::sort(entries_.begin(), entries_.end(), before);
}

// visit(word, bits) for all that entries [first, last) lay on the lines [low, high) of their slab; words count from the
// first of these lines.
template <class Visit>
void Reach::visit_words(std::size_t first, std::size_t last, int64_t low, int64_t high, const Visit &visit) const {
  const auto lines = static_cast<uint64_t>(high - low);
  const std::size_t profiles = shape_.profiles.size();
  for (std::size_t e = first; e < last; ++e) {
    const Source &source = *entries_[e].source;
    for (std::size_t block = source.begin; block < source.end; ++block) {
      const Split split = lines_[block];
      for (const Shape::Lines &offset : entries_[e].offsets->lines) {
        const int64_t line = split.quotient + offset.offset.quotient - low;
        if (split.rest != offset.offset.rest || static_cast<uint64_t>(line) >= lines) continue;
        const std::size_t name = block * profiles + offset.profile;
        for (std::size_t i = starts_[name]; i < starts_[name + 1]; ++i) {
          visit(line * words_ + pieces_[i].word, pieces_[i].bits);
        }
      }
    }
  }
}

// The slab of entries [first, last), as far as its keys are in [begin, end).
void Reach::make_slab(std::size_t first, std::size_t last, uint64_t begin, uint64_t end, BlockList &made) {
  constexpr int64_t kEmptyWords = 256;  // that one in use makes worth while
  const uint64_t slab = entries_[first].slab, key = std::max(begin, slab);
  const auto words = static_cast<int64_t>(std::min(end - key, slab + slab_words_ - key));
  const int64_t low = static_cast<int64_t>(key - slab) / words_, high = low + words / words_;
  int64_t visits = 0;
  for (std::size_t e = first; e < last; ++e) {
    const Source &source = *entries_[e].source;
    visits += static_cast<int64_t>((source.end - source.begin) * entries_[e].offsets->lines.size());
  }
  if (words <= kMostTableWords && words / kEmptyWords <= visits) {
    if (std::ssize(table_) < words) table_.resize(words), touched_.resize(words / 64 + 1);
    uint64_t *const table = table_.data(), *const touched = touched_.data();
    visit_words(first, last, low, high, [&](int64_t word, uint64_t bits) {
      table[word] |= bits;
      touched[word / 64] |= uint64_t{1} << (word % 64);
    });
    for (int64_t group = 0; group <= (words - 1) / 64; ++group) {
      for (uint64_t rest = std::exchange(touched[group], 0); rest != 0; rest &= rest - 1) {
        const int64_t word = group * 64 + std::countr_zero(rest);
        made.add(key + static_cast<uint64_t>(word), std::exchange(table[word], 0));
      }
    }
    return;
  }
  loose_.clear();
  visit_words(first, last, low, high, [&](int64_t word, uint64_t bits) {
    loose_.push_back({key + static_cast<uint64_t>(word), bits});
  });
  const auto before = [](const Block &a, const Block &b) { return a.key < b.key; };
  if (!std::is_sorted(loose_.begin(), loose_.end(), before)) std::sort(loose_.begin(), loose_.end(), before);
  for (auto block = loose_.begin(); block != loose_.end();) {
    Block joined = *block;
    while (++block != loose_.end() && block->key == joined.key) joined.mask |= block->mask;
    made.add(joined.key, joined.mask);
  }
}

namespace {

// Where sites may be made.
struct Limits {
  bool bounded;
  Site low{}, high{};

  Limits(int axes, const int32_t *bounds) : bounded(bounds != nullptr) {
    for (int axis = 0; axis < axes; ++axis) {
      const bool open = axis == 0 || !bounded;  // a batch index is never bounded
      low[axis] = open ? std::numeric_limits<int32_t>::min() : 0;
      high[axis] = open ? std::numeric_limits<int32_t>::max() : int64_t{bounds[axis - 1]} - 1;
    }
  }
};

struct ReachedBox {
  Site low, high;
  bool empty = false, cut = false;  // whether sites may lie outside of the limits
};

// The box of all that may be reached within the limits. Not always tight: that a value is reached is only known per
// site.
ReachedBox reached_box(const Sites &from, const Kernel &kernel, const SplitOffsets &offsets, const Limits &limits,
                       Reading reading) {
  ReachedBox box{from.box.low, {}};
  box.high[0] = box.low[0] + from.box.extent[0] - 1;
  for (int axis = 1; axis < from.box.axes; ++axis) {
    int64_t least = offsets[0][axis - 1].quotient, most = least;
    for (const auto &offset : offsets) {
      least = std::min(least, offset[axis - 1].quotient);
      most = std::max(most, offset[axis - 1].quotient);
    }
    const int64_t stride = kernel.stride[axis - 1], last = from.box.low[axis] + from.box.extent[axis] - 1;
    const int64_t low = split_value(reading, stride, from.box.low[axis]).quotient + least;
    const int64_t high = split_value(reading, stride, last).quotient + most;
    box.low[axis] = std::max(low, limits.low[axis]);
    box.high[axis] = std::min(high, limits.high[axis]);
    box.cut = box.cut || box.low[axis] != low || box.high[axis] != high;
    box.empty = box.empty || box.low[axis] > box.high[axis];
  }
  return box;
}

// Throws where a site would be made that no int32 can hold.
void check_limits(const Sites &from, const Kernel &kernel, const SplitOffsets &offsets, const Limits &limits,
                  Reading reading) {
  SiteReader reader(from.box);
  for (int64_t block = 0; block < from.blocks; ++block) {
    Site site = reader.read(from.keys[block]);
    const int64_t first = site[from.box.last()];
    for (uint64_t bits = from.masks[block]; bits != 0; bits &= bits - 1) {
      site[from.box.last()] = first + std::countr_zero(bits);
      for (const auto &offset : offsets) {
        int outside = 0;
        int64_t place = 0;
        bool reached = true;
        for (int axis = from.box.last(); axis > 0 && reached; --axis) {
          const auto [quotient, rest] = split_value(reading, kernel.stride[axis - 1], site[axis]);
          reached = rest == offset[axis - 1].rest;
          const int64_t value = quotient + offset[axis - 1].quotient;
          if (outside > 0 || (value >= limits.low[axis] && value <= limits.high[axis])) continue;
          outside = axis, place = value;
        }
        if (!reached || outside == 0) continue;
        fail_argument("a site at " + std::to_string(place) + " on axis " + std::to_string(outside - 1) +
                      " would be made, outside of int32; give bounds or move the coordinates");
      }
    }
  }
}

void check_bounds(const int32_t *bounds, int dimensions) {
  for (int axis = 0; bounds != nullptr && axis < dimensions; ++axis) {
    if (bounds[axis] >= 0) continue;
    fail_argument("bounds[" + std::to_string(axis) + "] is " + std::to_string(bounds[axis]) + ", must be 0 or more");
  }
}

// First keys of lines that cut the level that is made into parts of about as many blocks of `from`.
std::vector<uint64_t> cut_lines(const Sites &from, const Kernel &kernel, Reading reading, const Box &to,
                                int64_t parts) {
  std::vector<uint64_t> cuts{0};
  for (int64_t part = 1; part < parts; ++part) {
    Site site = SiteReader(from.box).read(from.keys[part_of(from.blocks, parts, part).begin]);
    for (int axis = 1; axis < from.box.last(); ++axis) {
      site[axis] = std::clamp(split_value(reading, kernel.stride[axis - 1], site[axis]).quotient, to.low[axis],
                              to.low[axis] + to.extent[axis] - 1);
    }
    cuts.push_back(to.line(site));
  }
  cuts.push_back(to.blocks());
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

SitesPointer generate(const Sites &from, const Kernel &kernel, const int32_t *bounds, Reading reading) {
  if (kernel.dimensions != from.dimensions()) {
    fail_argument("the geometry has " + std::to_string(kernel.dimensions) + " dimensions and the map " +
                  std::to_string(from.dimensions()));
  }
  check_bounds(bounds, kernel.dimensions);
  const Limits limits(from.box.axes, bounds);
  const SplitOffsets offsets = split_offsets(kernel, reading);
  auto sites = std::make_shared<Sites>();
  sites->box = Box::make(from.box.axes, Site{}, Site{});
  if (from.rows == 0) return sites;
  const ReachedBox reached = reached_box(from, kernel, offsets, limits, reading);
  if (reached.cut && !limits.bounded) check_limits(from, kernel, offsets, limits, reading);
  if (reached.empty) return sites;
  const Box box = Box::make(from.box.axes, reached.low, reached.high);

  const Team team(std::max<int64_t>(1, from.blocks / kPartBlocks));
  const int64_t parts = std::clamp<int64_t>(from.blocks / kPartBlocks, 1, team.size() * kPartsOfThread);
  const std::vector<uint64_t> cuts = cut_lines(from, kernel, reading, box, parts);
  const Shape shape(kernel, reading);
  std::vector<BlockList> lists(static_cast<std::size_t>(parts));
  std::vector<std::unique_ptr<Reach>> walks(static_cast<std::size_t>(team.size()));  // by thread
  parallel_for(team, parts, [&](int64_t part, int thread) {
    if (!walks[thread]) walks[thread] = std::make_unique<Reach>(from, kernel, shape, reading, box);
    lists[part] = walks[thread]->run(cuts[part], cuts[part + 1]);
  });
  join_blocks(team, lists, *sites);
  if (sites->rows > 0) sites->box = box;
  return sites;
}

}  // namespace

SitesPointer dilate(const Sites &fine, const Kernel &kernel, const int32_t *bounds) {
  return generate(fine, kernel, bounds, Reading::kFineToCoarse);
}

SitesPointer downsample(const Sites &fine, const Kernel &kernel, const int32_t *bounds) {
  return generate(fine, kernel, bounds, Reading::kFloor);
}

SitesPointer refine(const Sites &coarse, const Kernel &kernel, const int32_t *bounds) {
  return generate(coarse, kernel, bounds, Reading::kCoarseToFine);
}

}  // namespace spc
