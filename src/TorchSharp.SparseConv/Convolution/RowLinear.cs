using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// torch.nn.Linear on the rows of a matrix, as a convolution of the engine that pairs each row with itself: its sums do not
/// depend on the number of threads, as those of libtorch do. A layer with hooks is called by itself, and one on another
/// device computed by libtorch.
/// </summary>
internal static class RowLinear
{
    /// <summary>Widened features of voxels, [N, in] to [N, out]; the parameters may have 16 bits.</summary>
    internal static torch.Tensor Run(Linear layer, torch.Tensor wide, SparseTensor sites) =>
        Run(
            layer,
            wide,
            () => sites.manager.Rulebook(sites.map, sites.map, KernelGeometry.Submanifold(sites.dimensions, 1))
        );

    /// <summary>The same for features of points.</summary>
    internal static torch.Tensor Run(Linear layer, torch.Tensor wide, PointSites sites) => Run(layer, wide, sites.Rows);

    /// <summary>The same for few rows that are neither, such as one a scan.</summary>
    internal static torch.Tensor Run(Linear layer, torch.Tensor wide) =>
        Run(layer, wide, () => Identity(wide.shape[0]));

    /// <summary>Each of a number of rows on the CPU paired with itself, in a manager of its own.</summary>
    internal static Rulebook Identity(long rows)
    {
        var coordinates = new int[checked(2 * rows)];
        for (var row = 0; row < rows; row++)
        {
            coordinates[(2 * row) + 1] = row;
        }

        var manager = new CoordinateManager(1);
        var map = manager.Insert(coordinates);
        return manager.Rulebook(map, map, KernelGeometry.Submanifold(1, 1));
    }

    private static torch.Tensor Run(Linear layer, torch.Tensor wide, Func<Rulebook> rows)
    {
        var (weight, bias) = (Precision.Widen(layer.weight), layer.bias is { } offset ? Precision.Widen(offset) : null);
        if (ModuleHooks.Any(layer) || wide.device_type != DeviceType.CPU)
        {
            return Precision.IsHalf(layer.weight.dtype)
                ? torch.nn.functional.linear(wide, weight, bias)
                : layer.call(wide);
        }

        return new ConvolutionOp(
            rows(),
            ConvolutionDirection.FineToCoarse,
            groups: 1,
            wide,
            weight.t().unsqueeze(0),
            bias
        ).Run();
    }
}
