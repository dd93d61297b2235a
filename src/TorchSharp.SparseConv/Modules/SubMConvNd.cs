using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A submanifold sparse convolution: PyTorch's convolution of the dense twin with stride 1 and padding "same", read at
/// the input's own sites.
/// </summary>
public abstract class SubMConvNd : SparseConvolution
{
    private protected SubMConvNd(
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

    private protected override ConvolutionDirection Direction => ConvolutionDirection.FineToCoarse;

    private protected override long FanChannels => in_channels / groups;

    private protected override CoordinateMap OutputSites(CoordinateMap input) => input;

    private protected override PerAxis OutputStride(CoordinateMap input) => input.Stride;

    private protected override PerAxis? OutputShape(CoordinateMap input) => input.SpatialShape;
}
