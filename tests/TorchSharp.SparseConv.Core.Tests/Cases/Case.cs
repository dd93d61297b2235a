namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>One convolution: voxels, kernel, sites, channels and the seed of its numbers. Holds no type of the library.</summary>
public sealed class Case
{
    public required string Name { get; init; }

    public required int Dimensions { get; init; }

    /// <summary>int32 [rows, 1 + Dimensions].</summary>
    public required int[] Fine { get; init; }

    public required int[] Size { get; init; }

    public required int[] Stride { get; init; }

    public required int[] Dilation { get; init; }

    public required int[] Padding { get; init; }

    public CaseSites Sites { get; init; }

    /// <summary>The coarse sites of an explicit case.</summary>
    public int[] Coarse { get; init; } = [];

    /// <summary>The shape of the fine level, or null.</summary>
    public int[]? Shape { get; init; }

    public int InChannels { get; init; } = 3;

    public int OutChannels { get; init; } = 5;

    public int Seed { get; init; } = 1;

    public override string ToString() => Name;
}

/// <summary>Where the coarse sites of a case come from.</summary>
public enum CaseSites
{
    Same,
    Dilate,
    Downsample,
    Explicit,
}
