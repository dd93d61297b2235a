#include "cpu/level_maker.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "site_limits.h"

namespace spc {
namespace {

constexpr int64_t kPartBlocks = 4096;
constexpr int64_t kPartsOfThread = 8;  // few, since parts share the slabs between them
constexpr int64_t kMostPartBlocks = 131072;

}  // namespace

Shape::Shape(const Kernel &kernel, Reading reading, const Trace &trace) {
  SplitOffsets offsets = split_offsets(kernel, reading);
  if (reading == Reading::kFloor) {
    offsets.assign(1, offsets[0]);
    // Halving a line takes the sites with one rest.
    if (kernel.stride[kernel.last()] == 2) offsets.push_back(offsets[0]), offsets[1][kernel.last()].rest = 1;
  }
  std::map<Profile, std::size_t> seen;
  for (const FanSlab &slab : fan_out(offsets, kernel.dimensions)) {
    slabs.push_back({slab.offset, {}, {}});
    for (const FanLine &line : slab.lines) {
      const Profile profile = trace.profile(line.taps);
      const auto [known, added] = seen.try_emplace(profile, profiles.size());
      if (added) profiles.push_back(profile);
      slabs.back().lines.push_back({line.offset.rest, line.offset.quotient, known->second});
    }
    slabs.back().rests = Rests(slabs.back().lines, kernel.last() > 0 ? kernel.stride[kernel.last() - 1] : 1);
  }
  std::set<std::vector<int64_t>> rests;
  std::size_t lines = 0;
  for (const Slabs &slab : slabs) {
    for (const Lines &line : slab.lines) {
      std::vector<int64_t> rest = {line.rest};
      for (int axis = 0; axis + 1 < kernel.last(); ++axis) rest.push_back(slab.offset[axis].rest);
      rests.insert(std::move(rest));
      ++lines;
    }
  }
  single = profiles.size() == 1 && rests.size() == lines;
}

LevelMaker::LevelMaker(const Sites &from, const Kernel &kernel, const Trace &trace, const Shape &shape, Reading reading,
                       const Box &to)
    : from_(from),
      kernel_(kernel),
      trace_(trace),
      shape_(shape),
      reading_(reading),
      to_(to),
      last_(kernel.last()),
      words_(static_cast<int64_t>(to.line_blocks)),
      slab_words_(to.weights[std::max(last_ - 1, 0)]) {
  const Box &box = from.box;
  if (!shape.single || !trace.halves(shape.profiles.front()) || box.line_blocks > kMostHalvings) return;
  for (uint64_t block = 0; block < box.line_blocks; ++block) {
    const int64_t site = box.low[box.last()] + static_cast<int64_t>(block) * kBlockSites;
    halvings_.push_back(trace.halving(site, shape.profiles.front()));
  }
}

BlockList LevelMaker::run(uint64_t begin, uint64_t end) {
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
Range LevelMaker::sources(uint64_t begin, uint64_t end) const {
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

// Splits leading coordinates by the law, and traces blocks along their lines unless each is needed only once.
void LevelMaker::read(Range blocks) {
  const uint64_t slab_keys = from_.box.weights[std::max(last_ - 1, 0)];
  const auto count = static_cast<std::size_t>(blocks.end - blocks.begin);
  sources_.clear();
  if (!shape_.single) {
    first_block_ = blocks.begin;
    lines_.resize(count);
    starts_.resize(count * shape_.profiles.size() + 1);
    starts_[0] = 0;
  }
  SiteReader reader(from_.box);
  for (int64_t block = blocks.begin, end; block < blocks.end; block = end) {
    const uint64_t slab = from_.keys[block] / slab_keys * slab_keys;
    for (end = block + 1; end < blocks.end && from_.keys[end] - slab < slab_keys;) ++end;
    sources_.push_back({reader.read(slab), {}, slab, {block, end}});
    Source &source = sources_.back();
    for (int axis = 0; axis + 1 < last_; ++axis) {
      source.lead[axis] = split_value(reading_, kernel_.stride[axis], source.site[axis + 1]);
    }
    if (!shape_.single) trace_slab(source);
  }
}

template <class Use>
void LevelMaker::read_lines(const Source &source, const Use &use) const {
  const int64_t first_line = last_ > 0 ? source.site[last_] : 0;
  const int64_t stride = last_ > 0 ? kernel_.stride[last_ - 1] : 1, low = last_ > 0 ? to_.low[last_] : 0;
  for_blocks(from_, source.key, source.blocks, [&](int64_t block, int64_t line, int64_t word) {
    Split split = split_value(reading_, stride, first_line + line);
    split.quotient -= low;
    use(block, word, split);
  });
}

void LevelMaker::trace_slab(const Source &source) {
  const std::size_t profiles = shape_.profiles.size();
  const int64_t first_site = source.site[last_ + 1];
  read_lines(source, [&](int64_t block, int64_t word, const Split &split) {
    const auto i = static_cast<std::size_t>(block - first_block_);
    const int64_t site = first_site + word * kBlockSites;
    lines_[i] = split;
    for (std::size_t p = 0; p < profiles; ++p) {
      const Profile &profile = shape_.profiles[p];
      const std::size_t start = starts_[i * profiles + p], most = start + Trace::most_pieces(profile);
      if (pieces_.size() < most) pieces_.resize(2 * most);
      Piece *const pieces = pieces_.data();
      const Piece *const end = trace_.run(from_.masks[block], site, profile, pieces + start);
      starts_[i * profiles + p + 1] = static_cast<std::size_t>(end - pieces);
    }
  });
}

void LevelMaker::find_entries(uint64_t begin, uint64_t end) {
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

// Calls visit(word, bits) for all bits that entries [first, last) lead to on the lines [low, high) of their slab. Words
// count from the first of these lines.
template <class Visit>
void LevelMaker::visit_words(std::size_t first, std::size_t last, int64_t low, int64_t high, const Visit &visit) {
  for (std::size_t e = first; e < last; ++e) {
    if (shape_.single) {
      visit_once(entries_[e], low, high, visit);
    } else {
      visit_traced(entries_[e], low, high, visit);
    }
  }
}

template <class Visit>
void LevelMaker::visit_once(const Entry &entry, int64_t low, int64_t high, const Visit &visit) {
  const auto lines = static_cast<uint64_t>(high - low);
  const Profile &profile = shape_.profiles.front();
  if (pieces_.size() < Trace::most_pieces(profile)) pieces_.resize(Trace::most_pieces(profile));
  Piece *const pieces = pieces_.data();
  const Halving *const halvings = halvings_.empty() ? nullptr : halvings_.data();
  const uint64_t *const masks = from_.masks.get(), taps = profile.front().taps;
  const Shape::Lines *const offsets = entry.offsets->lines.data();
  const int64_t words = words_, first_site = entry.source->site[last_ + 1];
  read_lines(*entry.source, [&](int64_t block, int64_t word, const Split &split) {
    const auto [first_line, last_line] = entry.offsets->rests.find(split.rest);
    for (int64_t l = first_line; l < last_line; ++l) {
      const int64_t line = split.quotient + offsets[l].quotient - low;
      if (split.rest != offsets[l].rest || static_cast<uint64_t>(line) >= lines) continue;
      const auto put = [&](int64_t to, uint64_t bits) { visit(line * words + to, bits); };
      if (halvings != nullptr) {
        Trace::halve(masks[block], halvings[word], taps, put);
        continue;
      }
      const Piece *const end = trace_.run(masks[block], first_site + word * kBlockSites, profile, pieces);
      for (const Piece *piece = pieces; piece != end; ++piece) put(piece->word, piece->bits);
    }
  });
}

template <class Visit>
void LevelMaker::visit_traced(const Entry &entry, int64_t low, int64_t high, const Visit &visit) const {
  const auto lines = static_cast<uint64_t>(high - low);
  const std::size_t profiles = shape_.profiles.size(), *const starts = starts_.data();
  const Piece *const pieces = pieces_.data();
  const int64_t words = words_;
  for (int64_t block = entry.source->blocks.begin; block < entry.source->blocks.end; ++block) {
    const auto index = static_cast<std::size_t>(block - first_block_);
    const Split split = lines_[index];
    const auto [first_line, last_line] = entry.offsets->rests.find(split.rest);
    for (int64_t l = first_line; l < last_line; ++l) {
      const Shape::Lines &offset = entry.offsets->lines[l];
      const int64_t line = split.quotient + offset.quotient - low;
      if (split.rest != offset.rest || static_cast<uint64_t>(line) >= lines) continue;
      const std::size_t name = index * profiles + offset.profile;
      for (std::size_t i = starts[name]; i < starts[name + 1]; ++i)
        visit(line * words + pieces[i].word, pieces[i].bits);
    }
  }
}

void LevelMaker::fill_table(std::size_t first, std::size_t last, int64_t low, int64_t high) {
  uint64_t *const table = table_.data(), *const touched = touched_.data();
  visit_words(first, last, low, high, [=](int64_t word, uint64_t bits) {
    table[word] |= bits;
    touched[word >> 6] |= uint64_t{1} << (word & 63);
  });
}

// Moves the words of the table to the end of the list; `key` is the key of the first.
void LevelMaker::list_table(uint64_t key, int64_t words, BlockList &made) {
  uint64_t *const table = table_.data();
  const int64_t groups = (words + 63) / 64;
  int64_t count = 0, rows = 0;
  for (int64_t group = 0; group < groups; ++group) count += std::popcount(touched_[group]);
  const std::size_t before = made.blocks.size();
  made.blocks.resize(before + static_cast<std::size_t>(count));
  Block *block = made.blocks.data() + before;
  for (int64_t group = 0; group < groups; ++group) {
    for (uint64_t rest = std::exchange(touched_[group], 0); rest != 0; rest &= rest - 1) {
      const int64_t word = group * 64 + std::countr_zero(rest);
      const uint64_t mask = std::exchange(table[word], 0);
      *block++ = {key + static_cast<uint64_t>(word), mask};
      rows += std::popcount(mask);
    }
  }
  made.rows += rows;
}

// Makes the slab of entries [first, last), with keys in [begin, end).
void LevelMaker::make_slab(std::size_t first, std::size_t last, uint64_t begin, uint64_t end, BlockList &made) {
  constexpr int64_t kEmptyWords = 256;  // that one in use makes worth while
  const uint64_t slab = entries_[first].slab, key = std::max(begin, slab);
  const auto words = static_cast<int64_t>(std::min(end - key, slab + slab_words_ - key));
  const int64_t low = static_cast<int64_t>(key - slab) / words_, high = low + words / words_;
  int64_t visits = 0;
  for (std::size_t e = first; e < last; ++e) {
    const Source &source = *entries_[e].source;
    visits += (source.blocks.end - source.blocks.begin) * std::ssize(entries_[e].offsets->lines);
  }
  if (words <= kMostTableWords && words / kEmptyWords <= visits) {
    if (std::ssize(table_) < words) table_.resize(words), touched_.resize(words / 64 + 1);
    fill_table(first, last, low, high);
    list_table(key, words, made);
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

struct ReachedBox {
  Site low, high;
  bool empty = false, cut = false;  // whether sites may lie outside of the limits
};

// The box of all sites that may be made within the limits. It may be larger than the sites that are made, because which
// values occur is known only for each site.
ReachedBox reached_box(const Sites &from, const Kernel &kernel, const SplitOffsets &offsets, const Limits &limits,
                       Reading reading) {
  ReachedBox box{from.box.low, {}};
  box.high[0] = box.low[0] + from.box.extent[0] - 1;
  for (int axis = 1; axis < from.box.axes; ++axis) {
    const auto [low, high] = reached_span(from.box, kernel, offsets, reading, axis);
    box.low[axis] = std::max(low, limits.low[axis]);
    box.high[axis] = std::min(high, limits.high[axis]);
    box.cut = box.cut || box.low[axis] != low || box.high[axis] != high;
    box.empty = box.empty || box.low[axis] > box.high[axis];
  }
  return box;
}

// Throws where a site would be made that int32 cannot hold.
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
        fail_outside(outside, place);
      }
    }
  }
}

// The first keys of lines that cut the new level into parts, each made from about as many blocks of `from`.
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
  check_kernel(kernel, from.dimensions());
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
  const int64_t parts = std::max(std::clamp<int64_t>(from.blocks / kPartBlocks, 1, team.size() * kPartsOfThread),
                                 from.blocks / kMostPartBlocks);
  const std::vector<uint64_t> cuts = cut_lines(from, kernel, reading, box, parts);
  const Trace trace(kernel, reading, box);
  const Shape shape(kernel, reading, trace);
  std::vector<BlockList> lists(static_cast<std::size_t>(parts));
  std::vector<std::unique_ptr<LevelMaker>> walks(static_cast<std::size_t>(team.size()));  // by thread
  parallel_for(team, parts, [&](int64_t part, int thread) {
    if (!walks[thread]) walks[thread] = std::make_unique<LevelMaker>(from, kernel, trace, shape, reading, box);
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
