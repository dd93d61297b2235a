using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Undoes a strided convolution or pooling: writes the very sites that it read, along its rulebook run backwards. Stride,
/// padding and dilation are those of the layer that made the input's level, which the level remembers; only the kernel's
/// shape is given, and must be that layer's. As a dense layer it is PyTorch's transposed convolution, read at those sites.
/// </summary>
/// <remarks>
/// Throws InvalidOperationException, saying what made the level, where no layer with that kernel did.
/// <see cref="SparseConvolution.Geometry"/> holds the shape alone.
/// </remarks>
public abstract class SparseInverseConvNd : SparseConvolution
{
    private protected SparseInverseConvNd(
        string name,
        long in_channels,
        long out_channels,
        KernelGeometry geometry,
        long groups,
        bool bias,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name, in_channels, out_channels, geometry, groups, bias, device, dtype) => reset_parameters();

    private protected override ConvolutionDirection Direction => ConvolutionDirection.CoarseToFine;

    // As of the transposed convolution that it is.
    private protected override long FanChannels => out_channels / groups;

    private protected override KernelGeometry Law(CoordinateMap input) => Undone(input).Geometry;

    private protected override CoordinateMap OutputSites(CoordinateMap input) => Undone(input).Fine;

    private protected override PerAxis OutputStride(CoordinateMap input) => Undone(input).Fine.Stride;

    private protected override PerAxis? OutputShape(CoordinateMap input) => Undone(input).Fine.SpatialShape;

    private Rulebook Undone(CoordinateMap input) => input.Manager.InverseRulebook(input, Geometry.Shape);
}
