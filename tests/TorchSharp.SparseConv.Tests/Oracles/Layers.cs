namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>Layers by number of axes, in float64 unless told.</summary>
internal static class Layers
{
    internal static SparseConvNd Conv(
        Case one,
        long input,
        long output,
        StridedSites sites = StridedSites.Dilate,
        torch.ScalarType type = torch.ScalarType.Float64,
        KernelShape? shape = null,
        long groups = 1
    )
    {
        var (size, stride, padding, dilation) = (
            shape ?? Axes(one.Kernel),
            Axes(one.Stride),
            Axes(one.Padding),
            Axes(one.Dilation)
        );
        return one.Dimensions switch
        {
            1 => new SparseConv1d(input, output, size, stride, padding, dilation, groups, sites: sites, dtype: type),
            2 => new SparseConv2d(input, output, size, stride, padding, dilation, groups, sites: sites, dtype: type),
            3 => new SparseConv3d(input, output, size, stride, padding, dilation, groups, sites: sites, dtype: type),
            _ => new SparseConv4d(input, output, size, stride, padding, dilation, groups, sites: sites, dtype: type),
        };
    }

    internal static SubMConvNd SubM(
        Case one,
        long input,
        long output,
        torch.ScalarType type = torch.ScalarType.Float64,
        KernelShape? shape = null,
        long groups = 1
    )
    {
        var (size, dilation) = (shape ?? Axes(one.Kernel), Axes(one.Dilation));
        return one.Dimensions switch
        {
            1 => new SubMConv1d(input, output, size, dilation, groups, dtype: type),
            2 => new SubMConv2d(input, output, size, dilation, groups, dtype: type),
            3 => new SubMConv3d(input, output, size, dilation, groups, dtype: type),
            _ => new SubMConv4d(input, output, size, dilation, groups, dtype: type),
        };
    }

    internal static SparseConvTransposeNd Transpose(
        Case one,
        long input,
        long output,
        TransposedSites sites,
        torch.ScalarType type = torch.ScalarType.Float64,
        KernelShape? shape = null,
        long groups = 1
    )
    {
        var (size, stride, padding, dilation) = (
            shape ?? Axes(one.Kernel),
            Axes(one.Stride),
            Axes(one.Padding),
            Axes(one.Dilation)
        );
        return one.Dimensions switch
        {
            1 => new SparseConvTranspose1d(
                input,
                output,
                size,
                stride,
                padding,
                null,
                dilation,
                groups,
                sites: sites,
                dtype: type
            ),
            2 => new SparseConvTranspose2d(
                input,
                output,
                size,
                stride,
                padding,
                null,
                dilation,
                groups,
                sites: sites,
                dtype: type
            ),
            3 => new SparseConvTranspose3d(
                input,
                output,
                size,
                stride,
                padding,
                null,
                dilation,
                groups,
                sites: sites,
                dtype: type
            ),
            _ => new SparseConvTranspose4d(
                input,
                output,
                size,
                stride,
                padding,
                null,
                dilation,
                groups,
                sites: sites,
                dtype: type
            ),
        };
    }

    internal static SparseInverseConvNd Inverse(
        Case one,
        long input,
        long output,
        KernelShape? shape = null,
        long groups = 1
    )
    {
        var size = shape ?? Axes(one.Kernel);
        const torch.ScalarType Type = torch.ScalarType.Float64;
        return one.Dimensions switch
        {
            1 => new SparseInverseConv1d(input, output, size, groups, dtype: Type),
            2 => new SparseInverseConv2d(input, output, size, groups, dtype: Type),
            3 => new SparseInverseConv3d(input, output, size, groups, dtype: Type),
            _ => new SparseInverseConv4d(input, output, size, groups, dtype: Type),
        };
    }

    internal static PerAxis Axes(int[] values) => new(values);
}
