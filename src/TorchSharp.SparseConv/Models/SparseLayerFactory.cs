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
    internal SparseConvNd Down(long input, long output) =>
        dimensions switch
        {
            1 => new SparseConv1d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
            2 => new SparseConv2d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
            3 => new SparseConv3d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
            _ => new SparseConv4d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
        };

    /// <summary>Kernel 2, stride 2, back to the voxels that the way down had.</summary>
    internal SparseConvTransposeNd Up(long input, long output) =>
        dimensions switch
        {
            1 => new SparseConvTranspose1d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
            2 => new SparseConvTranspose2d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
            3 => new SparseConvTranspose3d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
            _ => new SparseConvTranspose4d(input, output, 2, 2, bias: false, device: device, dtype: dtype),
        };

    internal torch.nn.Module<torch.Tensor, torch.Tensor> Norm(long channels) =>
        torch.nn.BatchNorm1d(channels, normEpsilon, normMomentum, device: device, dtype: dtype);
}
