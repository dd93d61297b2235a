using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Output sites that the caller of a layer gives.</summary>
internal static class OutputLevel
{
    /// <summary>
    /// The level of another tensor of the same manager, which must have the stride that the layer gives.
    /// </summary>
    internal static CoordinateMap Of(SparseTensor input, SparseTensor sites, PerAxis stride, string layer)
    {
        ArgumentNullException.ThrowIfNull(sites);
        SparseTensor.RequireSameManager(input, sites, nameof(sites));
        if (!sites.stride.Equals(stride))
        {
            throw new ArgumentException(
                $"sites have stride {sites.stride}, must have {stride} after {layer} on stride {input.stride}.",
                nameof(sites)
            );
        }

        return sites.map;
    }

    /// <summary>
    /// The level of given coordinates, rows (batch, d0, d1, ...) of at most the input's batch indices: a new one, or
    /// that of an earlier call with the same.
    /// </summary>
    internal static CoordinateMap Insert(
        SparseTensor input,
        torch.Tensor coordinates,
        PerAxis stride,
        PerAxis? spatialShape
    )
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        CoordinateRows.Dimensions(coordinates, input.manager);
        return CoordinateRows.InsertOnce(input.manager, coordinates, input.batch_size, stride, spatialShape);
    }

    /// <summary>Refuses an input of another number of axes than the layer's.</summary>
    internal static void RequireDimensions(SparseTensor? input, int dimensions, string layer)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dimensions != dimensions)
        {
            throw new ArgumentException(
                $"input has {input.dimensions} spatial axes, {layer} takes {dimensions}.",
                nameof(input)
            );
        }
    }

    /// <summary>Refuses an input of another element type than the engine's.</summary>
    internal static void RequireElements(SparseTensor input) =>
        TensorMemory.Element(input.features.dtype, nameof(input));
}

/// <summary>The stride of a level below or above another, axis by axis.</summary>
internal static class Strides
{
    internal static PerAxis Multiply(PerAxis stride, PerAxis by) =>
        new([.. stride.Zip(by, (left, right) => checked(left * right))]);

    internal static PerAxis Divide(PerAxis stride, PerAxis by) =>
        new([
            .. stride.Zip(
                by,
                (left, right) =>
                    left % right == 0
                        ? left / right
                        : throw new InvalidOperationException(
                            $"stride {stride} is no multiple of {by}, so there is no level below it."
                        )
            ),
        ]);
}
