namespace TorchSharp.SparseConv.Tool.Models;

/// <summary>The layouts of weights by the names that the command line gives them.</summary>
internal static class Layouts
{
    private static readonly (string Name, WeightLayout Layout)[] Known =
    [
        (nameof(WeightLayout.Native), WeightLayout.Native),
        (nameof(WeightLayout.SpConv1), WeightLayout.SpConv1),
        (nameof(WeightLayout.SpConv2), WeightLayout.SpConv2),
        (nameof(WeightLayout.MinkowskiEngine), WeightLayout.MinkowskiEngine),
        (nameof(WeightLayout.TorchSparse), WeightLayout.TorchSparse),
        (nameof(WeightLayout.SparseConvNet), WeightLayout.SparseConvNet),
        (nameof(WeightLayout.WarpConvNet), WeightLayout.WarpConvNet),
        (nameof(WeightLayout.Dense), WeightLayout.Dense),
        (nameof(WeightLayout.DenseTranspose), WeightLayout.DenseTranspose),
    ];

    public static string Names { get; } = string.Join(", ", Known.Select(entry => entry.Name));

    public static string NameOf(WeightLayout layout) => Array.Find(Known, entry => entry.Layout == layout).Name;

    public static WeightLayout Of(string name) =>
        Array.Find(Known, entry => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase)).Layout
        ?? throw new UsageException($"--layout is {name}, must be one of {Names}");
}
