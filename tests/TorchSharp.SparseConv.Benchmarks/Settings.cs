using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>What a run measures.</summary>
internal sealed record Settings(
    IReadOnlyList<Cloud> Clouds,
    IReadOnlyList<(long In, long Out)> Channels,
    ScalarType Dtype,
    int Threads,
    int Repeats,
    string? Only
);
