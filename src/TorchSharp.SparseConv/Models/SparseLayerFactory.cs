using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Layers without bias over any number of axes, for models that are written once for all of them.</summary>
internal sealed class SparseLayerFactory(
    int dimensions,
    torch.Device? device,
    torch.ScalarType? dtype,
    double normEpsilon = 1e-5,
    double normMomentum = 0.1
)
{
    internal SubMConvNd SubM(long input, long output, PerAxis kernel, bool bias = false) =>
        dimensions switch
        {
            1 => new SubMConv1d(input, output, kernel, bias: bias, device: device, dtype: dtype),
            2 => new SubMConv2d(input, output, kernel, bias: bias, device: device, dtype: dtype),
            3 => new SubMConv3d(input, output, kernel, bias: bias, device: device, dtype: dtype),
            _ => new SubMConv4d(input, output, kernel, bias: bias, device: device, dtype: dtype),
        };

    /// <summary>Kernel 2, stride 2: each coarse voxel gathers the fine voxels inside it.</summary>
    internal SparseConvNd Down(long input, long output) => Down(input, output, 2);

    /// <summary>
    /// Any kernel, stride 2, padded by (size - 1) / 2 on each axis, so that kernel 2 tiles as the other does.
    /// </summary>
    internal SparseConvNd Down(long input, long output, PerAxis kernel)
    {
        PerAxis padding = [.. kernel.Expand(dimensions).Select(size => (size - 1) / 2)];
        return dimensions switch
        {
            1 => new SparseConv1d(input, output, kernel, 2, padding, bias: false, device: device, dtype: dtype),
            2 => new SparseConv2d(input, output, kernel, 2, padding, bias: false, device: device, dtype: dtype),
            3 => new SparseConv3d(input, output, kernel, 2, padding, bias: false, device: device, dtype: dtype),
            _ => new SparseConv4d(input, output, kernel, 2, padding, bias: false, device: device, dtype: dtype),
        };
    }

    /// <summary>Kernel 2, stride 2, back to the voxels that the way down had.</summary>
    internal SparseConvTransposeNd Up(long input, long output) => Up(input, output, 2);

    /// <summary>Kernel and stride alike: each fine voxel has one coarse voxel above it.</summary>
    internal SparseConvTransposeNd Up(long input, long output, PerAxis ratio) =>
        dimensions switch
        {
            1 => new SparseConvTranspose1d(input, output, ratio, ratio, bias: false, device: device, dtype: dtype),
            2 => new SparseConvTranspose2d(input, output, ratio, ratio, bias: false, device: device, dtype: dtype),
            3 => new SparseConvTranspose3d(input, output, ratio, ratio, bias: false, device: device, dtype: dtype),
            _ => new SparseConvTranspose4d(input, output, ratio, ratio, bias: false, device: device, dtype: dtype),
        };

    /// <summary>
    /// BatchNorm1d's parameters and numbers, but for levels of one voxel or none, which deep ones may be.
    /// </summary>
    internal SparseBatchNorm Norm(long channels) =>
        new(channels, normEpsilon, normMomentum, device: device, dtype: dtype);

    internal Linear Linear(long input, long output) => torch.nn.Linear(input, output, device: device, dtype: dtype);

    internal PointVoxelBlock PointVoxel(long input, long output, InterpolationRule rule) =>
        new(input, output, rule, normEpsilon, normMomentum, device, dtype);
}
