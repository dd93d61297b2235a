using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// How a library stores the weight of one convolution: the order of its axes and of its taps. Each value turns such a
/// weight into ours, [taps, in, out] with the taps row-major (last axis fastest), and back; the spatial axes follow the
/// coordinate columns on both sides.
/// </summary>
public sealed class WeightLayout
{
    private readonly Form _form;
    private readonly TapOrder _order;

    private WeightLayout(string name, Form form, TapOrder order = TapOrder.LastAxisFastest, string parameter = "weight")
    {
        Name = name;
        ParameterName = parameter;
        _form = form;
        _order = order;
    }

    private enum Form
    {
        TapsInOut,
        TapsInOutOrInOut,
        TapsGroupInOut,
        KernelInOut,
        OutKernelIn,
        OutInKernel,
        InOutKernel,
        OutIn,
    }

    private enum TapOrder
    {
        LastAxisFastest,
        FirstAxisFastest,
        FirstAxisFastestWhereOdd,
    }

    /// <summary>This library's own: weight [taps, in, out].</summary>
    public static WeightLayout Native { get; } = new("TorchSharp.SparseConv", Form.TapsInOut);

    /// <summary>spconv 1.x: weight [k0, k1, .., in, out].</summary>
    public static WeightLayout SpConv1 { get; } = new("spconv 1.x", Form.KernelInOut);

    /// <summary>
    /// spconv 2.x: weight [out, k0, k1, .., in]; where the kernel has one tap, the same shape over memory that spconv reads
    /// as [in, out].
    /// </summary>
    public static WeightLayout SpConv2 { get; } = new("spconv 2.x", Form.OutKernelIn);

    /// <summary>
    /// MinkowskiEngine: kernel [taps, in, out], first axis fastest, or [in, out] for one tap and stride 1; bias [1, out];
    /// batch norms under the name bn.
    /// </summary>
    public static WeightLayout MinkowskiEngine { get; } =
        new("MinkowskiEngine", Form.TapsInOutOrInOut, TapOrder.FirstAxisFastest, "kernel");

    /// <summary>
    /// TorchSparse, up to 2.0 and 2.1 alike: kernel [taps, in, out], first axis fastest where the number of taps is odd and
    /// last axis fastest where it is even, or [in, out] for one tap and stride 1.
    /// </summary>
    public static WeightLayout TorchSparse { get; } =
        new("TorchSparse", Form.TapsInOutOrInOut, TapOrder.FirstAxisFastestWhereOdd, "kernel");

    /// <summary>SparseConvNet: weight [taps, 1, in, out]; more than one group is refused.</summary>
    public static WeightLayout SparseConvNet { get; } = new("SparseConvNet", Form.TapsGroupInOut);

    /// <summary>WarpConvNet: weight [taps, in, out].</summary>
    public static WeightLayout WarpConvNet { get; } = new("WarpConvNet", Form.TapsInOut);

    /// <summary>PyTorch's Conv1d to Conv3d: weight [out, in, k0, k1, ..]; for a model, transposed layers as DenseTranspose.</summary>
    public static WeightLayout Dense { get; } = new("dense PyTorch", Form.OutInKernel);

    /// <summary>PyTorch's ConvTranspose1d to ConvTranspose3d: weight [in, out, k0, k1, ..].</summary>
    public static WeightLayout DenseTranspose { get; } = new("dense PyTorch, transposed", Form.InOutKernel);

    /// <summary>torch.nn.Linear: weight [out, in], for kernels of one tap.</summary>
    internal static WeightLayout Linear { get; } = new("torch.nn.Linear", Form.OutIn);

    /// <summary>All layouts.</summary>
    public static IReadOnlyList<WeightLayout> All { get; } =
    [Native, SpConv1, SpConv2, MinkowskiEngine, TorchSparse, SparseConvNet, WarpConvNet, Dense, DenseTranspose];

    /// <summary>The library's name.</summary>
    public string Name { get; }

    /// <summary>What the library calls the parameter: weight or kernel.</summary>
    public string ParameterName { get; }

    internal bool HasBiasRow => this == MinkowskiEngine;

    internal bool WrapsNorms => this == MinkowskiEngine;

    /// <summary>The shape that the library gives a weight of this kernel.</summary>
    public long[] Shape(KernelGeometry geometry, long in_channels, long out_channels)
    {
        long[] kernel = [.. geometry.Size.Select(size => (long)size)];
        return _form switch
        {
            Form.TapsInOutOrInOut when IsPointwise(geometry) => [in_channels, out_channels],
            Form.TapsGroupInOut => [geometry.Taps, 1, in_channels, out_channels],
            Form.KernelInOut => [.. kernel, in_channels, out_channels],
            Form.OutKernelIn => [out_channels, .. kernel, in_channels],
            Form.OutInKernel => [out_channels, in_channels, .. kernel],
            Form.InOutKernel => [in_channels, out_channels, .. kernel],
            Form.OutIn => [out_channels, in_channels],
            _ => [geometry.Taps, in_channels, out_channels],
        };
    }

    /// <summary>
    /// A weight [taps, in, out] as the library stores it, contiguous and in memory of its own. Throws ArgumentException for
    /// another shape.
    /// </summary>
    public torch.Tensor To(torch.Tensor weight, KernelGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var shape = weight.shape;
        if (shape.Length != 3 || shape[0] != geometry.Taps)
        {
            throw new ArgumentException(
                $"weight has shape {Shapes.Text(shape)}, must be [{geometry.Taps}, in, out].",
                nameof(weight)
            );
        }

        using var scope = torch.NewDisposeScope();
        var axes = geometry.Dimensions;
        var kernel = Kernel(geometry, reversed: false);
        var spatial = weight.detach().reshape([.. kernel, shape[1], shape[2]]);
        var ordered = _form switch
        {
            Form.OutKernelIn when geometry.Taps > 1 => spatial.permute([axes + 1, .. Range(axes), axes]),
            Form.OutInKernel or Form.OutIn => spatial.permute([axes + 1, axes, .. Range(axes)]),
            Form.InOutKernel => spatial.permute([axes, axes + 1, .. Range(axes)]),
            _ when IsReversed(geometry) => spatial.permute([.. Range(axes).Reverse(), axes, axes + 1]),
            _ => spatial,
        };
        var result = ordered.contiguous().reshape(Shape(geometry, shape[1], shape[2]));
        return result.clone().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A weight of the library as ours, [taps, in, out], contiguous and in memory of its own. Throws ArgumentException for
    /// a shape that the library does not give to this kernel.
    /// </summary>
    public torch.Tensor From(torch.Tensor weight, KernelGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var (input, output) = Channels(weight, geometry);
        using var scope = torch.NewDisposeScope();
        var axes = geometry.Dimensions;
        var source = weight.detach().contiguous();
        var ordered = _form switch
        {
            Form.OutKernelIn when geometry.Taps > 1 => source.permute([.. Range(axes, 1), axes + 1, 0]),
            Form.OutInKernel => source.permute([.. Range(axes, 2), 1, 0]),
            Form.OutIn => source.transpose(0, 1),
            Form.InOutKernel => source.permute([.. Range(axes, 2), 0, 1]),
            _ when IsReversed(geometry) => source
                .reshape([.. Kernel(geometry, reversed: true), input, output])
                .permute([.. Range(axes).Reverse(), axes, axes + 1]),
            _ => source,
        };
        var result = ordered.contiguous().reshape([geometry.Taps, input, output]);
        return result.clone().MoveToOuterDisposeScope();
    }

    /// <summary>The library's name.</summary>
    public override string ToString() => Name;

    /// <summary>The layout of one layer of a model in this layout.</summary>
    internal WeightLayout Of(SparseConvolution layer) =>
        this == Dense && (layer is SparseConvTransposeNd or SparseInverseConvNd) ? DenseTranspose : this;

    private static bool IsPointwise(KernelGeometry geometry) =>
        geometry.Taps == 1 && geometry.Stride.All(stride => stride == 1);

    private static long[] Range(int count, int start = 0) =>
        [.. Enumerable.Range(start, count).Select(axis => (long)axis)];

    private static IEnumerable<long> Kernel(KernelGeometry geometry, bool reversed)
    {
        var sizes = geometry.Size.Select(size => (long)size);
        return reversed ? sizes.Reverse() : sizes;
    }

    private bool IsReversed(KernelGeometry geometry) =>
        _order == TapOrder.FirstAxisFastest
        || (_order == TapOrder.FirstAxisFastestWhereOdd && int.IsOddInteger(geometry.Taps));

    private (long Input, long Output) Channels(torch.Tensor weight, KernelGeometry geometry)
    {
        var shape = weight.shape;
        var last = shape.Length - 1;
        if (last >= 1)
        {
            var (input, output) = _form switch
            {
                Form.OutKernelIn => (shape[last], shape[0]),
                Form.OutInKernel or Form.OutIn => (shape[1], shape[0]),
                Form.InOutKernel => (shape[0], shape[1]),
                _ => (shape[last - 1], shape[last]),
            };
            if (shape.AsSpan().SequenceEqual(Shape(geometry, input, output)))
            {
                return (input, output);
            }
        }

        var wanted = string.Join(", ", Shape(geometry, -1, -2))
            .Replace("-1", "in", StringComparison.Ordinal)
            .Replace("-2", "out", StringComparison.Ordinal);
        throw new ArgumentException(
            $"weight has shape {Shapes.Text(shape)}, must be [{wanted}] in {Name} for a kernel {geometry.Size}.",
            nameof(weight)
        );
    }
}
