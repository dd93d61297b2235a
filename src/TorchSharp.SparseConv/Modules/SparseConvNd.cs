using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A strided sparse convolution: PyTorch's convolution of the dense twin, read at the sites that
/// <see cref="StridedSites"/> chooses.
/// </summary>
public abstract class SparseConvNd : SparseConvolution
{
    private protected SparseConvNd(
        string name,
        long in_channels,
        long out_channels,
        KernelGeometry geometry,
        long groups,
        bool bias,
        StridedSites sites,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name, in_channels, out_channels, geometry, groups, bias, device, dtype)
    {
        this.sites = sites;
        reset_parameters();
    }

    /// <summary>Which coarse sites are written.</summary>
    public StridedSites sites { get; }

    private protected override ConvolutionDirection Direction => ConvolutionDirection.FineToCoarse;

    private protected override long FanChannels => in_channels / groups;

    private protected override CoordinateMap OutputSites(CoordinateMap input) =>
        input.Manager.Coarsen(input, Geometry, sites);

    private protected override PerAxis OutputStride(CoordinateMap input) =>
        Strides.Multiply(input.Stride, Geometry.Stride);

    private protected override PerAxis? OutputShape(CoordinateMap input) =>
        input.SpatialShape is { } shape ? Geometry.CoarseShape(shape) : null;
}
