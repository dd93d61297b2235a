using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>What encoders of halving stages share.</summary>
internal static class EncoderStages
{
    /// <summary>1, 2, 4, ... on every axis.</summary>
    internal static PerAxis[] Strides(int stages, int dimensions) =>
        [.. Enumerable.Range(0, stages).Select(stage => PerAxis.Repeat(1 << stage, dimensions))];

    /// <summary>Each stage on what the one before gave; what lies inside of a stage is disposed, what it gives is not.</summary>
    internal static SparseTensor[] Run(IReadOnlyList<SparseSequential> stages, SparseTensor? input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = torch.NewDisposeScope();
        var results = new SparseTensor[stages.Count];
        for (var stage = 0; stage < stages.Count; stage++)
        {
            results[stage] = stages[stage].call(stage == 0 ? input : results[stage - 1]);
        }

        return Array.ConvertAll(results, result => result.MoveToOuterDisposeScope());
    }

    /// <summary>Refuses a number of axes that no layer has.</summary>
    internal static void RequireDimensions(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, PerAxis.MaxCount);
    }

    /// <summary>Refuses a kernel that leaves out voxels between two steps of 2, or has none.</summary>
    internal static void RequireDownKernel(PerAxis kernel, int dimensions, string name)
    {
        var size = kernel.Expand(dimensions, name);
        if (size.Any(one => one < 2))
        {
            throw new ArgumentException($"{name} is {size}, must be 2 or more on every axis: the stride is 2.", name);
        }
    }
}
