using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A transposed sparse convolution: PyTorch's transposed convolution of the dense twin, read at the sites that
/// <see cref="TransposedSites"/> chooses.
/// </summary>
public abstract class SparseConvTransposeNd : SparseConvolution
{
    private protected SparseConvTransposeNd(
        string name,
        long in_channels,
        long out_channels,
        KernelGeometry geometry,
        PerAxis? output_padding,
        long groups,
        bool bias,
        TransposedSites sites,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name, in_channels, out_channels, geometry, groups, bias, device, dtype)
    {
        this.output_padding = (output_padding ?? 0).Expand(geometry.Dimensions);
        this.sites = sites;
        reset_parameters();
    }

    /// <summary>What is added to the spatial shape on each axis, for sites that are generated inside one.</summary>
    public PerAxis output_padding { get; }

    /// <summary>Which fine sites are written.</summary>
    public TransposedSites sites { get; }

    private protected override ConvolutionDirection Direction => ConvolutionDirection.CoarseToFine;

    // PyTorch takes the fan-in of a transposed weight [in, out, taps...] from its second axis.
    private protected override long FanChannels => out_channels / groups;

    private protected override CoordinateMap OutputSites(CoordinateMap input) =>
        input.Manager.Refine(input, Geometry, sites, output_padding);

    private protected override PerAxis OutputStride(CoordinateMap input) =>
        Strides.Divide(input.Stride, Geometry.Stride);

    private protected override PerAxis? OutputShape(CoordinateMap input) =>
        input.SpatialShape is { } shape ? Geometry.FineShape(shape, output_padding) : null;
}
